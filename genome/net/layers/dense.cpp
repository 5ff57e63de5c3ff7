#include <ATen/ATen.h>

#include <algorithm>

#include "engine/core/error.hpp"
#include "genome/net/init.hpp"
#include "genome/net/kernels/cells.hpp"
#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/functional.hpp"
#include "genome/net/layers/kinds.hpp"
#include "genome/net/layers/runs.hpp"

namespace evofactor::net {
namespace {

using genome::Activation;
using genome::DenseSpec;

class Dense final : public AutogradLayer {
 public:
  Dense(std::span<const DenseSpec> specs, const Site& site)
      : AutogradLayer(site),
        specs_(specs.begin(), specs.end()),
        in_(site.input.size()),
        out_(specs.front().units),
        norm_(specs.front().batch_norm),
        dropout_{{}, site.dropout_seeds} {
    for (const DenseSpec& spec : specs_) {
      dropout_.rates.push_back(spec.dropout);
      keeps_input_ = keeps_input_ || spec.activation == Activation::kGelu;
    }
  }

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override {
    std::vector<ParameterSpec> all{{"weight", {out_, in_}, true}, {"bias", {out_}, false}};
    if (norm_)
      for (ParameterSpec& spec : norm_parameters("", static_cast<int>(out_)))
        all.push_back(std::move(spec));
    return all;
  }
  [[nodiscard]] std::vector<ParameterSpec> buffers() const override {
    return norm_ ? norm_buffers("", static_cast<int>(out_)) : std::vector<ParameterSpec>{};
  }
  [[nodiscard]] bool needs_whole_batch() const override { return norm_; }
  void initialise(int slice, Rng& rng) override {
    initialise_weight(values_[0][slice], specs_[static_cast<std::size_t>(slice)].activation, rng);
    if (!norm_) return;
    values_[2][slice].fill_(1);
    running_[1][slice].fill_(1);
  }

  at::Tensor forward(const at::Tensor& x, const Pass& pass) override {
    if (!x.is_cpu()) return AutogradLayer::forward(x, pass);
    x_ = as_runs(x, input_);
    const std::int64_t rows = x_.size(2);
    pre_ = linear_.get({n_slices(), out_, rows}, values_[0]);
    active_ = keeps_input_ ? activated_.get(pre_.sizes(), values_[0]) : pre_;
    saved_.clear();
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      const Activation activation = activation_of(b);
      const bool plain = norm_ || activation == Activation::kGelu;
      const std::vector<const float*> inputs = list_of(runs_of(x_, b), in_);
      kernels::multiply(weights_of(values_[0][b]), inputs, rows, values_[1][b].data_ptr<float>(),
                        runs_of(plain ? pre_ : active_, b),
                        plain ? kernels::Fused::kNone : fused(activation));
      if (norm_) normalise(b, pass);
      if (!plain) continue;
      at::Tensor out = active_[b];
      if (activation == Activation::kTanh) at::tanh_out(out, pre_[b]);
      if (activation == Activation::kRelu) at::clamp_min_out(out, pre_[b], 0);
      if (activation == Activation::kGelu) at::gelu_out(out, pre_[b]);
    }
    if (!pass.training || !dropout_.on()) return active_;
    mask_ = dropout_.mask(out_, rows, pass, active_);
    at::Tensor dropped = dropped_.get(active_.sizes(), values_[0]);
    return at::mul_out(dropped, active_, mask_);
  }

