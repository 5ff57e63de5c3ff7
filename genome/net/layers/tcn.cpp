#include <ATen/ATen.h>

#include <algorithm>

#include "genome/net/init.hpp"
#include "genome/net/kernels/cells.hpp"
#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/functional.hpp"
#include "genome/net/layers/kinds.hpp"
#include "genome/net/layers/tap_convolution.hpp"

namespace evofactor::net {
namespace {

using genome::TcnSpec;
using kernels::Runs;

TapTable taps_of(const TcnSpec& spec, const Site& site, int in, int kernel) {
  return causal_taps(in, spec.channels, site.input.positions, kernel, spec.dilation, 1);
}

bool is_projected(const TcnSpec& spec, const Site& site) {
  return site.input.depth() != spec.channels;
}

/// y = f(second(first(x)) + shortcut(x)), each convolution with f and dropout.
class Tcn final : public AutogradLayer {
 public:
  Tcn(std::span<const TcnSpec> specs, const Site& site)
      : AutogradLayer(site),
        spec_(specs.front()),
        first_(taps_of(spec_, site, site.input.depth(), spec_.kernel)),
        second_(taps_of(spec_, site, spec_.channels, spec_.kernel)),
        shortcut_(taps_of(spec_, site, site.input.depth(), 1)) {
    for (Dropout* dropout : {&first_dropout_, &second_dropout_})
      for (std::size_t b = 0; b < specs.size(); ++b) {
        dropout->rates.push_back(specs[b].dropout);
        dropout->seeds.push_back(
            derive(site.dropout_seeds[b], "part", dropout == &first_dropout_ ? 0 : 1));
      }
    wanted_ = outputs(Positions(static_cast<std::size_t>(site.output.positions), true));
  }

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override {
    std::vector<ParameterSpec> all;
    const auto add = [&](const std::string& name, const TapConvolution& c, const Names& read) {
      const TapTable& taps = c.table();
      all.push_back({name + "weight",
                     {taps.out, taps.kernel * taps.in},
                     true,
                     {numbered(taps.out), paired(numbered(taps.kernel, taps.kernel - 1), read)}});
      all.push_back({name + "bias", {taps.out}, false});
    };
    add("first_", first_, site_.names.depth());
    add("second_", second_, numbered(channels()));
    if (is_projected(spec_, site_)) add("shortcut_", shortcut_, site_.names.depth());
    return all;
  }
  void initialise(int slice, Rng& rng) override {
    initialise_weight(values_[0][slice], spec_.activation, rng);
    initialise_weight(values_[2][slice], spec_.activation, rng);
    if (is_projected(spec_, site_)) initialise_linear(values_[4][slice], rng);
  }
  Positions plan(const Positions& wanted) override {
    if (!has_kernels()) return AutogradLayer::plan(wanted);
    wanted_ = outputs(wanted);
    middle_ = second_.plan(wanted_);
    Positions read = first_.plan(middle_);
    (void)shortcut_.plan(wanted_);
    for (std::size_t p = 0; p < read.size(); ++p) read[p] = read[p] || wanted_[p];
    return read;
  }

  [[nodiscard]] bool reads_pass() const override { return first_dropout_.on(); }

