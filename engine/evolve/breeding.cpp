#include "engine/evolve/breeding.hpp"

#include <utility>

namespace evofactor::evolve {

AnyGenome heir_of(const AnyProblem& problem, const AnyGenome& child, const Member& parent) {
  const auto* evaluation = std::get_if<Evaluation>(&parent.outcome);
  if (!problem.inherit || evaluation == nullptr) return nullptr;
  return problem.inherit(child, parent.genome, *evaluation);
}

std::optional<Draft> Breeder::breed(int generation, std::size_t slot, const Winner& winner,
                                    std::span<const PoolEntry> pool,
                                    std::span<const double> rates) {
  Rng select(derive(root_, "select", generation, slot));
  Rng vary(derive(root_, "vary", generation, slot));
  for (int attempt = 0; attempt < settings_.duplicate_attempts; ++attempt) {
    const AnyVariation& variation = problem_.variations[vary.weighted(rates)];
    std::vector<std::size_t> chosen;
    std::vector<AnyGenome> parents;
    Lineage lineage{{}, variation.name, generation};
    const Member* first = nullptr;
    for (int p = 0; p < variation.n_parents; ++p) {
      const bool from_pool =
          settings_.pool_parents > 0 && !pool.empty() && select.chance(settings_.pool_parents);
      const Member& parent = from_pool ? select.pick(pool).member : winner(select, chosen);
      if (first == nullptr) first = &parent;
      parents.push_back(parent.genome);
      lineage.parents.push_back(parent.id);
    }
    AnyGenome child = variation.apply(vary, parents);
    if (child == nullptr) continue;
    std::optional<Member> origin;
    if (AnyGenome heir = heir_of(problem_, child, *first)) {
      child = std::move(heir);
      origin = *first;
    }
    const ContentHash hash = problem_.hash(child);
    if (is_known_(hash)) {
      ++duplicates_;
      continue;
    }
    return Draft{std::move(child), hash, std::move(lineage), std::move(origin)};
  }
  return std::nullopt;
}

Draft Breeder::create(int generation, std::size_t slot, std::int64_t attempts) {
  Rng rng(derive(root_, "create", generation, slot));
  for (std::int64_t attempt = 1;; ++attempt) {
    AnyGenome genome = problem_.create(rng);
    const ContentHash hash = problem_.hash(genome);
    if (is_known_(hash) && attempt < attempts) {
      ++duplicates_;
      continue;
    }
    return {std::move(genome), hash, Lineage{{}, "create", generation}};
  }
}

}  // namespace evofactor::evolve
