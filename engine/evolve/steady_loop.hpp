#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_set>
#include <vector>

#include "engine/evolve/breeding.hpp"
#include "engine/evolve/lane_queue.hpp"
#include "engine/evolve/search_session.hpp"
#include "engine/evolve/selection.hpp"

namespace evofactor::evolve {

/// Fixed-lag steady state. Child k is bred from results 0 to k - lag, taken in in candidate order,
/// whatever else has come in; so the lanes have up to `lag` candidates to work on, nobody waits for
/// the end of a generation, and all that is bred, scored and kept follows from the seed alone.
///
/// The first `population` candidates are created. A success joins the population and the oldest
/// member leaves: any (Selection::kAging; Real et al. 2019, Regularized evolution for image
/// classifier architecture search, AAAI), or any but the `elites` best. A generation is
/// `population` candidates in a row. Candidates beyond the budget are bred, but not scored, so that
/// a larger budget goes on from the same state.
class SteadyLoop final : public SearchSession {
 public:
  SteadyLoop(const AnyProblem& problem, const SearchSettings& settings,
             const PoolSettings& pool_settings, const Budget& budget, const SearchContext& context);

 private:
  /// A candidate that has been scored.
  struct Scored {
    Member member;
    std::optional<Contender> contender;  ///< if it seemed to have a chance when it was bred
  };
  struct Bucket;

  bool run_generation() override;
  void restore(StartPoint& start) override;
  void start_again(InFlight& one, std::span<const Member> origins) const;
  [[nodiscard]] bool used_up() const override;
  void halt() override;

  [[nodiscard]] std::uint64_t size() const {
    return static_cast<std::uint64_t>(settings_.population);
  }
  [[nodiscard]] std::uint64_t bred() const { return taken_in_ + state_.flight.size(); }
  void breed_ahead();
  [[nodiscard]] std::optional<Draft> next_draft();
  [[nodiscard]] Draft child_of_population(int generation, std::size_t slot);
  void hand_out();
  void hand_out(std::uint64_t first, std::uint64_t last);
  void score(Bucket& bucket, const Lane& lane);
  bool await(CandidateId id);
  void collect();
  void take_in();
  void offer(Scored& scored);
  [[nodiscard]] bool is_elite(const Member& member) const;
  void join_population(Member member);

  Breeder breeder_;
  bool used_up_ = false;  ///< no new child was found
  std::unordered_set<ContentHash> in_flight_;
  std::vector<Standing> standings_;         ///< of the population
  std::shared_ptr<const PoolView> view_;    ///< of the pool as it is
  std::uint64_t taken_in_ = 0;              ///< results known to the state
  std::uint64_t handed_out_ = 0;            ///< candidates that lanes have, or had
  std::uint64_t end_ = 0, limit_ = 0;       ///< of this generation; of the budget
  std::vector<Member> newcomers_;           ///< of this generation
  std::map<CandidateId, Scored> scored_;    ///< not yet taken in
  std::int64_t n_done_ = 0, n_failed_ = 0;  ///< scored, of this generation
  std::int64_t n_missed_ = 0;
  std::mutex mailbox_mutex_;
  std::vector<Scored> mailbox_;  ///< from the lanes
  LaneQueue lanes_;
};

}  // namespace evofactor::evolve
