#pragma once
#include <cstdint>
#include <string>

namespace evofactor::device {

/// Memory of a device: all of it, and what one bucket of candidates may take. Read once when lanes
/// are made.
struct MemoryBudget {
  std::int64_t total = 0;
  std::int64_t per_bucket = 0;
};
/// Half of the free memory divided by the device's lanes. @param device "cpu" or "cuda:0"
[[nodiscard]] MemoryBudget memory_budget(const std::string& device, int lanes);

/// Most candidates stacked into one model: 1 on a CPU, where stacking does not pay; 64 on a GPU,
/// where launching kernels costs more than running them. A property of the kind of device, so that
/// it never depends on timing.
[[nodiscard]] int bucket_cap(const std::string& device);

}  // namespace evofactor::device
