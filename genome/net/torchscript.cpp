#include "genome/net/torchscript.hpp"

#include <torch/script.h>

#include <algorithm>

#include "engine/core/error.hpp"
#include "genome/net/layers/layer_chain.hpp"
#include "genome/shape.hpp"

namespace evofactor::net {
namespace {

/// Attribute name of an array: TorchScript names hold no dots.
std::string attribute(const std::string& name) {
  std::string text = name;
  std::ranges::replace(text, '.', '_');
  return text;
}

}  // namespace

void save_torchscript(const std::filesystem::path& file, const genome::NetGenome& genome,
                      const NetState& state) {
  torch::jit::Module module("Factor");
  for (const NamedArray& array : state.arrays) {
    // Weights are already zero where the mask is; those it started from play no part.
    if (array.name == "mask" || array.name.starts_with("start.")) continue;
    const at::Tensor values =
        at::from_blob(const_cast<float*>(array.values.data()), array.shape, at::kFloat).clone();
    module.register_buffer(attribute(array.name), values);
  }
  for (const auto* needed : {"input.mean", "input.scale", "output.weight", "output.bias"})
    (void)state.at(needed);
  const genome::LayerShape input = genome::shape_of(genome).input;
  const std::string script =
      "def forward(self, x):\n"
      "    h = torch.flatten((x.permute(0, 2, 1) - self.input_mean) * self.input_scale, 1)\n" +
      script_of(genome.layers, "", input) +
      "    h = torch.matmul(h, self.output_weight.t()) + self.output_bias\n"
      "    return torch.squeeze(h, 1)\n";
  module.define(script);
  module.eval();
  try {
    module.save(file.string());
  } catch (const std::exception& e) {
    throw StoreError(fmt::format("cannot write {}: {}", file.string(), e.what()));
  }
}

}  // namespace evofactor::net
