#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/core/lane.hpp"

namespace evofactor::evolve {

/// Jobs that lanes take one after another, in the order they were put in, while their owner goes on
/// and puts in more. One thread per lane; what runs where and what ends first depends on load
/// alone.
class LaneQueue {
 public:
  using Job = std::function<void(const Lane&)>;

  /// `enter_lane` may be empty; a lane is entered with its first job and left at the end.
  LaneQueue(std::vector<Lane> lanes, EnterLane enter_lane);
  /// Drops the jobs that have not begun and waits for the others.
  ~LaneQueue();
  LaneQueue(const LaneQueue&) = delete;
  LaneQueue& operator=(const LaneQueue&) = delete;

  void put(Job job);
  /// Before all that have not begun.
  void put_first(Job job);
  /// Returns when a job has ended that had not when `wait` returned last. There must be one under
  /// way. @throws the first exception to leave a job; no further one is begun after it
  void wait();
  /// Drops the jobs that have not begun and waits for the others. @throws as `wait`
  void drain();

 private:
  void serve(const Lane& lane);
  void rethrow() const;

  std::vector<Lane> lanes_;
  EnterLane enter_lane_;
  std::mutex mutex_;
  std::condition_variable put_, ended_;
  std::deque<Job> jobs_;
  std::size_t n_running_ = 0;
  std::size_t n_ended_ = 0, n_seen_ = 0;
  bool closed_ = false;
  std::exception_ptr error_;
  std::vector<std::thread> threads_;
};

}  // namespace evofactor::evolve
