#include <ATen/ATen.h>

#include <array>

#include "genome/net/init.hpp"
#include "genome/net/kernels/cells.hpp"
#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/batch_norm.hpp"
#include "genome/net/layers/functional.hpp"
#include "genome/net/layers/kinds.hpp"
#include "genome/net/layers/tap_convolution.hpp"

namespace evofactor::net {
namespace {

using genome::Activation;
using genome::ResidualSpec;

/// One convolution with its batch norm.
struct Part {
  std::string name;  ///< "first_"
  int in = 1, out = 1, kernel = 1, stride = 1;
};

/// The body's convolutions in order, then the shortcut's where there is one.
struct Plan {
  std::vector<Part> body;
  std::vector<Part> shortcut;
};

Plan plan_of(const ResidualSpec& spec, const Site& site) {
  const int in = genome::as_image(site.input).channels, mid = spec.channels,
            out = spec.channels_out();
  Plan plan;
  if (spec.bottleneck) {
    plan.body = {{"first_", in, mid, 1, 1},
                 {"second_", mid, mid, 3, spec.stride},
                 {"third_", mid, out, 1, 1}};
  } else {
    plan.body = {{"first_", in, mid, 3, spec.stride}, {"second_", mid, out, 3, 1}};
  }
  if (in != out || spec.stride > 1) plan.shortcut = {{"shortcut_", in, out, 1, spec.stride}};
  return plan;
}

/// Taps of the convolution, and the images it makes of `image`.
TapTable taps_of(const Part& part, genome::LayerShape& image) {
  TapTable taps =
      image_taps(part.in, part.out, image, {part.kernel, part.kernel}, {part.stride, 1});
  image.positions = (image.positions + part.stride - 1) / part.stride;
  return taps;
}

class Residual final : public AutogradLayer {
 public:
  Residual(std::span<const ResidualSpec> specs, const Site& site)
      : AutogradLayer(site), plan_(plan_of(specs.front(), site)) {
    genome::LayerShape image = genome::as_image(site.input);
    const genome::LayerShape first = image;
    for (const Part& part : plan_.body) convolutions_.emplace_back(taps_of(part, image));
    image = first;
    for (const Part& part : plan_.shortcut) convolutions_.emplace_back(taps_of(part, image));
    norms_.resize(convolutions_.size() * specs.size());
    results_.resize(convolutions_.size());
  }

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override {
    std::vector<ParameterSpec> all;
    for (const Part& part : parts()) {
      const bool from_input = part.name == "first_" || part.name == "shortcut_";
      const Names taps = centred(part.kernel);
      all.push_back(
          {part.name + "weight",
           {part.out, part.kernel * part.kernel * part.in},
           true,
           {numbered(part.out),
            paired(paired(taps, taps),
                   from_input ? as_image(site_.names, site_.input).channels : numbered(part.in))}});
      for (ParameterSpec& spec : norm_parameters(part.name, part.out))
        all.push_back(std::move(spec));
    }
    return all;
  }
  [[nodiscard]] std::vector<ParameterSpec> buffers() const override {
    std::vector<ParameterSpec> all;
    for (const Part& part : parts())
      for (ParameterSpec& spec : norm_buffers(part.name, part.out)) all.push_back(std::move(spec));
    return all;
  }
  [[nodiscard]] bool needs_whole_batch() const override { return true; }
  void initialise(int slice, Rng& rng) override {
    for (std::size_t i = 0; i < convolutions_.size(); ++i) {
      initialise_weight(values_[3 * i][slice], Activation::kRelu, rng);
      values_[3 * i + 1][slice].fill_(1);
      running_[2 * i + 1][slice].fill_(1);
    }
  }

  at::Tensor forward(const at::Tensor& x, const Pass& pass) override {
    if (!x.is_cpu()) return AutogradLayer::forward(x, pass);
    x_ = as_runs(x, input_);
    for (std::size_t i = 0; i < convolutions_.size(); ++i) {
      const TapTable& taps = convolutions_[i].table();
      const std::array<std::int64_t, 3> shape{n_slices(), taps.places_out * taps.out, x_.size(2)};
      Result& result = results_[i];
      result.convolved = result.memory[0].get(shape, values_[0]);
      // In training the norm needs what the convolution gave until the backward pass.
      result.values = pass.training ? result.memory[1].get(shape, values_[0]) : result.convolved;
    }
    const std::size_t last = plan_.body.size() - 1;
    const at::Tensor y = results_[last].values;
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      for (std::size_t i = 0; i < convolutions_.size(); ++i) {
        const at::Tensor& z = results_[i].convolved;
        convolutions_[i].forward(runs_of(source(i), b), x_.size(2), values_[3 * i][b], nullptr,
                                 runs_of(z, b), kernels::Fused::kNone);
        norm(i, b).forward(z[b], arrays(values_, i, b), pass,
                           i < last ? kernels::Fused::kRelu : kernels::Fused::kNone,
                           results_[i].values[b]);
      }
      const at::Tensor from = plan_.shortcut.empty() ? slice_of(x_, b) : results_.back().values[b];
      y[b].add_(from).relu_();
    }
    return y;
  }

