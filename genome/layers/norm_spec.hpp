#pragma once
#include "genome/layers/layer_kind.hpp"

namespace evofactor::genome {

enum class NormKind { kBatch, kLayer };
inline constexpr std::array<std::pair<std::string_view, NormKind>, 2> kNormKindNames{
    {{"batch", NormKind::kBatch}, {"layer", NormKind::kLayer}}};

/// Normalisation with a scale and a shift a channel: batch, over stocks and places of the batch's
/// days (running statistics outside training); layer, over the channels of each place.
struct NormSpec {
  static constexpr std::string_view kKind = "norm";
  static constexpr Role kRole = Role::kAny;
  [[nodiscard]] static const std::vector<GeneOf<NormSpec>>& genes();
  NormKind kind = NormKind::kBatch;
  bool shared = false;  ///< batch: one mean, deviation, scale and shift for all channels
  bool operator==(const NormSpec&) const = default;
};

[[nodiscard]] std::string text_of(const NormSpec& spec);
[[nodiscard]] LayerShape output_shape(const NormSpec& spec, LayerShape input, bool sequence);
[[nodiscard]] std::int64_t parameter_count(const NormSpec& spec, LayerShape input);
[[nodiscard]] double forward_flops(const NormSpec& spec, LayerShape input);

}  // namespace evofactor::genome
