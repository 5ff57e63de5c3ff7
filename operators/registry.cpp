#include "operators/registry.hpp"

#include "genome/validate.hpp"
#include "operators/crossover.hpp"
#include "operators/mutation.hpp"

namespace evofactor::operators {
namespace {

using Mutation = std::optional<NetGenome> (*)(Rng&, const NetGenome&, const SearchSpace&);

/// The child if it lies in the space: operators do not mind limits of depth, size and cost.
std::optional<NetGenome> within(std::optional<NetGenome> child, const SearchSpace& space) {
  if (child && !genome::validate(*child, space).empty()) return std::nullopt;
  return child;
}

NetOperator mutation(std::string_view name, double rate, Mutation change) {
  return {name,
          1,
          rate,
          [change](Rng& rng, std::span<const NetGenome* const> parents, const SearchSpace& space) {
            return within(change(rng, genome::without_start(*parents[0]), space), space);
          },
          {}};
}

/// One that is of use only where weights are inherited.
NetOperator heirs_mutation(std::string_view name, double rate, Mutation change) {
  NetOperator op = mutation(name, rate, change);
  op.offered = [](const SearchSpace& space) { return space.inherit; };
  return op;
}

}  // namespace

std::span<const NetOperator> registry() {
  static const std::vector<NetOperator> operators{
      {"crossover",
       2,
       6,
       [](Rng& rng, std::span<const NetGenome* const> parents, const SearchSpace& space) {
         return within(
             crossover(rng, genome::without_start(*parents[0]), genome::without_start(*parents[1])),
             space);
       },
       {}},
      mutation("insert_layer", 1, insert_layer),
      mutation("delete_layer", 1, delete_layer),
      mutation("replace_layer", 1, replace_layer),
      mutation("widen_layer", 1, widen_layer),
      mutation("narrow_layer", 1, narrow_layer),
      mutation("change_activation", 1, change_activation),
      mutation("change_layer", 1.5, change_layer),
      mutation("change_branch", 0.5, change_branch),
      mutation("change_window", 1, change_window),
      mutation("add_input", 0.5, add_input),
      mutation("remove_input", 0.5, remove_input),
      mutation("change_prior", 2, change_prior),
      // Off unless its rate is given: searches without it keep their bits.
      mutation("change_prior_window", 0, change_prior_window),
      mutation("change_prune_rate", 1, change_prune_rate),
      mutation("change_loss", 0.5, change_loss),
      mutation("change_scale", 0.25, change_scale),
      mutation("change_learning_rate", 1.5, change_learning_rate),
      mutation("change_weight_decay", 1, change_weight_decay),
      mutation("change_batch", 0.5, change_batch),
      mutation("change_steps", 0.5, change_steps),
      heirs_mutation("deepen_layer", 1, deepen_layer),
      heirs_mutation("change_inherit", 0.5, change_inherit),
  };
  return operators;
}

std::vector<std::string_view> operator_names() {
  std::vector<std::string_view> names;
  for (const NetOperator& op : registry()) names.push_back(op.name);
  return names;
}

}  // namespace evofactor::operators
