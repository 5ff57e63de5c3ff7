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

at::Tensor Finish::forward(const at::Tensor& z, const std::vector<NormArrays>& norms,
                           const Pass& pass) {
  z_ = norm_ && pass.training ? normed_memory_.get(z.sizes(), z) : z;
  active_ = keeps_input_ ? active_memory_.get(z.sizes(), z) : z_;
  norms_.resize(norms.size());
  for (std::int64_t b = 0; b < z.size(0); ++b) {
    const auto slice = static_cast<std::size_t>(b);
    const bool gelu = activations_[slice] == Activation::kGelu;
    if (norm_)
      norms_[slice].forward(z[b], norms[slice], pass,
                            gelu ? kernels::Fused::kNone : fused(activations_[slice]), z_[b]);
    at::Tensor out = active_[b];
    if (gelu) {
      at::gelu_out(out, z_[b]);
    } else if (keeps_input_) {
      out.copy_(z_[b]);
    }
  }
  if (!pass.training || !dropout_.on()) return active_;
  mask_ = dropout_.mask(z.size(1), z.size(2), pass, z);
  at::Tensor dropped = dropped_memory_.get(z.sizes(), z);
  return at::mul_out(dropped, active_, mask_);
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
    if (norm_) norms_[slice].backward(d[b], norms[slice], gradients[slice]);
  }
}

at::Tensor Finish::compute(const at::Tensor& z, const std::vector<NormArrays>& norms,
                           const Pass& pass, bool keep) const {
  std::vector<at::Tensor> slices;
  for (std::int64_t b = 0; b < z.size(0); ++b) {
    const auto slice = static_cast<std::size_t>(b);
    at::Tensor own = z[b];
    if (norm_) {
      const at::Tensor by_place =
          own.narrow(1, 0, std::min(z.size(2), pass.used_rows())).unflatten(0, {-1, channels_});
      own = batch_normed(by_place, norms[slice], pass.training, keep).flatten(0, 1);
    }
    slices.push_back(activated(own, activations_[slice]).unsqueeze(0));
  }
  return dropout_.applied(joined_slices(slices), pass);
}

}  // namespace evofactor::net
