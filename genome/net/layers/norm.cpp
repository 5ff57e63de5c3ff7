#include "genome/net/kernels/norm.hpp"

#include <ATen/ATen.h>

#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/batch_norm.hpp"
#include "genome/net/layers/functional.hpp"
#include "genome/net/layers/kinds.hpp"
#include "genome/net/layers/runs.hpp"

namespace evofactor::net {
namespace {

using genome::NormKind;
using genome::NormSpec;

class Norm final : public AutogradLayer {
 public:
  Norm(std::span<const NormSpec> specs, const Site& site)
      : AutogradLayer(site),
        batch_(specs.front().kind == NormKind::kBatch),
        channels_(batch_ && specs.front().shared ? 1 : site.input.channels) {}

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override {
    return of_channels(norm_parameters("", channels_));
  }
  [[nodiscard]] std::vector<ParameterSpec> buffers() const override {
    return batch_ ? of_channels(norm_buffers("", channels_)) : std::vector<ParameterSpec>{};
  }
  [[nodiscard]] ValueNames names() const override { return site_.names; }
  [[nodiscard]] bool needs_whole_batch() const override { return batch_; }
  void initialise(int slice, Rng&) override {
    values_[0][slice].fill_(1);
    if (batch_) running_[1][slice].fill_(1);
  }

  at::Tensor forward(const at::Tensor& x, const Pass& pass) override {
    if (!x.is_cpu()) return AutogradLayer::forward(x, pass);
    x_ = as_runs(x, input_);
    const std::int64_t places = x_.size(1) / channels_, rows = x_.size(2);
    const at::Tensor y = output_.get({n_slices(), x_.size(1), rows}, values_[0]);
    norms_.resize(static_cast<std::size_t>(n_slices()));
    if (!batch_) {
      normalised_ = normalised_memory_.get(y.sizes(), y);
      normalised_.copy_(x_.expand_as(normalised_));
      inverse_ = inverse_memory_.get({n_slices(), places, rows}, y);
    }
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      if (batch_) {
        norms_[static_cast<std::size_t>(b)].forward(slice_of(x_, b), arrays(values_, b), pass,
                                                    kernels::Fused::kNone, y[b]);
        continue;
      }
      for (std::int64_t p = 0; p < places; ++p)
        kernels::layer_norm(channels_, rows, values_[0][b].data_ptr<float>(),
                            values_[1][b].data_ptr<float>(), runs_of(normalised_, b, p * channels_),
                            runs_of(inverse_, b, p).values, runs_of(y, b, p * channels_));
    }
    return y;
  }

  at::Tensor backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                      bool need_dx) override {
    if (!x.is_cpu()) return AutogradLayer::backward(x, dy, pass, need_dx);
    const at::Tensor d = as_runs(dy, gradient_);
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      if (batch_) {
        norms_[static_cast<std::size_t>(b)].backward(d[b], arrays(values_, b),
                                                     arrays(gradients_, b));
        continue;
      }
      for (std::int64_t p = 0; p < d.size(1) / channels_; ++p)
        kernels::layer_norm_backward(channels_, d.size(2), values_[0][b].data_ptr<float>(),
                                     runs_of(normalised_, b, p * channels_),
                                     runs_of(inverse_, b, p).values, runs_of(d, b, p * channels_),
                                     gradients_[0][b].data_ptr<float>(),
                                     gradients_[1][b].data_ptr<float>());
    }
    return need_dx ? d.narrow(2, 0, x.size(2)) : at::Tensor();
  }

 protected:
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass& pass,
                                   std::span<const at::Tensor> values, bool keep) const override {
    const at::Tensor used = x.narrow(2, 0, std::min(x.size(2), pass.used_rows()));
    std::vector<at::Tensor> slices;
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      const at::Tensor own = slice_of(used, b);
      at::Tensor y;
      if (batch_) {
        y = batch_normed(own.unflatten(0, {-1, channels_}), arrays(values, b), pass.training, keep);
      } else {
        y = at::layer_norm(own.unflatten(0, {-1, channels_}).transpose(1, 2), {channels_},
                           values[0][b], values[1][b], kNormEpsilon)
                .transpose(1, 2);
      }
      slices.push_back(y.flatten(0, 1).unsqueeze(0));
    }
    return joined_slices(slices);
  }

 private:
  [[nodiscard]] std::vector<ParameterSpec> of_channels(std::vector<ParameterSpec> specs) const {
    if (channels_ == site_.input.channels)
      for (ParameterSpec& spec : specs) spec.axes = {site_.names.channels};
    return specs;
  }
  /// @pre batch norm
  [[nodiscard]] NormArrays arrays(std::span<const at::Tensor> values, std::int64_t b) const {
    return {values[0][b], values[1][b], running_[0][b], running_[1][b]};
  }
  bool batch_;
  int channels_;
  std::vector<BatchNorm> norms_;
  Buffer input_, output_, gradient_, normalised_memory_, inverse_memory_;
  at::Tensor x_, normalised_,
      inverse_;  ///< layer norm's: normalised values, 1 / deviation by place
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const NormSpec> specs, const Site& site) {
  return std::make_unique<Norm>(specs, site);
}

std::string script_of(const NormSpec& spec, const std::string& prefix, const Site& site) {
  const bool batch = spec.kind == NormKind::kBatch;
  const int channels = batch && spec.shared ? 1 : site.input.channels;
  std::string text = fmt::format("    h = torch.reshape(h, [-1, {}])\n", channels);
  text += batch
              ? script_of_norm(prefix)
              : fmt::format(
                    "    h = torch.layer_norm(h, [{}], self.{}norm_scale, self.{}norm_shift, {})\n",
                    channels, prefix, prefix, kNormEpsilon);
  return text + fmt::format("    h = torch.reshape(h, [-1, {}])\n", site.input.size());
}

}  // namespace evofactor::net
