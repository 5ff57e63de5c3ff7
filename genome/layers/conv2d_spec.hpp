#pragma once
#include "genome/layers/layer_kind.hpp"

namespace evofactor::genome {

/// Convolution over rows x time (fields x days, at first) with zeros around, so that only strides
/// shrink it. A series is seen as an image of one channel. Batch norm (if on), activation, dropout.
struct Conv2dSpec {
  static constexpr std::string_view kKind = "conv2d";
  static constexpr Role kRole = Role::kSequence;
  [[nodiscard]] static const std::vector<GeneOf<Conv2dSpec>>& genes();
  int channels = 16;
  int kernel_rows = 3;
  int kernel_days = 3;
  int stride_rows = 1;
  int stride_days = 1;
  Activation activation = Activation::kRelu;
  bool batch_norm = false;
  double dropout = 0;
  bool operator==(const Conv2dSpec&) const = default;
};

[[nodiscard]] std::string text_of(const Conv2dSpec& spec);
[[nodiscard]] LayerShape output_shape(const Conv2dSpec& spec, LayerShape input, bool sequence);
[[nodiscard]] std::int64_t parameter_count(const Conv2dSpec& spec, LayerShape input);
[[nodiscard]] double forward_flops(const Conv2dSpec& spec, LayerShape input);

}  // namespace evofactor::genome
