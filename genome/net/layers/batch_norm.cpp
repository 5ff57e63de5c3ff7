#include "genome/net/layers/batch_norm.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "genome/net/layers/runs.hpp"

namespace evofactor::net {

void BatchNorm::forward(const at::Tensor& x, const NormArrays& norm, const Pass& pass,
                        kernels::Fused fused, const at::Tensor& y) {
  const std::int64_t channels = norm.scale.numel();
  const auto n = static_cast<std::size_t>(channels);
  batch_ = {x.size(0) / channels, channels, std::min(x.size(1), pass.used_rows()), x.size(1)};
  float *running_mean = norm.mean.data_ptr<float>(),
        *running_variance = norm.variance.data_ptr<float>();
  mean_.assign(running_mean, running_mean + n);
  std::vector<float> variance(running_variance, running_variance + n);
  if (pass.training) {
    x_ = x;
    kernels::batch_moments(batch_, runs_of(x), mean_.data(), variance.data());
    const auto count = static_cast<double>(batch_.places * batch_.used);
    const double unbiased = count / std::max(count - 1, 1.0);
    const auto take = [](float& running, double value) {
      running = static_cast<float>((1 - kNormMomentum) * static_cast<double>(running) +
                                   kNormMomentum * value);
    };
    for (std::size_t c = 0; c < n; ++c) {
      take(running_mean[c], static_cast<double>(mean_[c]));
      take(running_variance[c], static_cast<double>(variance[c]) * unbiased);
    }
  }
  std::vector<float> factor(n), shift(n);
  inverse_.resize(n);
  for (std::size_t c = 0; c < n; ++c) {
    inverse_[c] =
        static_cast<float>(1 / std::sqrt(static_cast<double>(variance[c]) + kNormEpsilon));
    factor[c] = norm.scale.data_ptr<float>()[c] * inverse_[c];
    shift[c] = norm.shift.data_ptr<float>()[c] - mean_[c] * factor[c];
  }
  kernels::scale_and_shift(batch_, runs_of(x), factor.data(), shift.data(), fused, runs_of(y));
}

void BatchNorm::backward(const at::Tensor& d, const NormArrays& norm, const NormArrays& gradients) {
  kernels::batch_norm_backward(
      batch_, runs_of(x_), mean_.data(), inverse_.data(), norm.scale.data_ptr<float>(), runs_of(d),
      gradients.scale.data_ptr<float>(), gradients.shift.data_ptr<float>());
}

at::Tensor batch_normed(const at::Tensor& z, const NormArrays& norm, bool training, bool keep) {
  at::Tensor mean = norm.mean, variance = norm.variance;
  if (!training || !keep) {
    mean = mean.to(z.scalar_type(), false, /*copy=*/training);
    variance = variance.to(z.scalar_type(), false, /*copy=*/training);
  }
  return at::batch_norm(z, norm.scale, norm.shift, mean, variance, training, kNormMomentum,
                        kNormEpsilon, /*cudnn_enabled=*/false);
}

std::string script_of_norm(const std::string& prefix) {
  return fmt::format(
      "    h = torch.batch_norm(h, self.{0}norm_scale, self.{0}norm_shift, self.{0}norm_mean, "
      "self.{0}norm_variance, False, 0.0, {1}, False)\n",
      prefix, kNormEpsilon);
}

std::vector<ParameterSpec> norm_parameters(const std::string& prefix, int channels) {
  return {{prefix + "norm_scale", {channels}, false}, {prefix + "norm_shift", {channels}, false}};
}

std::vector<ParameterSpec> norm_buffers(const std::string& prefix, int channels) {
  return {{prefix + "norm_mean", {channels}, false}, {prefix + "norm_variance", {channels}, false}};
}

}  // namespace evofactor::net
