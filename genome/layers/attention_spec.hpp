#pragma once
#include "genome/layers/layer_kind.hpp"

namespace evofactor::genome {

/// Self-attention encoder: a linear map of each position to `units` plus sinusoidal positions, then
/// `blocks` of multi-head attention and a feed-forward part with relu, each added to its input and
/// layer-normed. Hands on its last position, or all of them to a layer that reads places.
/// Source: Vaswani et al. 2017.
struct AttentionSpec {
  static constexpr std::string_view kKind = "attention";
  static constexpr Role kRole = Role::kSequence;
  [[nodiscard]] static const std::vector<GeneOf<AttentionSpec>>& genes();
  int units = 32;
  int heads = 4;  ///< as many as divide `units`, at most this
  int feed_forward = 64;
  int blocks = 1;
  double dropout = 0;
  [[nodiscard]] int heads_used() const;
  bool operator==(const AttentionSpec&) const = default;
};

[[nodiscard]] std::string text_of(const AttentionSpec& spec);
[[nodiscard]] LayerShape output_shape(const AttentionSpec& spec, LayerShape input, bool sequence);
[[nodiscard]] std::int64_t parameter_count(const AttentionSpec& spec, LayerShape input);
[[nodiscard]] double forward_flops(const AttentionSpec& spec, LayerShape input);

}  // namespace evofactor::genome
