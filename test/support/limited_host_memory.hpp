#pragma once
#include "engine/device/host_memory.hpp"

namespace evofactor::test {

/// As long as it lives, networks on the CPU may take no more than `bytes` together.
class LimitedHostMemory {
 public:
  explicit LimitedHostMemory(std::int64_t bytes) : before_(device::limit_host_memory(bytes)) {}
  LimitedHostMemory(const LimitedHostMemory&) = delete;
  LimitedHostMemory& operator=(const LimitedHostMemory&) = delete;
  ~LimitedHostMemory() { device::limit_host_memory(before_); }

 private:
  std::int64_t before_;
};

}  // namespace evofactor::test
