#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace evofactor {

/// One place where candidates are evaluated one bucket after another: a CPU thread with one BLAS
/// thread, or a GPU stream.
struct Lane {
  int index = 0;
  std::string device = "cpu";      ///< "cpu" or "cuda:0"
  int bucket_cap = 1;              ///< most candidates stacked into one model on this device
  std::int64_t memory_budget = 0;  ///< bytes for one bucket, fixed for the run; 0 = no limit
};

/// Sets a thread up for a lane (thread counts, stream, gradient mode); the returned guard undoes it
/// when destroyed.
using EnterLane = std::function<std::shared_ptr<void>(const Lane&)>;

}  // namespace evofactor