  at::Tensor forward(const at::Tensor& x, const Pass& pass) override {
    if (!x.is_cpu() || !has_kernels()) return AutogradLayer::forward(x, pass);
    const std::int64_t rows = x.is_cpu() ? padded_rows(x.size(2)) : x.size(2);
    const std::int64_t size = site_.input.positions * channels();
    x_ = as_runs(x, input_);
    h1_ = memory_[0].get({n_slices(), size, rows}, values_[0]);
    h2_ = memory_[1].get({n_slices(), size, rows}, values_[0]);
    y_ = memory_[2].get({n_slices(), size, rows}, values_[0]);
    const bool drops = pass.training && first_dropout_.on();
    const auto f = fused(spec_.activation);
    for (std::int64_t b = 0; b < n_slices(); ++b)
      first_.forward(runs_of(x_, b), rows, values_[0][b], bias(1, b), runs_of(h1_, b), f);
    d1_ = h1_;
    if (drops) {
      masks_ = {first_dropout_.mask(size, rows, pass, h1_),
                second_dropout_.mask(size, rows, pass, h1_)};
      d1_ = memory_[3].get(h1_.sizes(), values_[0]);
      over(middle_, [&](std::int64_t p) {
        at::Tensor out = at(d1_, p);
        at::mul_out(out, at(h1_, p), at(masks_[0], p));
      });
    }
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      second_.forward(runs_of(d1_, b), rows, values_[2][b], bias(3, b), runs_of(h2_, b), f);
      if (is_projected(spec_, site_))
        shortcut_.forward(runs_of(x_, b), rows, values_[4][b], bias(5, b), runs_of(y_, b),
                          kernels::Fused::kNone);
    }
    over(wanted_, [&](std::int64_t p) {
      at::Tensor out = at(y_, p);
      const at::Tensor from = is_projected(spec_, site_) ? out : at(x_, p);
      if (drops) {
        at::addcmul_out(out, from, at(h2_, p), at(masks_[1], p));
      } else {
        at::add_out(out, from, at(h2_, p));
      }
      if (spec_.activation == genome::Activation::kRelu) out.relu_();
      if (spec_.activation == genome::Activation::kTanh) out.tanh_();
    });
    return site_.sequence ? y_ : at(y_, site_.input.positions - 1);
  }

