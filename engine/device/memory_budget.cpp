#include "engine/device/memory_budget.hpp"

#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/DeviceGuard.h>
#include <unistd.h>

#include <algorithm>

namespace evofactor::device {
namespace {

std::int64_t pages(int name) {
  return static_cast<std::int64_t>(sysconf(name)) *
         static_cast<std::int64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

MemoryBudget memory_budget(const std::string& device, int lanes) {
  MemoryBudget budget;
  std::int64_t free = 0;
  if (device == "cpu") {
    budget.total = pages(_SC_PHYS_PAGES);
    free = pages(_SC_AVPHYS_PAGES);
  } else {
    const c10::Device on(device);
    const auto [available, total] = at::getDeviceAllocator(on.type())->getMemoryInfo(on.index());
    free = static_cast<std::int64_t>(available);
    budget.total = static_cast<std::int64_t>(total);
  }
  budget.per_bucket = free / 2 / std::max(1, lanes);
  return budget;
}

int bucket_cap(const std::string& device) { return device == "cpu" ? 1 : 64; }

}  // namespace evofactor::device
