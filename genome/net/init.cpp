#include "genome/net/init.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace evofactor::net {
namespace {

void fill_normal(const at::Tensor& weight, double variance, Rng& rng) {
  const at::Tensor values = at::empty(weight.sizes(), at::kFloat);
  float* x = values.data_ptr<float>();
  const double scale = std::sqrt(variance);
  for (std::int64_t i = 0; i < values.numel(); ++i) x[i] = static_cast<float>(scale * rng.normal());
  weight.copy_(values);
}

std::int64_t fan_in(const at::Tensor& weight) { return weight.numel() / weight.size(0); }

}  // namespace

void initialise_weight(const at::Tensor& weight, genome::Activation next, Rng& rng) {
  if (next == genome::Activation::kTanh) return initialise_linear(weight, rng);
  fill_normal(weight, 2.0 / static_cast<double>(fan_in(weight)), rng);
}

void initialise_linear(const at::Tensor& weight, Rng& rng) {
  fill_normal(weight, 2.0 / static_cast<double>(fan_in(weight) + weight.size(0)), rng);
}

}  // namespace evofactor::net
