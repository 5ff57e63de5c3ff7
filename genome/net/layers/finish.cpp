#include "genome/net/layers/finish.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "genome/net/kernels/cells.hpp"
#include "genome/net/layers/runs.hpp"

namespace evofactor::net {

using genome::Activation;

Finish::Finish(std::vector<Activation> activations, bool norm, Dropout dropout,
               std::int64_t channels)
    : activations_(std::move(activations)),
      norm_(norm),
      dropout_(std::move(dropout)),
      channels_(channels) {
  keeps_input_ = std::ranges::find(activations_, Activation::kGelu) != activations_.end();
}

std::vector<ParameterSpec> Finish::parameters() const {
  if (!norm_) return {};
  return norm_parameters("", static_cast<int>(channels_));
}

std::vector<ParameterSpec> Finish::buffers() const {
  if (!norm_) return {};
  return norm_buffers("", static_cast<int>(channels_));
}

kernels::Fused Finish::fused_of(std::int64_t b) const {
  const Activation activation = activations_[static_cast<std::size_t>(b)];
  return norm_ || activation == Activation::kGelu ? kernels::Fused::kNone : fused(activation);
}

/// [places, channels, used rows] of one candidate.
at::Tensor Finish::by_place(const at::Tensor& z, std::int64_t b, const Pass& pass) const {
  return z[b].narrow(1, 0, std::min(z.size(2), pass.used_rows())).unflatten(0, {-1, channels_});
}

at::Tensor Finish::forward(const at::Tensor& z, const std::vector<NormArrays>& norms,
                           const Pass& pass) {
  z_ = z;
  active_ = keeps_input_ ? active_memory_.get(z.sizes(), z) : z;
  saved_.clear();
  for (std::int64_t b = 0; b < z.size(0); ++b) {
    if (norm_) normalise(z, norms[static_cast<std::size_t>(b)], b, pass);
    at::Tensor out = active_[b];
    if (fused_of(b) != kernels::Fused::kNone) {
      if (keeps_input_) out.copy_(z[b]);
      continue;
    }
    switch (activations_[static_cast<std::size_t>(b)]) {
      case Activation::kTanh:
        at::tanh_out(out, z[b]);
        break;
      case Activation::kRelu:
        at::clamp_min_out(out, z[b], 0);
        break;
      case Activation::kGelu:
        at::gelu_out(out, z[b]);
        break;
    }
  }
  if (!pass.training || !dropout_.on()) return active_;
  mask_ = dropout_.mask(z.size(1), z.size(2), pass, z);
  at::Tensor dropped = dropped_memory_.get(z.sizes(), z);
  return at::mul_out(dropped, active_, mask_);
}

void Finish::normalise(const at::Tensor& z, const NormArrays& norm, std::int64_t b,
                       const Pass& pass) {
  const at::Tensor places = by_place(z, b, pass);
  const at::Tensor before = places.clone(at::MemoryFormat::Contiguous);
  const auto [y, mean, inverse] =
      at::native_batch_norm(before, norm.scale, norm.shift, norm.mean, norm.variance, pass.training,
                            kNormMomentum, kNormEpsilon);
  if (pass.training) saved_.push_back({before, mean, inverse});
  places.copy_(y);
}

void Finish::backward(const at::Tensor& d, const std::vector<NormArrays>& norms,
                      const std::vector<NormArrays>& gradients, const Pass& pass) {
  if (pass.training && dropout_.on()) d.mul_(mask_);
  for (std::int64_t b = 0; b < d.size(0); ++b) {
    const auto slice = static_cast<std::size_t>(b);
    if (activations_[slice] == Activation::kGelu) {
      at::Tensor out = d[b];
      at::gelu_backward_out(out, out, z_[b]);
    } else {
      kernels::through_activation(fused(activations_[slice]), runs_of(active_, b), runs_of(d, b),
                                  d.size(1), d.size(2));
    }
    if (!norm_) continue;
    const auto& [before, mean, inverse] = saved_[slice];
    const NormArrays& norm = norms[slice];
    const at::Tensor places = by_place(d, b, pass);
    const auto [dz, d_scale, d_shift] = at::native_batch_norm_backward(
        places.contiguous(), before, norm.scale, norm.mean, norm.variance, mean, inverse, true,
        kNormEpsilon, {true, true, true});
    places.copy_(dz);
    gradients[slice].scale.add_(d_scale);
    gradients[slice].shift.add_(d_shift);
  }
}

at::Tensor Finish::compute(const at::Tensor& z, const std::vector<NormArrays>& norms,
                           const Pass& pass, bool keep) const {
  std::vector<at::Tensor> slices;
  for (std::int64_t b = 0; b < z.size(0); ++b) {
    const auto slice = static_cast<std::size_t>(b);
    const at::Tensor own =
        norm_ ? batch_normed(by_place(z, b, pass), norms[slice], pass.training, keep).flatten(0, 1)
              : z[b];
    slices.push_back(activated(own, activations_[slice]).unsqueeze(0));
  }
  return dropout_.applied(joined_slices(slices), pass);
}

}  // namespace evofactor::net
