#include "genome/net/layers/dense.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "genome/net/dropout.hpp"
#include "genome/net/init.hpp"

namespace evofactor::net {
namespace {

using genome::Activation;
using genome::DenseSpec;

constexpr double kNormEpsilon = 1e-5;
constexpr double kNormMomentum = 0.1;

class Dense final : public Layer {
 public:
  Dense(std::span<const DenseSpec> specs, genome::LayerShape input, std::span<const Seed> seeds)
      : specs_(specs.begin(), specs.end()),
        seeds_(seeds.begin(), seeds.end()),
        in_(input.size()),
        out_(specs.front().units),
        norm_(specs.front().batch_norm),
        dropout_(specs.front().dropout > 0) {
    for (const DenseSpec& spec : specs_) {
      rates_.push_back(spec.dropout);
      keeps_input_ = keeps_input_ || spec.activation == Activation::kGelu;
    }
  }

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override {
    std::vector<ParameterSpec> all{{"weight", {in_, out_}, true}, {"bias", {1, out_}, false}};
    if (norm_) {
      all.push_back({"norm_scale", {1, out_}, false});
      all.push_back({"norm_shift", {1, out_}, false});
    }
    return all;
  }
  [[nodiscard]] std::vector<ParameterSpec> buffers() const override {
    if (!norm_) return {};
    return {{"norm_mean", {1, out_}, false}, {"norm_variance", {1, out_}, false}};
  }
  void bind(std::vector<at::Tensor> values, std::vector<at::Tensor> gradients,
            std::vector<at::Tensor> buffers) override {
    values_ = std::move(values);
    gradients_ = std::move(gradients);
    running_ = std::move(buffers);
  }
  void initialise(int slice, Rng& rng) override {
    initialise_weight(values_[0][slice], specs_[static_cast<std::size_t>(slice)].activation, rng);
    values_[1][slice].zero_();
    if (!norm_) return;
    values_[2][slice].fill_(1);
    values_[3][slice].zero_();
    running_[0][slice].zero_();
    running_[1][slice].fill_(1);
  }

  at::Tensor forward(const at::Tensor& x, const Pass& pass) override {
    const std::int64_t b = n_slices(), rows = x.size(1);
    at::Tensor pre = linear_.get({b, rows, out_}, values_[0]);
    at::baddbmm_out(pre, values_[1], x.expand({b, rows, x.size(2)}), values_[0]);
    if (norm_) pre = normalise(pre, pass);
    pre_ = pre;
    active_ = keeps_input_ ? activated_.get({b, rows, out_}, values_[0]) : pre;
    for_runs([&](std::int64_t first, std::int64_t count, Activation activation) {
      at::Tensor out = active_.narrow(0, first, count);
      const at::Tensor in = pre_.narrow(0, first, count);
      switch (activation) {
        case Activation::kTanh:
          at::tanh_out(out, in);
          break;
        case Activation::kRelu:
          at::clamp_min_out(out, in, 0);
          break;
        case Activation::kGelu:
          at::gelu_out(out, in);
          break;
      }
    });
    if (!pass.training || !dropout_) return active_;
    mask_ = masks_.get({b, rows, out_}, values_[0]);
    fill_dropout_mask(mask_.view({b, pass.days, pass.stocks * out_}), seeds_, rates_, pass.step,
                      pass.first_slot);
    at::Tensor dropped = dropped_.get({b, rows, out_}, values_[0]);
    at::mul_out(dropped, active_, mask_);
    return dropped;
  }

  at::Tensor backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                      bool need_dx) override {
    at::Tensor d = dy;
    if (pass.training && dropout_) d.mul_(mask_);
    for_runs([&](std::int64_t first, std::int64_t count, Activation activation) {
      at::Tensor out = d.narrow(0, first, count);
      switch (activation) {
        case Activation::kTanh:
          at::tanh_backward_out(out, out, active_.narrow(0, first, count));
          break;
        case Activation::kRelu:
          at::threshold_backward_out(out, out, active_.narrow(0, first, count), 0);
          break;
        case Activation::kGelu:
          at::gelu_backward_out(out, out, pre_.narrow(0, first, count));
          break;
      }
    });
    if (norm_) normalise_backward(d, pass);
    const std::int64_t b = n_slices();
    gradients_[0].baddbmm_(x.expand({b, x.size(1), x.size(2)}).transpose(1, 2), d);
    gradients_[1].add_(d.sum(1, /*keepdim=*/true));
    if (!need_dx) return {};
    at::Tensor dx = input_gradient_.get({b, d.size(1), in_}, values_[0]);
    at::bmm_out(dx, d, values_[0].transpose(1, 2));
    return dx;
  }

