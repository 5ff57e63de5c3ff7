#pragma once
#include "genome/layers/layer_kind.hpp"

namespace evofactor::genome {

/// Long short-term memory over the positions, oldest first, from a state of zeros; hands on its
/// last state, or all of them to a layer that reads places. Source: Hochreiter and Schmidhuber
/// 1997.
struct LstmSpec {
  static constexpr std::string_view kKind = "lstm";
  static constexpr Role kRole = Role::kSequence;
  [[nodiscard]] static const std::vector<GeneOf<LstmSpec>>& genes();
  int units = 32;
  double dropout = 0;
  bool operator==(const LstmSpec&) const = default;
};

[[nodiscard]] std::string text_of(const LstmSpec& spec);
[[nodiscard]] LayerShape output_shape(const LstmSpec& spec, LayerShape input, bool sequence);
[[nodiscard]] std::int64_t parameter_count(const LstmSpec& spec, LayerShape input);
[[nodiscard]] double forward_flops(const LstmSpec& spec, LayerShape input);

}  // namespace evofactor::genome
