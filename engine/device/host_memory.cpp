#include "engine/device/host_memory.hpp"

#include <fmt/format.h>

#include <atomic>

#include "engine/device/memory_budget.hpp"

namespace evofactor::device {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;

std::atomic<std::int64_t>& limit() {
  static std::atomic<std::int64_t> bytes = memory_budget("cpu", 1).total / 4 * 3;
  return bytes;
}

std::atomic<std::int64_t>& taken() {
  static std::atomic<std::int64_t> bytes = 0;
  return bytes;
}

}  // namespace

HostMemory::HostMemory(std::int64_t bytes) {
  const std::int64_t all = taken().fetch_add(bytes) + bytes;
  if (all > limit()) {
    taken() -= bytes;
    TORCH_CHECK_WITH(OutOfMemoryError, false,
                     fmt::format("more than the {:.3g} GiB that networks may take of this machine",
                                 static_cast<double>(limit()) / kGiB));
  }
  bytes_ = bytes;
}

HostMemory::~HostMemory() { taken() -= bytes_; }

std::int64_t limit_host_memory(std::int64_t bytes) { return limit().exchange(bytes); }

std::shared_mutex& host_memory_turns() {
  static std::shared_mutex turns;
  return turns;
}

}  // namespace evofactor::device
