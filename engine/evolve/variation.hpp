#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engine/evolve/cache.hpp"
#include "engine/evolve/member.hpp"
#include "engine/evolve/pool.hpp"
#include "engine/evolve/search.hpp"

namespace evofactor::evolve {

/// Members of a generation before the new ones among them are scored.
struct GenerationPlan {
  std::vector<Member> members;  ///< survivors first, then slots in order; no content twice
  std::vector<std::size_t>
      newcomers;  ///< indices of the members to score; their ids count up from `next_id`
  std::int64_t duplicates = 0;  ///< genomes rejected because their content was known
  std::int64_t cached = 0;      ///< slots whose outcome was known already
  bool cut = false;             ///< slots were left out because `max_new` was reached
};

/// Makes generation `generation` from the members of the one before (empty for generation 0).
///
/// Generation 0 holds the problem's initial genomes, then created ones. Later ones keep each
/// island's survivors (island.hpp) and fill its other slots: the last `fresh` share is created, the
/// first `local_search` share are new neighbours of the pool's members, best first, and the rest is
/// bred from parents of the island or from the pool. Every `migrate_every` generations the best of
/// an island may be parents on the next one, too. A child whose content was scored before is
/// rejected; after `duplicate_attempts` such children one is created, with as many attempts; if
/// that is known too, the known candidate takes the slot again (a cache hit) unless it is a member
/// already. Depends on nothing but its arguments: slot k draws from generators derived from (root,
/// purpose, generation, k).
/// @param rates of the problem's variations, in their order
[[nodiscard]] GenerationPlan plan_generation(const AnyProblem& problem,
                                             const SearchSettings& settings, Seed root,
                                             int generation, const std::vector<Member>& before,
                                             std::span<const PoolEntry> pool,
                                             std::span<const double> rates,
                                             const FitnessCache& cache, std::uint64_t next_id,
                                             std::int64_t max_new);

}  // namespace evofactor::evolve
