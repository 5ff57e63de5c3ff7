#include "genome/net/layers/convolution_layer.hpp"
#include "genome/net/layers/kinds.hpp"

namespace evofactor::net {

using genome::DenseSpec;

std::unique_ptr<Layer> make_layer(std::span<const DenseSpec> specs, const Site& site) {
  return std::make_unique<ConvolutionLayer>(
      site, TapTable{site.input.size(), specs.front().units, 1, 1, 1, {0}}, site.names.all(),
      activations_of(specs), specs.front().batch_norm, dropout_of(specs, site));
}

std::string script_of(const DenseSpec& spec, const std::string& prefix, const Site&) {
  std::string text =
      fmt::format("    h = torch.matmul(h, self.{0}weight.t()) + self.{0}bias\n", prefix);
  if (spec.batch_norm) text += script_of_norm(prefix);
  return text + fmt::format("    h = {}\n", script_of(spec.activation, "h"));
}

}  // namespace evofactor::net
