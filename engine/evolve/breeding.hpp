#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "engine/evolve/pool.hpp"
#include "engine/evolve/search.hpp"

namespace evofactor::evolve {

/// A genome made for a place of the population, before it is a candidate.
struct Draft {
  AnyGenome genome;
  ContentHash hash;
  Lineage lineage;
  std::optional<Member> origin{};  ///< the parent that it starts from (Problem::inherit)
};

/// The genome as it starts from a member; null: it starts anew.
[[nodiscard]] AnyGenome heir_of(const AnyProblem& problem, const AnyGenome& child,
                                const Member& parent);

/// Makes genomes of content not seen before. The one of (generation, slot) draws from generators
/// derived from (root, purpose, generation, slot).
class Breeder {
 public:
  using IsKnown = std::function<bool(ContentHash)>;
  /// Picks a parent from the population. `chosen` are places that were chosen before, for the same
  /// child; the choice joins them.
  using Winner = std::function<const Member&(Rng&, std::vector<std::size_t>& chosen)>;

  Breeder(const AnyProblem& problem, const SearchSettings& settings, Seed root, IsKnown is_known)
      : problem_(problem), settings_(settings), root_(root), is_known_(std::move(is_known)) {}

  /// A child of parents from the population or the pool, which may start from the first. Nothing if
  /// none of `duplicate_attempts` was new.
  /// @param rates of the problem's variations, in their order
  [[nodiscard]] std::optional<Draft> breed(int generation, std::size_t slot, const Winner& winner,
                                           std::span<const PoolEntry> pool,
                                           std::span<const double> rates);
  /// A genome without parents: the first new one, or the last of so many attempts, which is known.
  [[nodiscard]] Draft create(int generation, std::size_t slot, std::int64_t attempts);
  /// Genomes rejected so far because their content was known.
  [[nodiscard]] std::int64_t duplicates() const { return duplicates_; }

 private:
  const AnyProblem& problem_;
  const SearchSettings& settings_;
  Seed root_;
  IsKnown is_known_;
  std::int64_t duplicates_ = 0;
};

}  // namespace evofactor::evolve
