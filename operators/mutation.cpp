#include "operators/mutation.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "genome/identity_layer.hpp"
#include "genome/prior_windows.hpp"
#include "operators/creation.hpp"

namespace evofactor::operators {
namespace {

using Child = std::optional<NetGenome>;
using genome::Chain;
using genome::LayerSpace;
using genome::LayerSpec;
using genome::Role;

std::size_t random_index(Rng& rng, std::size_t size) {
  return static_cast<std::size_t>(rng.below(size));
}

/// Value next to `current` in an ascending list, up or down at random; nothing if there is no
/// other.
std::optional<int> neighbour(Rng& rng, const std::vector<std::int64_t>& values, int current) {
  const auto it = std::ranges::lower_bound(values, current);
  const bool can_fall = it != values.begin();
  const bool can_rise = it != values.end() && it + 1 != values.end();
  if (!can_fall && !can_rise) return std::nullopt;
  const bool rise = can_rise && (!can_fall || rng.chance(0.5));
  return static_cast<int>(rise ? *(it + 1) : *(it - 1));
}

/// A value of the list other than `current`; nothing if there is none.
template <class T>
std::optional<T> another(Rng& rng, const std::vector<T>& values, const T& current) {
  std::vector<T> others;
  for (const T& value : values)
    if (!(value == current)) others.push_back(value);
  if (others.empty()) return std::nullopt;
  return others[random_index(rng, others.size())];
}

/// The parent with another value of one gene; nothing if there is none.
/// @param gene finds it in the child
template <class T, class Gene>
Child with(const NetGenome& parent, const std::optional<T>& value, Gene gene) {
  if (!value) return std::nullopt;
  NetGenome child = parent;
  gene(child) = *value;
  return child;
}

/// A chain of the genome, the body or a branch, each with the chance of its number of layers + 1.
Chain& random_chain(Rng& rng, NetGenome& genome) {
  const std::vector<Chain*> chains = genome::chains_of(genome.layers);
  std::size_t total = 0;
  for (const Chain* chain : chains) total += chain->size() + 1;
  std::size_t at = random_index(rng, total);
  for (Chain* chain : chains) {
    if (at <= chain->size()) return *chain;
    at -= chain->size() + 1;
  }
  return genome.layers;
}

/// Places where a layer of `role` may be put: before every layer that flattens, or after every one
/// that reads places.
std::pair<std::size_t, std::size_t> places_for(const Chain& chain, Role role) {
  std::size_t last_sequence = 0, first_flat = chain.size();
  for (std::size_t i = 0; i < chain.size(); ++i) {
    if (genome::role_of(chain[i]) == Role::kSequence) last_sequence = i + 1;
    if (genome::role_of(chain[i]) == Role::kFlat) first_flat = std::min(first_flat, i);
  }
  if (role == Role::kSequence) return {0, first_flat};
  if (role == Role::kFlat) return {last_sequence, chain.size()};
  return {0, chain.size()};
}

Role random_role(Rng& rng, const LayerSpace& space) {
  std::vector<Role> roles;
  for (const Role role : {Role::kSequence, Role::kFlat, Role::kAny})
    for (std::size_t i = 0; i < space.kinds_of(role).size(); ++i) roles.push_back(role);
  return rng.pick(roles);
}

/// A gene of a layer.
struct Place {
  LayerSpec* layer = nullptr;
  std::size_t gene = 0;
};

/// Genes of all layers, branches included, for which `f` holds.
template <class F>
std::vector<Place> places_where(NetGenome& genome, F f) {
  std::vector<Place> places;
  for (Chain* chain : genome::chains_of(genome.layers))
    for (LayerSpec& layer : *chain) {
      const auto genes = genome::genes_of(layer.index());
      for (std::size_t i = 0; i < genes.size(); ++i)
        if (f(*genes[i])) places.push_back({&layer, i});
    }
  return places;
}

bool is_width(const genome::Gene& gene) { return gene.name == "units" || gene.name == "channels"; }
bool is_activation(const genome::Gene& gene) { return gene.name == "activation"; }

/// Changes one gene among those where `f` holds, in random order until `next` gives another value.
template <class F, class Next>
Child change_gene_where(Rng& rng, const NetGenome& parent, const SearchSpace& space, F f,
                        Next next) {
  NetGenome child = parent;
  std::vector<Place> places = places_where(child, f);
  rng.shuffle(places);
  for (const Place& place : places) {
    const auto& values = space.layers.values[place.layer->index()][place.gene];
    const double now = genome::gene_value(*place.layer, place.gene);
    const std::optional<double> value = next(values, now);
    if (!value || *value == now) continue;
    genome::set_gene(*place.layer, place.gene, *value);
    return child;
  }
  return std::nullopt;
}

Child shift_width(Rng& rng, const NetGenome& parent, const SearchSpace& space, bool wider) {
  return change_gene_where(
      rng, parent, space, is_width,
      [&](const std::vector<double>& values, double now) -> std::optional<double> {
        const auto it = std::ranges::find(values, now);
        if (it == values.end() || (wider ? it + 1 == values.end() : it == values.begin()))
          return std::nullopt;
        return wider ? *(it + 1) : *(it - 1);
      });
}

Child differing(NetGenome child, const NetGenome& parent) {
  if (child == parent) return std::nullopt;
  return child;
}

double scaled(Rng& rng, double value) {
  const std::string text = fmt::format("{:.2e}", value * std::exp(0.7 * rng.normal()));
  double rounded = value;
  std::from_chars(text.data(), text.data() + text.size(), rounded);
  return rounded;
}

}  // namespace

Child insert_layer(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  NetGenome child = parent;
  Chain& chain = random_chain(rng, child);
  const Role role = random_role(rng, space.layers);
  const auto layer = random_layer(rng, space.layers, role);
  if (!layer) return std::nullopt;
  const auto [first, last] = places_for(chain, role);
  const std::size_t at = first + random_index(rng, last - first + 1);
  chain.insert(chain.begin() + static_cast<std::ptrdiff_t>(at), *layer);
  return child;
}

Child delete_layer(Rng& rng, const NetGenome& parent, const SearchSpace&) {
  NetGenome child = parent;
  Chain& chain = random_chain(rng, child);
  if (chain.empty()) return std::nullopt;
  chain.erase(chain.begin() + static_cast<std::ptrdiff_t>(random_index(rng, chain.size())));
  return child;
}

Child replace_layer(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  NetGenome child = parent;
  Chain& chain = random_chain(rng, child);
  if (chain.empty()) return std::nullopt;
  LayerSpec& place = chain[random_index(rng, chain.size())];
  const auto layer = random_layer(rng, space.layers, genome::role_of(place));
  if (!layer) return std::nullopt;
  place = *layer;
  return differing(std::move(child), parent);
}

Child deepen_layer(Rng& rng, const NetGenome& parent, const SearchSpace&) {
  NetGenome child = parent;
  std::vector<std::pair<Chain*, std::size_t>> places;
  for (Chain* chain : genome::chains_of(child.layers))
    for (std::size_t i = 0; i < chain->size(); ++i)
      if (genome::identity_after((*chain)[i])) places.emplace_back(chain, i);
  if (places.empty()) return std::nullopt;
  const auto [chain, at] = rng.pick(places);
  chain->insert(chain->begin() + static_cast<std::ptrdiff_t>(at + 1),
                *genome::identity_after((*chain)[at]));
  return child;
}

Child widen_layer(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  return shift_width(rng, parent, space, true);
}

Child narrow_layer(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  return shift_width(rng, parent, space, false);
}

Child change_activation(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  return change_gene_where(
      rng, parent, space, is_activation,
      [&](const std::vector<double>& values, double now) { return another(rng, values, now); });
}

Child change_layer(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  return change_gene_where(
      rng, parent, space,
      [](const genome::Gene& gene) { return !is_width(gene) && !is_activation(gene); },
      [&](const std::vector<double>& values, double now) { return another(rng, values, now); });
}

Child change_branch(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  NetGenome child = parent;
  std::vector<genome::Branch*> branches;
  for (Chain* chain : genome::chains_of(child.layers))
    for (LayerSpec& layer : *chain)
      if (auto* parting = std::get_if<genome::BranchesSpec>(&layer))
        for (genome::Branch& branch : parting->branches) branches.push_back(&branch);
  if (branches.empty()) return std::nullopt;
  genome::Branch& branch = *branches[random_index(rng, branches.size())];
  std::vector<std::int64_t> windows = space.windows;
  windows.insert(windows.begin(), 0);
  if (rng.chance(0.5)) {
    branch.window = static_cast<int>(rng.pick(windows));
  } else {
    branch.every = branch.every == 1 ? 5 : 1;
  }
  return differing(std::move(child), parent);
}

Child change_window(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  return with(
      parent, neighbour(rng, space.windows, parent.input.window),
      [](NetGenome & child) -> auto& { return child.input.window; });
}

/// Features keep the order of the space's lists, so that one set of features is one genome.
Child add_input(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  std::vector<std::string> known = space.inputs;
  for (const std::string& feature : space.optional_inputs)
    if (std::ranges::find(known, feature) == known.end()) known.push_back(feature);
  const auto& present = parent.input.features;
  const auto has = [&](const std::string& f) {
    return std::ranges::find(present, f) != present.end();
  };
  std::vector<std::string> absent;
  for (const std::string& feature : known)
    if (!has(feature)) absent.push_back(feature);
  if (absent.empty()) return std::nullopt;
  const std::string added = absent[random_index(rng, absent.size())];
  NetGenome child = parent;
  std::erase_if(known, [&](const std::string& f) { return f != added && !has(f); });
  child.input.features = known;
  return child;
}

Child remove_input(Rng& rng, const NetGenome& parent, const SearchSpace&) {
  if (parent.input.features.size() < 2) return std::nullopt;
  NetGenome child = parent;
  auto& features = child.input.features;
  features.erase(features.begin() +
                 static_cast<std::ptrdiff_t>(random_index(rng, features.size())));
  return child;
}

Child change_prior(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  NetGenome child = parent;
  child.prior = random_prior(rng, space);
  return differing(std::move(child), parent);
}

Child change_prior_window(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  const std::vector<std::string> neighbours =
      genome::neighbouring_priors(parent.prior.formula, space);
  if (neighbours.empty()) return std::nullopt;
  NetGenome child = parent;
  child.prior.formula = rng.pick(neighbours);
  return child;
}

Child change_prune_rate(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  NetGenome child = parent;
  child.prune_rate = random_prune_rate(rng, space);
  return differing(std::move(child), parent);
}

Child change_scale(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  return with(
      parent, another(rng, space.scales, parent.input.scale),
      [](NetGenome & child) -> auto& { return child.input.scale; });
}

Child change_loss(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  return with(
      parent, another(rng, space.losses, parent.train.loss),
      [](NetGenome & child) -> auto& { return child.train.loss; });
}

Child change_learning_rate(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  NetGenome child = parent;
  child.train.learning_rate = std::clamp(scaled(rng, parent.train.learning_rate),
                                         space.min_learning_rate, space.max_learning_rate);
  return differing(std::move(child), parent);
}

Child change_weight_decay(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  NetGenome child = parent;
  child.train.weight_decay = random_weight_decay(rng, space);
  return differing(std::move(child), parent);
}

Child change_batch(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  return with(
      parent, neighbour(rng, space.days_per_batch, parent.train.days_per_batch),
      [](NetGenome & child) -> auto& { return child.train.days_per_batch; });
}

Child change_steps(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  return with(
      parent, neighbour(rng, space.steps, parent.train.steps),
      [](NetGenome & child) -> auto& { return child.train.steps; });
}

Child change_inherit(Rng&, const NetGenome& parent, const SearchSpace& space) {
  if (!space.inherit) return std::nullopt;
  NetGenome child = parent;
  child.train.inherit = !parent.train.inherit;
  return child;
}

}  // namespace evofactor::operators
