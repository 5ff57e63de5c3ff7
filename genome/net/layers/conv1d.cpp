#include <ATen/ATen.h>

#include "genome/net/init.hpp"
#include "genome/net/kernels/cells.hpp"
#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/causal_convolution.hpp"
#include "genome/net/layers/functional.hpp"
#include "genome/net/layers/kinds.hpp"

namespace evofactor::net {
namespace {

using genome::Conv1dSpec;

CausalConvolution::Geometry geometry_of(const Conv1dSpec& spec, const Site& site) {
  return {site.input.depth(), spec.channels, site.input.positions,
          spec.kernel,        spec.dilation, spec.stride};
}

class Conv1d final : public AutogradLayer {
 public:
  Conv1d(std::span<const Conv1dSpec> specs, const Site& site)
      : AutogradLayer(site),
        spec_(specs.front()),
        convolution_(geometry_of(spec_, site)),
        dropout_{{}, site.dropout_seeds} {
    for (const Conv1dSpec& spec : specs) dropout_.rates.push_back(spec.dropout);
  }

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override {
    const CausalConvolution::Geometry& g = convolution_.geometry();
    std::vector<ParameterSpec> all{{"weight", {g.out, g.kernel * g.in}, true},
                                   {"bias", {g.out}, false}};
    if (spec_.batch_norm)
      for (ParameterSpec& spec : norm_parameters("", spec_.channels))
        all.push_back(std::move(spec));
    return all;
  }
  [[nodiscard]] std::vector<ParameterSpec> buffers() const override {
    return spec_.batch_norm ? norm_buffers("", spec_.channels) : std::vector<ParameterSpec>{};
  }
  [[nodiscard]] bool needs_whole_batch() const override { return spec_.batch_norm; }
  void initialise(int slice, Rng& rng) override {
    initialise_weight(values_[0][slice], spec_.activation, rng);
    if (!spec_.batch_norm) return;
    values_[2][slice].fill_(1);
    running_[1][slice].fill_(1);
  }
  Positions plan(const Positions& wanted) override {
    return has_kernels() ? convolution_.plan(wanted) : AutogradLayer::plan(wanted);
  }

  at::Tensor forward(const at::Tensor& x, const Pass& pass) override {
    if (!x.is_cpu() || !has_kernels()) return AutogradLayer::forward(x, pass);
    x_ = as_runs(x, input_);
    y_ = output_.get({n_slices(), site_.output.size(), x_.size(2)}, values_[0]);
    for (std::int64_t b = 0; b < n_slices(); ++b)
      convolution_.forward(runs_of(x_, b), x_.size(2), values_[0][b],
                           values_[1][b].data_ptr<float>(), runs_of(y_, b),
                           fused(spec_.activation));
    if (!pass.training || !dropout_.on()) return y_;
    mask_ = dropout_.mask(y_.size(1), y_.size(2), pass, y_);
    at::Tensor dropped = dropped_.get(y_.sizes(), values_[0]);
    return at::mul_out(dropped, y_, mask_);
  }

  at::Tensor backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                      bool need_dx) override {
    if (!x.is_cpu() || !has_kernels()) return AutogradLayer::backward(x, dy, pass, need_dx);
    const std::int64_t rows = x_.size(2), out = spec_.channels;
    const at::Tensor d = as_runs(dy, gradient_);
    if (pass.training && dropout_.on()) d.mul_(mask_);
    at::Tensor dx;
    if (need_dx) dx = input_gradient_.get({n_slices(), site_.input.size(), rows}, values_[0]);
    std::vector<float> unused(static_cast<std::size_t>(out));
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      for (const std::int64_t i : convolution_.computed())
        kernels::through_activation(fused(spec_.activation), runs_of(y_, b, i * out),
                                    runs_of(d, b, i * out), out, rows, unused.data());
      convolution_.backward(runs_of(x_, b), runs_of(d, b), rows, values_[0][b], gradients_[0][b],
                            gradients_[1][b], need_dx ? runs_of(dx, b) : kernels::Runs{});
    }
    return need_dx ? dx.narrow(2, 0, x.size(2)) : dx;
  }

 protected:
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass& pass,
                                   std::span<const at::Tensor> values, bool keep) const override {
    at::Tensor z = convolution_.compute(as_series(x, site_.input), values[0], values[1]);
    if (spec_.batch_norm) {
      std::vector<at::Tensor> slices;
      for (std::int64_t b = 0; b < n_slices(); ++b)
        slices.push_back(batch_normed(z[b].narrow(2, 0, std::min(z.size(3), pass.used_rows())),
                                      {values[2][b], values[3][b], running_[0][b], running_[1][b]},
                                      pass.training, keep)
                             .unsqueeze(0));
      z = joined_slices(slices);
    }
    return dropout_.applied(activated(z, spec_.activation).flatten(1, 2), pass);
  }

 private:
  [[nodiscard]] bool has_kernels() const {
    return !spec_.batch_norm && spec_.activation != genome::Activation::kGelu;
  }

  Conv1dSpec spec_;
  CausalConvolution convolution_;
  Dropout dropout_;
  Buffer input_, output_, dropped_, gradient_, input_gradient_;
  at::Tensor x_, y_, mask_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const Conv1dSpec> specs, const Site& site) {
  return std::make_unique<Conv1d>(specs, site);
}

std::string script_of(const Conv1dSpec& spec, const std::string& prefix, const Site& site) {
  std::string text = fmt::format("    x = torch.reshape(h, [-1, {}, {}]).permute(0, 2, 1)\n",
                                 site.input.positions, site.input.depth()) +
                     script_of(geometry_of(spec, site), prefix + "weight", prefix + "bias");
  if (spec.batch_norm) text += script_of_norm(prefix);
  return text + fmt::format("    h = torch.flatten({}.permute(0, 2, 1), 1)\n",
                            script_of(spec.activation, "h"));
}

}  // namespace evofactor::net
