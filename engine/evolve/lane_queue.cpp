#include "engine/evolve/lane_queue.hpp"

#include <memory>
#include <utility>

#include "engine/core/error.hpp"

namespace evofactor::evolve {

LaneQueue::LaneQueue(std::vector<Lane> lanes, EnterLane enter_lane)
    : lanes_(std::move(lanes)), enter_lane_(std::move(enter_lane)) {
  for (const Lane& lane : lanes_) threads_.emplace_back([this, &lane] { serve(lane); });
}

LaneQueue::~LaneQueue() {
  {
    const std::lock_guard lock(mutex_);
    jobs_.clear();
    closed_ = true;
  }
  put_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void LaneQueue::put(Job job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  put_.notify_one();
}

void LaneQueue::put_first(Job job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_front(std::move(job));
  put_.notify_one();
}

void LaneQueue::wait() {
  std::unique_lock lock(mutex_);
  EVOFACTOR_CHECK(n_ended_ != n_seen_ || n_running_ > 0 || !jobs_.empty() || error_,
                  "nothing to wait for");
  ended_.wait(lock, [this] { return n_ended_ != n_seen_ || error_; });
  n_seen_ = n_ended_;
  rethrow();
}

void LaneQueue::drain() {
  std::unique_lock lock(mutex_);
  jobs_.clear();
  ended_.wait(lock, [this] { return n_running_ == 0; });
  rethrow();
}

void LaneQueue::rethrow() const {
  if (error_) std::rethrow_exception(error_);
}

void LaneQueue::serve(const Lane& lane) {
  std::shared_ptr<void> guard;
  bool entered = false;
  std::unique_lock lock(mutex_);
  while (true) {
    put_.wait(lock, [this] { return closed_ || (!jobs_.empty() && !error_); });
    if (closed_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    ++n_running_;
    lock.unlock();
    std::exception_ptr error;
    try {
      if (!entered && enter_lane_) guard = enter_lane_(lane);
      entered = true;
      job(lane);
    } catch (...) {
      error = std::current_exception();
    }
    job = nullptr;
    lock.lock();
    --n_running_;
    ++n_ended_;
    if (error && !error_) error_ = error;
    ended_.notify_all();
  }
}

}  // namespace evofactor::evolve
