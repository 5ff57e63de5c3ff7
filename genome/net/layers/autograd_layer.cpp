#include "genome/net/layers/autograd_layer.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

namespace evofactor::net {

void AutogradLayer::bind(std::vector<at::Tensor> values, std::vector<at::Tensor> gradients,
                         std::vector<at::Tensor> buffers) {
  values_ = std::move(values);
  gradients_ = std::move(gradients);
  running_ = std::move(buffers);
}

Positions AutogradLayer::plan(const Positions&) {
  return Positions(static_cast<std::size_t>(site_.input.positions), true);
}

at::Tensor AutogradLayer::forward(const at::Tensor& x, const Pass& pass) {
  if (!pass.training) return compute(x, pass, values_, false);
  const at::AutoGradMode on(true);
  x_ = x.detach().requires_grad_(true);
  leaves_.clear();
  for (const at::Tensor& value : values_) leaves_.push_back(value.detach().requires_grad_(true));
  y_ = compute(x_, pass, leaves_, true);
  return y_.detach();
}

at::Tensor AutogradLayer::backward(const at::Tensor&, const at::Tensor& dy, const Pass&,
                                   bool need_dx) {
  std::vector<at::Tensor> inputs = leaves_;
  if (need_dx) inputs.push_back(x_);
  at::Tensor dx;
  if (!inputs.empty()) {
    const auto found = torch::autograd::grad({y_}, inputs, {dy}, std::nullopt, false, true);
    for (std::size_t i = 0; i < leaves_.size(); ++i)
      if (found[i].defined()) gradients_[i].add_(found[i]);
    if (need_dx) dx = found.back();
  }
  x_ = at::Tensor();
  y_ = at::Tensor();
  leaves_.clear();
  return dx;
}

at::Tensor AutogradLayer::reference(const at::Tensor& x, const Pass& pass,
                                    std::span<const at::Tensor> values) const {
  return compute(x, pass, values, false);
}

}  // namespace evofactor::net
