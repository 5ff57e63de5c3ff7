#include <ATen/ATen.h>

#include "genome/net/init.hpp"
#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/functional.hpp"
#include "genome/net/layers/kinds.hpp"

namespace evofactor::net {
namespace {

using genome::Conv2dSpec;

/// weight [channels, channels in, kernel_days, kernel_rows]
class Conv2d final : public AutogradLayer {
 public:
  Conv2d(std::span<const Conv2dSpec> specs, const Site& site)
      : AutogradLayer(site),
        spec_(specs.front()),
        image_(genome::as_image(site.input)),
        dropout_{{}, site.dropout_seeds} {
    for (const Conv2dSpec& spec : specs) dropout_.rates.push_back(spec.dropout);
  }

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override {
    std::vector<ParameterSpec> all{
        {"weight", {spec_.channels, image_.channels, spec_.kernel_days, spec_.kernel_rows}, true},
        {"bias", {spec_.channels}, false}};
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

 protected:
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass& pass,
                                   std::span<const at::Tensor> values, bool keep) const override {
    std::vector<at::Tensor> slices;
    const at::Tensor used = x.narrow(2, 0, std::min(x.size(2), pass.used_rows()));
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      at::Tensor z = convolved(as_images(used, image_, b), values[0][b], values[1][b],
                               {spec_.stride_days, spec_.stride_rows});
      if (spec_.batch_norm)
        z = batch_normed(z, {values[2][b], values[3][b], running_[0][b], running_[1][b]},
                         pass.training, keep);
      slices.push_back(from_images(activated(z, spec_.activation)));
    }
    return dropout_.applied(joined_slices(slices), pass);
  }

 private:
  Conv2dSpec spec_;
  genome::LayerShape image_;
  Dropout dropout_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const Conv2dSpec> specs, const Site& site) {
  return std::make_unique<Conv2d>(specs, site);
}

std::string script_of(const Conv2dSpec& spec, const std::string& prefix, const Site& site) {
  std::string text =
      script_to_images(site.input) +
      script_of_convolution(prefix + "weight", "self." + prefix + "bias",
                            {spec.kernel_days, spec.kernel_rows},
                            {spec.stride_days, spec.stride_rows}, genome::as_image(site.input));
  if (spec.batch_norm) text += script_of_norm(prefix);
  return text + fmt::format("    h = {}\n", script_of(spec.activation, "h")) + script_from_images();
}

}  // namespace evofactor::net
