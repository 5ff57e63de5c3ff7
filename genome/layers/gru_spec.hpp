#pragma once
#include "genome/layers/layer_kind.hpp"

namespace evofactor::genome {

/// Gated recurrent unit over the positions, oldest first, from a state of zeros; hands on its last
/// state, or all of them to a layer that reads places. Source: Cho et al. 2014.
struct GruSpec {
  static constexpr std::string_view kKind = "gru";
  static constexpr Role kRole = Role::kSequence;
  [[nodiscard]] static const std::vector<GeneOf<GruSpec>>& genes();
  int units = 32;
  double dropout = 0;
  bool operator==(const GruSpec&) const = default;
};

[[nodiscard]] std::string text_of(const GruSpec& spec);
[[nodiscard]] LayerShape output_shape(const GruSpec& spec, LayerShape input, bool sequence);
[[nodiscard]] std::int64_t parameter_count(const GruSpec& spec, LayerShape input);
[[nodiscard]] double forward_flops(const GruSpec& spec, LayerShape input);

}  // namespace evofactor::genome
