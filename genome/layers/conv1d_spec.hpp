#pragma once
#include "genome/layers/layer_kind.hpp"

namespace evofactor::genome {

/// Causal convolution over time: position p sees p, p - dilation, …; places before the window are
/// zero. With a stride, every stride-th position counted back from the newest. Batch norm (if on),
/// activation, dropout.
struct Conv1dSpec {
  static constexpr std::string_view kKind = "conv1d";
  static constexpr Role kRole = Role::kSequence;
  [[nodiscard]] static const std::vector<GeneOf<Conv1dSpec>>& genes();
  int channels = 16;
  int kernel = 3;  ///< positions
  int dilation = 1;
  int stride = 1;
  Activation activation = Activation::kRelu;
  bool batch_norm = false;
  double dropout = 0;
  bool operator==(const Conv1dSpec&) const = default;
};

[[nodiscard]] std::string text_of(const Conv1dSpec& spec);
[[nodiscard]] LayerShape output_shape(const Conv1dSpec& spec, LayerShape input, bool sequence);
[[nodiscard]] std::int64_t parameter_count(const Conv1dSpec& spec, LayerShape input);
[[nodiscard]] double forward_flops(const Conv1dSpec& spec, LayerShape input);

}  // namespace evofactor::genome
