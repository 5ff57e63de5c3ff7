#pragma once
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "engine/core/rng.hpp"
#include "engine/device/runtime.hpp"
#include "genome/net/layers/layer.hpp"

namespace evofactor::test {

/// LibTorch on one thread, without gradients.
struct OneThread {
  OneThread() {
    device::set_up();
    device::set_up_thread();
  }
  at::NoGradGuard no_grad;
};

/// Two days of 20 and 17 stocks, in 48 rows.
inline constexpr std::int64_t kRows = 48, kUsed = 37;
inline net::Pass two_days(bool training) {
  net::Pass pass;
  pass.training = training;
  pass.step = 7;
  pass.first_slot = 3;
  pass.stocks = {20, 17};
  return pass;
}
inline at::Tensor used(const at::Tensor& y) { return y.narrow(-1, 0, kUsed); }

inline at::Tensor random_tensor(at::IntArrayRef shape, std::uint64_t seed) {
  Rng rng(Seed{seed});
  at::Tensor values = at::empty(shape, at::kFloat);
  for (std::int64_t i = 0; i < values.numel(); ++i)
    values.data_ptr<float>()[i] = static_cast<float>(rng.normal());
  return values;
}
/// Random in rows of stocks, zero elsewhere.
inline at::Tensor random_rows(at::IntArrayRef shape, std::uint64_t seed) {
  at::Tensor x = random_tensor(shape, seed);
  x.narrow(-1, kUsed, kRows - kUsed).zero_();
  return x;
}

}  // namespace evofactor::test
