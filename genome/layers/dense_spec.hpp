#pragma once
#include "genome/layers/layer_kind.hpp"

namespace evofactor::genome {

/// Fully connected layer: flattens what comes in, then x W + b, batch norm (if on), activation,
/// dropout.
struct DenseSpec {
  static constexpr std::string_view kKind = "dense";
  static constexpr Role kRole = Role::kFlat;
  [[nodiscard]] static const std::vector<GeneOf<DenseSpec>>& genes();
  int units = 64;
  Activation activation = Activation::kTanh;
  bool batch_norm = false;
  double dropout = 0;
  bool operator==(const DenseSpec&) const = default;
};

[[nodiscard]] std::string text_of(const DenseSpec& spec);
[[nodiscard]] LayerShape output_shape(const DenseSpec& spec, LayerShape input, bool sequence);
[[nodiscard]] std::int64_t parameter_count(const DenseSpec& spec, LayerShape input);
[[nodiscard]] double forward_flops(const DenseSpec& spec, LayerShape input);

}  // namespace evofactor::genome
