#pragma once
#include <c10/util/Exception.h>

#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <utility>

namespace evofactor::device {

/// A part of the memory that networks on the CPU may take together, given back when destroyed. The
/// bound is what keeps a network that is too large from having the system kill the whole run.
class HostMemory {
 public:
  HostMemory() = default;
  /// @throws c10::OutOfMemoryError if fewer than `bytes` are left
  explicit HostMemory(std::int64_t bytes);
  HostMemory(HostMemory&& other) noexcept : bytes_(std::exchange(other.bytes_, 0)) {}
  HostMemory& operator=(HostMemory&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~HostMemory();

 private:
  std::int64_t bytes_ = 0;
};

/// Sets what networks may take together, at first three quarters of the machine's memory.
/// @returns what it was
std::int64_t limit_host_memory(std::int64_t bytes);

/// Held shared by whoever holds networks, and alone by one that has run out of memory.
[[nodiscard]] std::shared_mutex& host_memory_turns();

/// What f gives; if it runs out of memory, tried again with no other networks in memory. So whether
/// it fits does not depend on what runs beside it.
/// @throws c10::OutOfMemoryError if f does not fit even so
template <class F>
auto within_host_memory(const F& f) {
  try {
    const std::shared_lock turn(host_memory_turns());
    return f();
  } catch (const c10::OutOfMemoryError&) {
  }
  const std::unique_lock turn(host_memory_turns());
  return f();
}

}  // namespace evofactor::device
