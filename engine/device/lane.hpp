#pragma once
#include <string>
#include <vector>

#include "engine/core/lane.hpp"

namespace evofactor::device {

/// Lanes of one device: `threads` on a CPU (0: one per hardware thread), one on a GPU.
/// @param device "cpu" or "cuda:0" @throws ConfigError if there is no such device
[[nodiscard]] std::vector<Lane> make_lanes(const std::string& device, int threads);

/// What a thread must do before it works for a lane: set_up_thread, gradients off, and on a GPU the
/// device and a stream of its own. The guard it returns undoes the last three.
[[nodiscard]] EnterLane make_enter_lane();

}  // namespace evofactor::device