  at::Tensor backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                      bool need_dx) override {
    if (!x.is_cpu()) return AutogradLayer::backward(x, dy, pass, need_dx);
    const std::size_t last = plan_.body.size() - 1;
    const std::int64_t rows = x_.size(2);
    const at::Tensor d = as_runs(dy, gradient_);
    std::array<Buffer, 3>& scratch = site_.scratch->values;
    at::Tensor dx, other_dx;
    if (need_dx) {
      dx = site_.scratch->next_gradient().get({n_slices(), x_.size(1), rows}, values_[0]);
      if (!plan_.shortcut.empty()) other_dx = scratch[2].get({x_.size(1), rows}, values_[0]);
    }
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      through_relu(last, b, d[b]);
      // From the last part to the first, each reads one of two scratches and fills the other.
      at::Tensor of = scratch[0].get({d.size(1), rows}, values_[0]);
      of.copy_(d[b]);
      for (std::size_t i = last + 1; i-- > 0;) {
        at::Tensor before;
        if (i > 0)
          before = scratch[(last - i + 1) % 2].get({results_[i - 1].values.size(1), rows}, of);
        else if (need_dx)
          before = dx[b];
        through_part(i, b, of, before);
        if (i > 0) through_relu(i - 1, b, before);
        of = before;
      }
      at::Tensor direct = d[b];
      if (!plan_.shortcut.empty()) {
        through_part(last + 1, b, direct, other_dx);
        direct = other_dx;
      }
      if (need_dx) dx[b].add_(direct);
    }
    return need_dx ? dx.narrow(2, 0, x.size(2)) : dx;
  }

 protected:
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass& pass,
                                   std::span<const at::Tensor> values, bool keep) const override {
    const std::vector<Part> all = parts();
    const at::Tensor used = x.narrow(2, 0, std::min(x.size(2), pass.used_rows()));
    std::vector<at::Tensor> slices;
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      const auto through = [&](std::size_t i, const at::Tensor& h) {
        const int kernel = all[i].kernel;
        const at::Tensor weight =
            values[3 * i][b].unflatten(1, {kernel, kernel, all[i].in}).permute({0, 3, 1, 2});
        return batch_normed(convolved(h, weight, {}, {all[i].stride, 1}), arrays(values, i, b),
                            pass.training, keep);
      };
      const at::Tensor image = as_images(used, genome::as_image(site_.input), b);
      at::Tensor h = image;
      for (std::size_t i = 0; i < plan_.body.size(); ++i) h = through(i, i == 0 ? h : at::relu(h));
      const at::Tensor from = plan_.shortcut.empty() ? image : through(plan_.body.size(), image);
      slices.push_back(from_images(at::relu(h + from)));
    }
    return joined_slices(slices);
  }

 private:
  [[nodiscard]] std::vector<Part> parts() const {
    std::vector<Part> all = plan_.body;
    all.insert(all.end(), plan_.shortcut.begin(), plan_.shortcut.end());
    return all;
  }
  /// What part i of the body, or the shortcut, reads.
  [[nodiscard]] const at::Tensor& source(std::size_t i) const {
    return i == 0 || i == plan_.body.size() ? x_ : results_[i - 1].values;
  }
  [[nodiscard]] NormArrays arrays(std::span<const at::Tensor> values, std::size_t i,
                                  std::int64_t b) const {
    return {values[3 * i + 1][b], values[3 * i + 2][b], running_[2 * i][b], running_[2 * i + 1][b]};
  }
  BatchNorm& norm(std::size_t i, std::int64_t b) {
    return norms_[i * static_cast<std::size_t>(n_slices()) + static_cast<std::size_t>(b)];
  }
  /// d [size, rows] *= the derivative of what part i's relu gave.
  void through_relu(std::size_t i, std::int64_t b, const at::Tensor& d) const {
    kernels::through_activation(kernels::Fused::kRelu, runs_of(results_[i].values, b), runs_of(d),
                                d.size(0), d.size(1));
  }
  /// d [size, rows], the gradient of part i's norm, into that of what the part read: `before`, if
  /// that is defined.
  void through_part(std::size_t i, std::int64_t b, const at::Tensor& d, const at::Tensor& before) {
    norm(i, b).backward(d, arrays(values_, i, b), arrays(gradients_, i, b));
    convolutions_[i].backward(runs_of(source(i), b), runs_of(d), d.size(1), values_[3 * i][b],
                              gradients_[3 * i][b], {},
                              before.defined() ? runs_of(before) : kernels::Runs{});
  }

  /// What a convolution gives, and what its norm (and relu) makes of it.
  struct Result {
    std::array<Buffer, 2> memory;
    at::Tensor convolved, values;
  };
  Plan plan_;
  std::vector<TapConvolution> convolutions_;  ///< of the body, then the shortcut's
  std::vector<BatchNorm> norms_;              ///< [part, candidate]
  std::vector<Result> results_;               ///< of each part
  Buffer input_, gradient_;
  at::Tensor x_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const ResidualSpec> specs, const Site& site) {
  return std::make_unique<Residual>(specs, site);
}

std::string script_of(const ResidualSpec& spec, const std::string& prefix, const Site& site) {
  const Plan plan = plan_of(spec, site);
  genome::LayerShape image = genome::as_image(site.input);
  std::string text = script_to_images(site.input) + "    x = h\n";
  const auto through = [&](const Part& part, const genome::LayerShape& seen) {
    return script_of_taps(prefix + part.name, {part.out, part.kernel, part.kernel, part.in}) +
           script_of_convolution("w", "None", {part.kernel, part.kernel}, {part.stride, 1}, seen) +
           script_of_norm(prefix + part.name);
  };
  genome::LayerShape at = image;
  for (std::size_t i = 0; i < plan.body.size(); ++i) {
    if (i > 0) text += "    h = torch.relu(h)\n";
    text += through(plan.body[i], at);
    at.positions = (at.positions + plan.body[i].stride - 1) / plan.body[i].stride;
  }
  if (plan.shortcut.empty()) return text + "    h = torch.relu(h + x)\n" + script_from_images();
  return text + "    y = h\n    h = x\n" + through(plan.shortcut.front(), image) +
         "    h = torch.relu(h + y)\n" + script_from_images();
}

}  // namespace evofactor::net
