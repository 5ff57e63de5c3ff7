#include "genome/net/layers/convolution_layer.hpp"
#include "genome/net/layers/kinds.hpp"

namespace evofactor::net {

using genome::Conv1dSpec;

std::unique_ptr<Layer> make_layer(std::span<const Conv1dSpec> specs, const Site& site) {
  const Conv1dSpec& spec = specs.front();
  return std::make_unique<ConvolutionLayer>(
      site,
      causal_taps(site.input.depth(), spec.channels, site.input.positions, spec.kernel,
                  spec.dilation, spec.stride),
      paired(numbered(spec.kernel, spec.kernel - 1), site.names.depth()), activations_of(specs),
      spec.batch_norm, dropout_of(specs, site));
}

std::string script_of(const Conv1dSpec& spec, const std::string& prefix, const Site& site) {
  std::string text = fmt::format("    x = torch.reshape(h, [-1, {}, {}]).permute(0, 2, 1)\n",
                                 site.input.positions, site.input.depth()) +
                     script_of_causal(prefix, {site.input.depth(), spec.channels, spec.kernel,
                                               spec.dilation, spec.stride, site.input.positions});
  if (spec.batch_norm) text += script_of_norm(prefix);
  return text + fmt::format("    h = torch.flatten({}.permute(0, 2, 1), 1)\n",
                            script_of(spec.activation, "h"));
}

}  // namespace evofactor::net
