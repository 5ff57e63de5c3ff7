#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "engine/evolve/checkpoint.hpp"
#include "engine/evolve/pool_view.hpp"
#include "engine/evolve/scheduler.hpp"

namespace evofactor::evolve {

/// A candidate bred and not yet admitted (steady state), with what it has to beat.
struct InFlight {
  Member member;     ///< its outcome is not known
  double elite = 0;  ///< fitness that made an elite when it was bred
  std::shared_ptr<const PoolView> view;
  std::optional<Member> origin;  ///< the parent that it starts from (Problem::inherit)
};

/// A search between two generations.
struct SearchState {
  std::vector<GenerationRecord> history;
  std::vector<Member> population;  ///< in steady state the oldest first
  FactorPool pool;
  bool cut = false;                   ///< the budget cut the last generation short
  std::optional<StopReason> ended{};  ///< why the search ended with the last generation
  std::deque<InFlight> flight{};      ///< in the order of their ids

  [[nodiscard]] std::int64_t evaluations() const {
    return history.empty() ? 0 : history.back().evaluations;
  }
  [[nodiscard]] double effort() const { return history.empty() ? 0 : history.back().effort; }
  [[nodiscard]] double seconds() const { return history.empty() ? 0 : history.back().seconds; }
};

/// The state as it is stored.
[[nodiscard]] Checkpoint to_checkpoint(const SearchState& state, const AnyProblem& problem,
                                       const Identity& identity, const Journal::Mark& journal);

/// What a checkpoint's members are as genomes.
/// @throws StoreError if the problem reads them as something else than what was stored
[[nodiscard]] std::vector<Member> to_members(const std::vector<StoredMember>& stored,
                                             const AnyProblem& problem);

/// Hash of a grid's shape and values.
[[nodiscard]] std::uint64_t hash_of_values(const Grid<float>& values);

}  // namespace evofactor::evolve
