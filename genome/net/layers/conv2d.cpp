#include "genome/net/layers/convolution_layer.hpp"
#include "genome/net/layers/kinds.hpp"

namespace evofactor::net {

using genome::Conv2dSpec;

std::unique_ptr<Layer> make_layer(std::span<const Conv2dSpec> specs, const Site& site) {
  const Conv2dSpec& spec = specs.front();
  const genome::LayerShape image = genome::as_image(site.input);
  return std::make_unique<ConvolutionLayer>(
      site,
      image_taps(image.channels, spec.channels, image, {spec.kernel_days, spec.kernel_rows},
                 {spec.stride_days, spec.stride_rows}),
      paired(paired(centred(spec.kernel_days), centred(spec.kernel_rows)),
             as_image(site.names, site.input).channels),
      activations_of(specs), spec.batch_norm, dropout_of(specs, site));
}

std::string script_of(const Conv2dSpec& spec, const std::string& prefix, const Site& site) {
  const genome::LayerShape image = genome::as_image(site.input);
  std::string text =
      script_to_images(site.input) +
      script_of_taps(prefix, {spec.channels, spec.kernel_days, spec.kernel_rows, image.channels}) +
      script_of_convolution("w", "self." + prefix + "bias", {spec.kernel_days, spec.kernel_rows},
                            {spec.stride_days, spec.stride_rows}, image);
  if (spec.batch_norm) text += script_of_norm(prefix);
  return text + fmt::format("    h = {}\n", script_of(spec.activation, "h")) + script_from_images();
}

}  // namespace evofactor::net