  at::Tensor backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                      bool need_dx) override {
    if (!x.is_cpu() || !has_kernels()) return AutogradLayer::backward(x, dy, pass, need_dx);
    const std::int64_t rows = x_.size(2);
    const bool drops = pass.training && first_dropout_.on(), projected = is_projected(spec_, site_);
    const at::Tensor given = as_runs(dy, gradient_);
    // Of the sum before the last activation, the second convolution's result, the first's.
    at::Tensor sum = given;
    if (!site_.sequence) {
      sum = memory_[4].get(y_.sizes(), values_[0]);
      at(sum, site_.input.positions - 1).copy_(given);
    }
    at::Tensor d2 = memory_[5].get(y_.sizes(), values_[0]),
               d1 = memory_[6].get(y_.sizes(), values_[0]), dx;
    if (need_dx) dx = input_gradient_.get({n_slices(), site_.input.size(), rows}, values_[0]);
    const auto f = fused(spec_.activation);
    const auto through = [&](const at::Tensor& y, const at::Tensor& d, std::int64_t b,
                             std::int64_t p) {
      kernels::through_activation(f, runs_of(y, b, p * channels()), runs_of(d, b, p * channels()),
                                  channels(), rows);
    };
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      over(wanted_, [&](std::int64_t p) {
        through(y_, sum, b, p);
        at::Tensor out = at(d2, p)[b];
        if (drops) {
          at::mul_out(out, at(sum, p)[b], at(masks_[1], p)[b]);
        } else {
          out.copy_(at(sum, p)[b]);
        }
        through(h2_, d2, b, p);
      });
      second_.backward(runs_of(d1_, b), runs_of(d2, b), rows, values_[2][b], gradients_[2][b],
                       gradients_[3][b], runs_of(d1, b));
      over(middle_, [&](std::int64_t p) {
        if (drops) at(d1, p)[b].mul_(at(masks_[0], p)[b]);
        through(h1_, d1, b, p);
      });
      first_.backward(runs_of(x_, b), runs_of(d1, b), rows, values_[0][b], gradients_[0][b],
                      gradients_[1][b], need_dx ? runs_of(dx, b) : Runs{});
      if (projected) {
        const at::Tensor more =
            need_dx ? memory_[7].get({1, site_.input.size(), rows}, values_[0]) : at::Tensor();
        shortcut_.backward(runs_of(x_, b), runs_of(sum, b), rows, values_[4][b], gradients_[4][b],
                           gradients_[5][b], need_dx ? runs_of(more, 0) : Runs{});
        if (need_dx) over(wanted_, [&](std::int64_t p) { at(dx, p)[b].add_(at(more, p)[0]); });
      } else if (need_dx) {
        over(wanted_, [&](std::int64_t p) { at(dx, p)[b].add_(at(sum, p)[b]); });
      }
    }
    return need_dx ? dx.narrow(2, 0, x.size(2)) : dx;
  }

 protected:
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass& pass,
                                   std::span<const at::Tensor> values, bool) const override {
    const at::Tensor series = as_series(x, site_.input);
    const auto dropped = [&](const at::Tensor& h, const Dropout& dropout) {
      return dropout.applied(h.flatten(1, 2), pass).unflatten(1, {h.size(1), h.size(2)});
    };
    const at::Tensor h1 = dropped(
        activated(first_.compute(series, values[0], values[1]), spec_.activation), first_dropout_);
    const at::Tensor h2 = dropped(
        activated(second_.compute(h1, values[2], values[3]), spec_.activation), second_dropout_);
    const at::Tensor from =
        is_projected(spec_, site_) ? shortcut_.compute(series, values[4], values[5]) : series;
    const at::Tensor y = activated(h2 + from, spec_.activation).flatten(1, 2);
    return site_.sequence ? y : y.narrow(1, y.size(1) - channels(), channels());
  }

 private:
  [[nodiscard]] bool has_kernels() const { return spec_.activation != genome::Activation::kGelu; }
  [[nodiscard]] std::int64_t channels() const { return spec_.channels; }
  /// Positions of the block that are read: what is handed on may be the last alone.
  [[nodiscard]] Positions outputs(const Positions& wanted) const {
    if (site_.sequence) return wanted;
    Positions last(static_cast<std::size_t>(site_.input.positions), false);
    last.back() = true;
    return last;
  }
  template <class F>
  static void over(const Positions& positions, F f) {
    for (std::size_t p = 0; p < positions.size(); ++p)
      if (positions[p]) f(static_cast<std::int64_t>(p));
  }
  /// [B, depth, rows] of one position of a series.
  [[nodiscard]] at::Tensor at(const at::Tensor& series, std::int64_t position) const {
    const std::int64_t depth = series.size(1) / site_.input.positions;
    return series.narrow(1, position * depth, depth);
  }
  [[nodiscard]] const float* bias(std::size_t i, std::int64_t b) const {
    return values_[i][b].data_ptr<float>();
  }

  TcnSpec spec_;
  TapConvolution first_, second_, shortcut_;
  Dropout first_dropout_, second_dropout_;
  Positions wanted_, middle_;  ///< positions of the block and of its middle that are computed
  Buffer input_, gradient_, input_gradient_;
  std::array<Buffer, 8> memory_;
  std::array<at::Tensor, 2> masks_;
  at::Tensor x_, h1_, d1_, h2_, y_;  ///< input, first result, the same dropped, second, output
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const TcnSpec> specs, const Site& site) {
  return std::make_unique<Tcn>(specs, site);
}

std::string script_of(const TcnSpec& spec, const std::string& prefix, const Site& site) {
  const auto convolution = [&](const char* name, int in, int kernel) {
    return script_of_causal(prefix + name + "_",
                            {in, spec.channels, kernel, spec.dilation, 1, site.input.positions});
  };
  const std::string f = script_of(spec.activation, "h");
  std::string text =
      fmt::format("    x = torch.reshape(h, [-1, {}, {}]).permute(0, 2, 1)\n    first = x\n",
                  site.input.positions, site.input.depth());
  text += convolution("first", site.input.depth(), spec.kernel) + "    x = " + f + "\n" +
          convolution("second", spec.channels, spec.kernel) + "    y = " + f + "\n    x = first\n";
  text += is_projected(spec, site) ? convolution("shortcut", site.input.depth(), 1) : "    h = x\n";
  text += "    h = h + y\n    h = " + f + "\n";
  return text + (site.sequence ? "    h = torch.flatten(h.permute(0, 2, 1), 1)\n"
                               : "    h = h[:, :, -1]\n");
}

}  // namespace evofactor::net
