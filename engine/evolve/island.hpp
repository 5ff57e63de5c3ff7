#pragma once
#include <optional>
#include <span>
#include <vector>

#include "engine/evolve/member.hpp"
#include "engine/evolve/search.hpp"
#include "engine/evolve/selection.hpp"

namespace evofactor::evolve {

/// An island's part of a `total` (of members, of elites) that all islands share out.
[[nodiscard]] inline int share_of(int total, int island, int n_islands) {
  return total / n_islands + (island < total % n_islands ? 1 : 0);
}
/// Where a member lives.
[[nodiscard]] inline std::size_t island_of(const Member& member, int n_islands) {
  return static_cast<std::size_t>(member.lineage.island % n_islands);
}

/// A part of the population that breeds apart, between two generations: who stays, and who may be a
/// parent.
class Island {
 public:
  /// @param members of the generation before; none: everybody is created
  /// @param guests may be parents, but do not stay
  /// @param size that it has after the next generation
  /// @param elites that stay (selection by tournament and lexicase)
  Island(std::vector<const Member*> members, std::span<const Member* const> guests, int size,
         int elites, const SearchSettings& settings);
  ~Island() = default;
  Island(const Island&) = delete;
  Island& operator=(const Island&) = delete;

  /// Members that stay: elites, best first; or the best `size` by fronts (nsga2); or the youngest,
  /// oldest first (aging). No failures.
  [[nodiscard]] const std::vector<const Member*>& survivors() const { return survivors_; }
  /// New members of the next generation.
  [[nodiscard]] std::size_t n_slots() const;
  [[nodiscard]] bool may_breed() const { return !standings_.empty(); }
  /// @param chosen places of members that were chosen before, for the same child; the choice joins
  /// them
  [[nodiscard]] const Member& parent(Rng& rng, std::vector<std::size_t>& chosen) const;

 private:
  void choose_survivors(const std::vector<const Member*>& members, int elites);

  const SearchSettings& settings_;
  std::size_t size_;
  std::vector<const Member*> survivors_;
  std::vector<const Member*> parents_;
  std::vector<Standing> standings_;  ///< of parents_
  std::optional<Lexicase> lexicase_;
};

/// The `count` best successes, best first.
[[nodiscard]] std::vector<const Member*> best_of(std::span<const Member* const> members,
                                                 std::size_t count);

}  // namespace evofactor::evolve
