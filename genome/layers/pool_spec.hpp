#pragma once
#include "genome/layers/layer_kind.hpp"

namespace evofactor::genome {

enum class PoolKind { kMax, kMean, kMin };
inline constexpr std::array<std::pair<std::string_view, PoolKind>, 3> kPoolKindNames{
    {{"max", PoolKind::kMax}, {"mean", PoolKind::kMean}, {"min", PoolKind::kMin}}};

/// Largest, mean or smallest value of each channel over windows of time (and rows, of an image).
/// Windows end at the newest position; the oldest may be shorter.
struct PoolSpec {
  static constexpr std::string_view kKind = "pool";
  static constexpr Role kRole = Role::kSequence;
  [[nodiscard]] static const std::vector<GeneOf<PoolSpec>>& genes();
  PoolKind kind = PoolKind::kMax;
  int days = 2;    ///< positions a window holds; 0: all
  int stride = 2;  ///< between windows
  int rows = 1;    ///< of an image, window and stride; 0: all
  bool operator==(const PoolSpec&) const = default;
};

[[nodiscard]] std::string text_of(const PoolSpec& spec);
[[nodiscard]] LayerShape output_shape(const PoolSpec& spec, LayerShape input, bool sequence);
[[nodiscard]] std::int64_t parameter_count(const PoolSpec& spec, LayerShape input);
[[nodiscard]] double forward_flops(const PoolSpec& spec, LayerShape input);

}  // namespace evofactor::genome
