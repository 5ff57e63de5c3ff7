#pragma once
#include "genome/layers/layer_kind.hpp"

namespace evofactor::genome {

/// Residual block over rows x time: two 3 x 3 convolutions, or as a bottleneck 1 x 1, 3 x 3 and
/// 1 x 1 with four times the channels, each batch-normed; added to the input (through a
/// batch-normed 1 x 1 convolution where the shapes differ), relu. The stride applies to time only.
/// Source: He et al. 2016.
struct ResidualSpec {
  static constexpr std::string_view kKind = "residual";
  static constexpr Role kRole = Role::kSequence;
  [[nodiscard]] static const std::vector<GeneOf<ResidualSpec>>& genes();
  int channels = 16;
  int stride = 1;
  bool bottleneck = false;
  [[nodiscard]] int channels_out() const { return bottleneck ? 4 * channels : channels; }
  bool operator==(const ResidualSpec&) const = default;
};

[[nodiscard]] std::string text_of(const ResidualSpec& spec);
[[nodiscard]] LayerShape output_shape(const ResidualSpec& spec, LayerShape input, bool sequence);
[[nodiscard]] std::int64_t parameter_count(const ResidualSpec& spec, LayerShape input);
[[nodiscard]] double forward_flops(const ResidualSpec& spec, LayerShape input);

}  // namespace evofactor::genome
