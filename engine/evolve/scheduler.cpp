#include "engine/evolve/scheduler.hpp"

#include <tbb/task_group.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <map>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "engine/core/error.hpp"

namespace evofactor::evolve {

Scheduler::Scheduler(std::vector<Lane> lanes, EnterLane enter_lane)
    : lanes_(std::move(lanes)),
      enter_lane_(std::move(enter_lane)),
      // A lane that waits for its device holds a thread, so there may be more lanes than
      // processors.
      parallelism_(tbb::global_control::max_allowed_parallelism,
                   std::max<std::size_t>(lanes_.size(), std::thread::hardware_concurrency())),
      arena_(std::max(static_cast<int>(lanes_.size()), 1)) {
  EVOFACTOR_CHECK(!lanes_.empty(), "a search needs at least one lane");
}

std::size_t Scheduler::bucket_cap() const {
  int cap = lanes_.front().bucket_cap;
  for (const Lane& lane : lanes_) cap = std::min(cap, lane.bucket_cap);
  return static_cast<std::size_t>(std::max(cap, 1));
}

void Scheduler::run(std::size_t n_jobs, const std::function<void(std::size_t, const Lane&)>& job,
                    const std::atomic<bool>* stop) {
  if (n_jobs == 0) return;
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::exception_ptr first_error;
  auto work = [&](const Lane& lane) {
    // Nothing may leave a task: it would cancel the others' jobs half way.
    try {
      std::shared_ptr<void> guard;
      bool entered = false;
      while (!failed && (stop == nullptr || !*stop)) {
        const std::size_t index = next.fetch_add(1);
        if (index >= n_jobs) return;
        if (!entered && enter_lane_) guard = enter_lane_(lane);
        entered = true;
        job(index, lane);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!first_error) first_error = std::current_exception();
      failed = true;
    }
  };
  arena_.execute([&] {
    tbb::task_group group;
    for (const Lane& lane : lanes_) group.run([&work, &lane] { work(lane); });
    group.wait();
  });
  if (first_error) std::rethrow_exception(first_error);
}

std::vector<std::vector<std::size_t>> make_buckets(const AnyProblem& problem,
                                                   std::span<const Member> members,
                                                   std::span<const std::size_t> newcomers,
                                                   std::size_t cap) {
  std::map<ShapeKey, std::vector<std::size_t>> by_shape;
  for (const std::size_t i : newcomers) by_shape[problem.shape(members[i].genome)].push_back(i);
  struct Bucket {
    double cost = 0;
    std::vector<std::size_t> members;
  };
  std::vector<Bucket> buckets;
  for (auto& [shape, indices] : by_shape) {
    std::sort(indices.begin(), indices.end(),
              [&](std::size_t a, std::size_t b) { return members[a].hash < members[b].hash; });
    for (std::size_t first = 0; first < indices.size(); first += cap) {
      Bucket bucket;
      const std::size_t last = std::min(first + cap, indices.size());
      for (std::size_t k = first; k < last; ++k) {
        bucket.cost += problem.cost(members[indices[k]].genome);
        bucket.members.push_back(indices[k]);
      }
      buckets.push_back(std::move(bucket));
    }
  }
  std::stable_sort(buckets.begin(), buckets.end(),
                   [](const Bucket& a, const Bucket& b) { return a.cost > b.cost; });
  std::vector<std::vector<std::size_t>> result;
  result.reserve(buckets.size());
  for (Bucket& bucket : buckets) result.push_back(std::move(bucket.members));
  return result;
}

std::vector<Outcome> evaluate_bucket(const AnyProblem& problem,
                                     std::span<const Candidate<AnyGenome>> candidates,
                                     const Lane& lane, const Hurdle& hurdle, double share) {
  auto all_failed = [&](std::string message) {
    return std::vector<Outcome>(candidates.size(),
                                Failure{FailureKind::kError, "evaluate", std::move(message)});
  };
  std::vector<Outcome> outcomes;
  try {
    outcomes = share < 1 ? problem.evaluate_share(candidates, lane, hurdle, share)
                         : problem.evaluate(candidates, lane, hurdle);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return all_failed(error.what());
  } catch (...) {
    return all_failed("an exception of unknown type");
  }
  if (outcomes.size() != candidates.size())
    return all_failed(
        fmt::format("{} outcomes for {} candidates", outcomes.size(), candidates.size()));
  for (Outcome& outcome : outcomes) {
    const auto* evaluation = std::get_if<Evaluation>(&outcome);
    if (evaluation != nullptr && !std::isfinite(evaluation->fitness))
      outcome = Failure{FailureKind::kNonFinite, "score",
                        fmt::format("fitness is {}", evaluation->fitness)};
  }
  return outcomes;
}

}  // namespace evofactor::evolve
