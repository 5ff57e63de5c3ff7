#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/evolve/problem.hpp"

namespace evofactor::evolve {

/// A genome whose type only its problem knows. Shared and immutable. A candidate costs a
/// millisecond or more, so the loop itself is compiled once, behind this, and not once per kind of
/// genome.
using AnyGenome = std::shared_ptr<const void>;

struct AnyVariation {
  std::string name;
  int n_parents = 1;
  double rate = 1;
  std::function<AnyGenome(Rng&, std::span<const AnyGenome> parents)> apply;  ///< null: not possible
};

/// A Problem<G> without its type; members as there.
struct AnyProblem {
  std::string kind;
  std::function<AnyGenome(Rng&)> create;
  std::vector<AnyGenome> initial;
  std::vector<AnyVariation> variations;
  /// Null: it starts anew.
  std::function<AnyGenome(const AnyGenome& child, const AnyGenome& parent, const Evaluation&)>
      inherit;
  std::function<std::vector<AnyGenome>(const AnyGenome&)> neighbours;
  std::function<ContentHash(const AnyGenome&)> hash;
  std::function<ShapeKey(const AnyGenome&)> shape;
  std::function<double(const AnyGenome&)> cost;
  std::function<Json(const AnyGenome&)> to_json;
  std::function<AnyGenome(const Json&)> from_json;
  std::function<std::vector<Outcome>(std::span<const Candidate<AnyGenome>>, const Lane&,
                                     const Hurdle&)>
      evaluate;
  std::function<std::vector<Outcome>(std::span<const Candidate<AnyGenome>>, const Lane&,
                                     const Hurdle&, double share)>
      evaluate_share;
  std::function<Grid<float>(const AnyGenome&, const Evaluation&)> pool_values;
  std::function<Probes()> probes;
};

/// The genome behind `any`, which must have been made by a problem of the same G.
template <Genome G>
[[nodiscard]] const G& genome_of(const AnyGenome& any) {
  return *static_cast<const G*>(any.get());
}

template <Genome G>
[[nodiscard]] std::vector<Candidate<G>> typed_candidates(
    std::span<const Candidate<AnyGenome>> candidates) {
  std::vector<Candidate<G>> typed;
  typed.reserve(candidates.size());
  for (const auto& candidate : candidates)
    typed.push_back({candidate.id, genome_of<G>(candidate.genome), candidate.lineage});
  return typed;
}

template <Genome G>
[[nodiscard]] AnyGenome erase_genome(G genome) {
  return std::make_shared<const G>(std::move(genome));
}

/// `problem` must outlive the result.
template <Genome G>
[[nodiscard]] AnyProblem erase_problem(const Problem<G>& problem) {
  AnyProblem any;
  any.kind = problem.kind;
  any.create = [&problem](Rng& rng) { return erase_genome<G>(problem.create(rng)); };
  for (const G& genome : problem.initial) any.initial.push_back(erase_genome<G>(genome));
  for (const Variation<G>& variation : problem.variations) {
    auto apply = [&variation](Rng& rng, std::span<const AnyGenome> parents) -> AnyGenome {
      std::vector<const G*> typed;
      for (const AnyGenome& parent : parents) typed.push_back(&genome_of<G>(parent));
      std::optional<G> child = variation.apply(rng, typed);
      return child ? erase_genome<G>(*std::move(child)) : nullptr;
    };
    any.variations.push_back(
        {variation.name, variation.n_parents, variation.rate, std::move(apply)});
  }
  if (problem.inherit)
    any.inherit = [&problem](const AnyGenome& child, const AnyGenome& parent,
                             const Evaluation& evaluation) -> AnyGenome {
      std::optional<G> heir =
          problem.inherit(genome_of<G>(child), genome_of<G>(parent), evaluation);
      return heir ? erase_genome<G>(*std::move(heir)) : nullptr;
    };
  if (problem.neighbours)
    any.neighbours = [&problem](const AnyGenome& genome) {
      std::vector<AnyGenome> steps;
      for (G& step : problem.neighbours(genome_of<G>(genome)))
        steps.push_back(erase_genome<G>(std::move(step)));
      return steps;
    };
  any.hash = [](const AnyGenome& genome) { return content_hash(genome_of<G>(genome)); };
  any.shape = [](const AnyGenome& genome) { return shape_key(genome_of<G>(genome)); };
  any.cost = [&problem](const AnyGenome& genome) { return problem.cost(genome_of<G>(genome)); };
  any.to_json = [&problem](const AnyGenome& genome) {
    return problem.to_json(genome_of<G>(genome));
  };
  any.from_json = [&problem](const Json& json) { return erase_genome<G>(problem.from_json(json)); };
  any.evaluate = [&problem](std::span<const Candidate<AnyGenome>> candidates, const Lane& lane,
                            const Hurdle& hurdle) {
    return problem.evaluate(typed_candidates<G>(candidates), lane, hurdle);
  };
  if (problem.evaluate_share)
    any.evaluate_share = [&problem](std::span<const Candidate<AnyGenome>> candidates,
                                    const Lane& lane, const Hurdle& hurdle, double share) {
      return problem.evaluate_share(typed_candidates<G>(candidates), lane, hurdle, share);
    };
  any.pool_values = [&problem](const AnyGenome& genome, const Evaluation& evaluation) {
    return problem.pool_values(genome_of<G>(genome), evaluation);
  };
  any.probes = problem.probes;
  return any;
}

}  // namespace evofactor::evolve