  at::Tensor backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                      bool need_dx) override {
    if (!x.is_cpu()) return AutogradLayer::backward(x, dy, pass, need_dx);
    const std::int64_t rows = x_.size(2);
    at::Tensor d = as_runs(dy, gradient_);
    if (pass.training && dropout_.on()) d.mul_(mask_);
    at::Tensor dx;
    if (need_dx) dx = input_gradient_.get({n_slices(), in_, rows}, values_[0]);
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      const kernels::Runs dz = runs_of(d, b);
      float* db = gradients_[1][b].data_ptr<float>();
      const Activation activation = activation_of(b);
      if (activation == Activation::kGelu) {
        at::Tensor out = d[b];
        at::gelu_backward_out(out, out, pre_[b]);
        if (!norm_) kernels::add_row_sums(dz, out_, rows, db);
      } else {
        kernels::through_activation(fused(activation), runs_of(active_, b), dz, out_, rows,
                                    norm_ ? unused_.data() : db);
      }
      if (norm_) {
        normalise_backward(d[b], b, pass);
        kernels::add_row_sums(dz, out_, rows, db);
      }
      kernels::add_outer(dz, out_, list_of(runs_of(x_, b), in_), rows,
                         gradients_[0][b].data_ptr<float>(), in_);
      if (need_dx)
        kernels::multiply(transposed(weights_of(values_[0][b]), 0, in_, turned_), list_of(dz, out_),
                          rows, nullptr, runs_of(dx, b));
    }
    return need_dx ? dx.narrow(2, 0, x.size(2)) : dx;
  }

 protected:
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass& pass,
                                   std::span<const at::Tensor> values, bool keep) const override {
    const at::Tensor z = at::matmul(values[0], x) + values[1].unsqueeze(2);
    std::vector<at::Tensor> slices;
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      at::Tensor slice = z.narrow(0, b, 1);
      if (norm_)
        slice = batch_normed(slice.narrow(2, 0, std::min(slice.size(2), pass.used_rows())),
                             {values[2][b], values[3][b], running_[0][b], running_[1][b]},
                             pass.training, keep);
      slices.push_back(activated(slice, activation_of(b)));
    }
    return dropout_.applied(joined_slices(slices), pass);
  }

 private:
  [[nodiscard]] Activation activation_of(std::int64_t b) const {
    return specs_[static_cast<std::size_t>(b)].activation;
  }

  /// Batch norm of slice b's pre-activations, in place; what backward needs of it is kept.
  void normalise(std::int64_t b, const Pass& pass) {
    const at::Tensor z = pre_.narrow(0, b, 1).narrow(2, 0, pass.used_rows());
    const at::Tensor before = pass.training ? z.clone() : z;
    auto [y, mean, inverse] =
        at::native_batch_norm(before, values_[2][b], values_[3][b], running_[0][b], running_[1][b],
                              pass.training, kNormMomentum, kNormEpsilon);
    if (pass.training) saved_.push_back({before, mean, inverse});
    z.copy_(y);
  }
  void normalise_backward(at::Tensor d, std::int64_t b, const Pass& pass) {
    const auto& [before, mean, inverse] = saved_[static_cast<std::size_t>(b)];
    const at::Tensor dz = d.narrow(1, 0, pass.used_rows()).unsqueeze(0);
    const auto [dx, d_scale, d_shift] =
        at::native_batch_norm_backward(dz, before, values_[2][b], running_[0][b], running_[1][b],
                                       mean, inverse, true, kNormEpsilon, {true, true, true});
    dz.copy_(dx);
    gradients_[2][b].add_(d_scale);
    gradients_[3][b].add_(d_shift);
  }

  std::vector<DenseSpec> specs_;
  std::int64_t in_, out_;
  bool norm_, keeps_input_ = false;
  Dropout dropout_;
  Buffer input_, linear_, activated_, dropped_, gradient_, input_gradient_;
  at::Tensor x_, pre_, active_, mask_;
  std::vector<std::array<at::Tensor, 3>> saved_;
  std::vector<float> turned_, unused_ = std::vector<float>(static_cast<std::size_t>(out_));
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const DenseSpec> specs, const Site& site) {
  return std::make_unique<Dense>(specs, site);
}

std::string script_of(const DenseSpec& spec, const std::string& prefix, const Site&) {
  std::string text =
      fmt::format("    h = torch.matmul(h, self.{0}weight.t()) + self.{0}bias\n", prefix);
  if (spec.batch_norm) text += script_of_norm(prefix);
  return text + fmt::format("    h = {}\n", script_of(spec.activation, "h"));
}

}  // namespace evofactor::net
