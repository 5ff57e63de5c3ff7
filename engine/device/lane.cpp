#include "engine/device/lane.hpp"

#include <ATen/core/grad_mode.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "engine/device/memory_budget.hpp"
#include "engine/device/runtime.hpp"

namespace evofactor::device {
namespace {

struct LaneGuards {
  explicit LaneGuards(const c10::Device& device) {
    if (device.is_cpu()) return;  // the CPU has no stream pool
    device_guard.emplace(device);
    const c10::impl::VirtualGuardImpl guard(device.type());
    stream_guard.emplace(guard.getStreamFromGlobalPool(device));
  }
  at::NoGradGuard no_grad;
  std::optional<c10::DeviceGuard> device_guard;
  std::optional<c10::StreamGuard> stream_guard;
};

}  // namespace

std::vector<Lane> make_lanes(const std::string& device, int threads) {
  set_up();
  const std::string name = checked_device(device);
  int count = 1;
  if (name == "cpu")
    count =
        threads > 0 ? threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const std::int64_t budget = memory_budget(name, count).per_bucket;
  std::vector<Lane> lanes;
  for (int i = 0; i < count; ++i)
    lanes.push_back(
        {.index = i, .device = name, .bucket_cap = bucket_cap(name), .memory_budget = budget});
  return lanes;
}

EnterLane make_enter_lane() {
  return [](const Lane& lane) -> std::shared_ptr<void> {
    set_up();
    set_up_thread();
    return std::make_shared<LaneGuards>(c10::Device(lane.device));
  };
}

}  // namespace evofactor::device