  [[nodiscard]] at::Tensor reference(const at::Tensor& x, const Pass& pass,
                                     std::span<const at::Tensor> values) const override {
    at::Tensor z = at::matmul(x, values[0]) + values[1];
    if (norm_) {
      at::Tensor mean = running_[0], variance = running_[1];
      if (pass.training) {
        const at::Tensor valid = pass.valid.defined() ? pass.valid.view({1, -1, 1})
                                                      : at::ones({1, z.size(1), 1}, z.options());
        const at::Tensor count = valid.sum();
        mean = (z * valid).sum(1, true) / count;
        variance = ((z - mean).square() * valid).sum(1, true) / count;
      }
      z = (z - mean) / (variance + kNormEpsilon).sqrt() * values[2] + values[3];
    }
    std::vector<at::Tensor> slices;
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      const at::Tensor in = z.narrow(0, b, 1);
      switch (specs_[static_cast<std::size_t>(b)].activation) {
        case Activation::kTanh:
          slices.push_back(at::tanh(in));
          break;
        case Activation::kRelu:
          slices.push_back(at::relu(in));
          break;
        case Activation::kGelu:
          slices.push_back(at::gelu(in));
          break;
      }
    }
    at::Tensor y = at::cat(slices);
    if (!pass.training || !dropout_) return y;
    const at::Tensor mask =
        at::empty({y.size(0), y.size(1), y.size(2)}, y.options().dtype(at::kFloat));
    fill_dropout_mask(mask.view({y.size(0), pass.days, -1}), seeds_, rates_, pass.step,
                      pass.first_slot);
    return y * mask;
  }

 private:
  [[nodiscard]] std::int64_t n_slices() const { return static_cast<std::int64_t>(specs_.size()); }

  /// Calls `f(first, count, activation)` for each run of neighbouring candidates of one activation.
  template <class F>
  void for_runs(F f) const {
    for (std::size_t i = 0; i < specs_.size();) {
      std::size_t end = i + 1;
      while (end < specs_.size() && specs_[end].activation == specs_[i].activation) ++end;
      f(static_cast<std::int64_t>(i), static_cast<std::int64_t>(end - i), specs_[i].activation);
      i = end;
    }
  }

  /// Batch norm of `z` in place into the normalised values kept for backward; returns them scaled
  /// and shifted.
  at::Tensor normalise(at::Tensor z, const Pass& pass) {
    at::Tensor y = scaled_.get(z.sizes(), values_[0]);
    if (!pass.training) {
      const at::Tensor scale = values_[2] * (running_[1] + kNormEpsilon).rsqrt();
      at::mul_out(y, z, scale);
      return y.add_(values_[3] - running_[0] * scale);
    }
    rows_ = pass.valid.defined() ? pass.valid.sum().item<double>() : static_cast<double>(z.size(1));
    const at::Tensor mean = weighted_sum(z, pass) / rows_;
    z.sub_(mean);
    if (pass.valid.defined()) z.mul_(pass.valid.view({1, -1, 1}));
    at::mul_out(y, z, z);
    const at::Tensor variance = y.sum(1, true) / rows_;
    inverse_deviation_ = (variance + kNormEpsilon).rsqrt();
    z.mul_(inverse_deviation_);
    normalised_ = z;
    running_[0].lerp_(mean, kNormMomentum);
    running_[1].lerp_(variance * (rows_ / std::max(1.0, rows_ - 1)), kNormMomentum);
    at::mul_out(y, z, values_[2]);
    return y.add_(values_[3]);
  }

  [[nodiscard]] at::Tensor weighted_sum(const at::Tensor& z, const Pass& pass) const {
    if (!pass.valid.defined()) return z.sum(1, true);
    return at::bmm(pass.valid.view({1, 1, -1}).expand({z.size(0), 1, z.size(1)}), z);
  }

  /// Turns the gradient of what `normalise` returned into that of what it got. Padding rows stay 0.
  void normalise_backward(at::Tensor& d, const Pass& pass) {
    at::Tensor product = scaled_.get(d.sizes(), values_[0]);
    at::mul_out(product, d, normalised_);
    const at::Tensor d_scale = product.sum(1, true), d_shift = d.sum(1, true);
    gradients_[2].add_(d_scale);
    gradients_[3].add_(d_shift);
    at::mul_out(product, normalised_, d_scale / rows_);
    d.sub_(product).sub_(d_shift / rows_).mul_(values_[2] * inverse_deviation_);
    if (pass.valid.defined()) d.mul_(pass.valid.view({1, -1, 1}));
  }

  std::vector<DenseSpec> specs_;
  std::vector<Seed> seeds_;
  std::vector<double> rates_;
  std::int64_t in_, out_;
  bool norm_, dropout_, keeps_input_ = false;
  std::vector<at::Tensor> values_, gradients_, running_;
  Buffer linear_, scaled_, activated_, masks_, dropped_, input_gradient_;
  at::Tensor pre_, active_, mask_, normalised_, inverse_deviation_;
  double rows_ = 0;
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const DenseSpec> specs, genome::LayerShape input,
                                  std::span<const Seed> dropout_seeds) {
  return std::make_unique<Dense>(specs, input, dropout_seeds);
}

std::string script_of(const DenseSpec& spec, const std::string& prefix) {
  std::string text =
      fmt::format("    h = torch.matmul(h, self.{0}weight) + self.{0}bias\n", prefix);
  if (spec.batch_norm)
    text += fmt::format(
        "    h = (h - self.{0}norm_mean) * torch.rsqrt(self.{0}norm_variance + {1}) * "
        "self.{0}norm_scale + self.{0}norm_shift\n",
        prefix, kNormEpsilon);
  switch (spec.activation) {
    case Activation::kTanh:
      return text + "    h = torch.tanh(h)\n";
    case Activation::kRelu:
      return text + "    h = torch.relu(h)\n";
    case Activation::kGelu:
      return text + "    h = torch.gelu(h)\n";
  }
  EVOFACTOR_CHECK(false, "activation {} has no script", static_cast<int>(spec.activation));
}

}  // namespace evofactor::net
