#include "training/adam.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "genome/net/kernels/adam.hpp"

namespace evofactor::training {
namespace {
constexpr float kBeta1 = 0.9F, kBeta2 = 0.999F, kEpsilon = 1e-8F;
}

Adam::Adam(net::StackedNet& net, bool by_operations)
    : net_(net),
      first_(at::zeros_like(net.parameters())),
      second_(at::zeros_like(net.parameters())) {
  if (!by_operations && net.device().is_cpu()) return;
  work_ = at::empty_like(net.parameters());
  powers_ = at::ones({2}, net.parameters().options());
  betas_ = at::tensor({kBeta1, kBeta2}).to(net.device());
}

void Adam::step(const at::Tensor& rates, const at::Tensor& decays) {
  powers_.defined() ? step_by_operations(rates, decays) : step_on_host(rates, decays);
}

void Adam::step_by_operations(const at::Tensor& rates, const at::Tensor& decays) {
  at::Tensor& gradients = net_.gradients();
  if (net_.mask().defined()) gradients.mul_(net_.mask());
  powers_.mul_(betas_);
  const at::Tensor corrections = 1 - powers_;
  first_.lerp_(gradients, 1 - kBeta1);
  second_.mul_(kBeta2).addcmul_(gradients, gradients, 1 - kBeta2);
  at::sqrt_out(work_, second_);
  work_.div_(corrections[1].sqrt()).add_(kEpsilon);
  at::div_out(work_, first_, work_);
  work_.div_(corrections[0]).addcmul_(net_.parameters() * net_.decays(), decays);
  net_.parameters().sub_(work_.mul_(rates));
  gradients.zero_();
}

void Adam::step_on_host(const at::Tensor& rates, const at::Tensor& decays) {
  first_power_ *= kBeta1;
  second_power_ *= kBeta2;
  for (std::int64_t b = 0; b < net_.size(); ++b) {
    const net::kernels::AdamStep step{.rate = rates[b].item<float>(),
                                      .decay = decays[b].item<float>(),
                                      .beta1 = kBeta1,
                                      .beta2 = kBeta2,
                                      .epsilon = kEpsilon,
                                      .correction1 = static_cast<float>(1 - first_power_),
                                      .correction2 = static_cast<float>(1 - second_power_)};
    const auto slice = [&](const at::Tensor& all) { return all[b].data_ptr<float>(); };
    net::kernels::adam_step(step, net_.parameters().size(1), slice(net_.parameters()),
                            slice(net_.gradients()), slice(first_), slice(second_),
                            net_.decays().data_ptr<float>(),
                            net_.mask().defined() ? slice(net_.mask()) : nullptr);
  }
}

}  // namespace evofactor::training
