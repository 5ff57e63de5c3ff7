#include "training/adam.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace evofactor::training {
namespace {
constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
}

Adam::Adam(net::StackedNet& net)
    : net_(net),
      first_(at::zeros_like(net.parameters())),
      second_(at::zeros_like(net.parameters())),
      work_(at::empty_like(net.parameters())) {}

void Adam::step(const at::Tensor& rates, const at::Tensor& decays) {
  at::Tensor& gradients = net_.gradients();
  if (net_.mask().defined()) gradients.mul_(net_.mask());
  first_power_ *= kBeta1;
  second_power_ *= kBeta2;
  first_.lerp_(gradients, 1 - kBeta1);
  second_.mul_(kBeta2).addcmul_(gradients, gradients, 1 - kBeta2);
  at::sqrt_out(work_, second_);
  work_.div_(std::sqrt(1 - second_power_)).add_(kEpsilon);
  at::div_out(work_, first_, work_);
  work_.div_(1 - first_power_).addcmul_(net_.parameters() * net_.decays(), decays);
  net_.parameters().sub_(work_.mul_(rates));
  gradients.zero_();
}

}  // namespace evofactor::training
