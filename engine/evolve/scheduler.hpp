#pragma once
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "engine/core/lane.hpp"
#include "engine/evolve/member.hpp"

namespace evofactor::evolve {

/// Runs independent jobs on lanes: one arena as wide as there are lanes, one task per lane, each
/// pulling the next job by an atomic index, so what runs where depends on load alone and a result
/// must not depend on where it ran.
class Scheduler {
 public:
  /// @param lanes at least one. `enter_lane` may be empty.
  Scheduler(std::vector<Lane> lanes, EnterLane enter_lane);

  /// Calls job(i, lane) for i in [0, n_jobs), each once, in order of start. Waits for all. Jobs
  /// must not wait for TBB work of their own: a waiting thread could take another lane's task and
  /// run it under the wrong guard.
  /// @param stop when it becomes true no further job is started; may be null
  /// @throws the first exception to leave a job; no further job is started after it
  void run(std::size_t n_jobs, const std::function<void(std::size_t, const Lane&)>& job,
           const std::atomic<bool>* stop = nullptr);

  [[nodiscard]] std::size_t n_lanes() const { return lanes_.size(); }
  /// Most candidates in one bucket: the smallest cap of any lane, so that buckets do not depend on
  /// who takes them.
  [[nodiscard]] std::size_t bucket_cap() const;

 private:
  std::vector<Lane> lanes_;
  EnterLane enter_lane_;
  tbb::global_control parallelism_;
  tbb::task_arena arena_;
};

/// Indices of `members` to evaluate together: equal shape key, at most `cap`, composed in the order
/// of content hashes, dearest bucket first. A function of the members alone.
[[nodiscard]] std::vector<std::vector<std::size_t>> make_buckets(
    const AnyProblem& problem, std::span<const Member> members,
    std::span<const std::size_t> newcomers, std::size_t cap);

/// Evaluates one bucket. Whatever leaves `evaluate` becomes a Failure of every candidate in it, as
/// does an answer of the wrong length; a fitness that is not finite becomes a Failure of its
/// candidate.
/// @param share of the whole effort
/// @throws std::bad_alloc
[[nodiscard]] std::vector<Outcome> evaluate_bucket(const AnyProblem& problem,
                                                   std::span<const Candidate<AnyGenome>> candidates,
                                                   const Lane& lane, const Hurdle& hurdle,
                                                   double share = 1);

}  // namespace evofactor::evolve
