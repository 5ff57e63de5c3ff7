#pragma once
#include <ATen/core/grad_mode.h>

#include "engine/device/runtime.hpp"

namespace evofactor::training {

/// What every thread that computes networks needs, wherever it comes from, for as long as it lives.
struct ThreadSetUp {
  ThreadSetUp() {
    device::set_up();
    device::set_up_thread();
  }
  at::NoGradGuard no_grad;
};

}  // namespace evofactor::training
