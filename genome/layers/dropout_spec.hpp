#pragma once
#include "genome/layers/layer_kind.hpp"

namespace evofactor::genome {

/// Sets a share of values to zero while training and scales the others up.
struct DropoutSpec {
  static constexpr std::string_view kKind = "dropout";
  static constexpr Role kRole = Role::kAny;
  [[nodiscard]] static const std::vector<GeneOf<DropoutSpec>>& genes();
  double share = 0.2;
  bool operator==(const DropoutSpec&) const = default;
};

[[nodiscard]] std::string text_of(const DropoutSpec& spec);
[[nodiscard]] LayerShape output_shape(const DropoutSpec& spec, LayerShape input, bool sequence);
[[nodiscard]] std::int64_t parameter_count(const DropoutSpec& spec, LayerShape input);
[[nodiscard]] double forward_flops(const DropoutSpec& spec, LayerShape input);

}  // namespace evofactor::genome
