#include <ATen/ATen.h>

#include "genome/net/init.hpp"
#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/functional.hpp"
#include "genome/net/layers/kinds.hpp"

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

class Residual final : public AutogradLayer {
 public:
  Residual(std::span<const ResidualSpec> specs, const Site& site)
      : AutogradLayer(site), plan_(plan_of(specs.front(), site)) {}

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override {
    std::vector<ParameterSpec> all;
    for (const Part& part : parts()) {
      const bool from_input = part.name == "first_" || part.name == "shortcut_";
      const Names taps = centred(part.kernel);
      all.push_back({part.name + "weight",
                     {part.out, part.in, part.kernel, part.kernel},
                     true,
                     {numbered(part.out),
                      from_input ? as_image(site_.names, site_.input).channels : numbered(part.in),
                      taps, taps}});
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
    for (std::size_t i = 0; i < parts().size(); ++i) {
      initialise_weight(values_[3 * i][slice], Activation::kRelu, rng);
      values_[3 * i + 1][slice].fill_(1);
      running_[2 * i + 1][slice].fill_(1);
    }
  }

 protected:
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass& pass,
                                   std::span<const at::Tensor> values, bool keep) const override {
    const std::vector<Part> all = parts();
    const at::Tensor used = x.narrow(2, 0, std::min(x.size(2), pass.used_rows()));
    std::vector<at::Tensor> slices;
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      const auto through = [&](std::size_t i, const at::Tensor& h) {
        const at::Tensor z = convolved(h, values[3 * i][b], {}, {all[i].stride, 1});
        return batch_normed(z,
                            {values[3 * i + 1][b], values[3 * i + 2][b], running_[2 * i][b],
                             running_[2 * i + 1][b]},
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
  Plan plan_;
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
    return script_of_convolution("self." + prefix + part.name + "weight", "None",
                                 {part.kernel, part.kernel}, {part.stride, 1}, seen) +
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
