#pragma once
#include "genome/layers/layer_kind.hpp"

namespace evofactor::genome {

/// Thought generator: a dense map of the state to `count` thoughts of `size`, combined by a
/// two-layer network (relu, then linear) of `units`, which is joined to the state. Source: LSTM
/// with Thoughts, 2018.
struct ThoughtsSpec {
  static constexpr std::string_view kKind = "thoughts";
  static constexpr Role kRole = Role::kFlat;
  [[nodiscard]] static const std::vector<GeneOf<ThoughtsSpec>>& genes();
  int count = 5;
  int size = 32;
  int units = 32;
  bool operator==(const ThoughtsSpec&) const = default;
};

[[nodiscard]] std::string text_of(const ThoughtsSpec& spec);
[[nodiscard]] LayerShape output_shape(const ThoughtsSpec& spec, LayerShape input, bool sequence);
[[nodiscard]] std::int64_t parameter_count(const ThoughtsSpec& spec, LayerShape input);
[[nodiscard]] double forward_flops(const ThoughtsSpec& spec, LayerShape input);

}  // namespace evofactor::genome
