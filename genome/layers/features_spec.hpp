#pragma once
#include "genome/layers/layer_kind.hpp"

namespace evofactor::genome {

/// AlphaNet's feature layer: seven operators over windows of `days` positions that do not overlap
/// (the last ends at the newest position): correlation and covariance of all pairs of rows,
/// standard deviation, mean / standard deviation, return over the window, linearly weighted mean
/// (newest heaviest) and mean of every row; batch norm with one scale and shift an operator. Rows
/// that do not fill a window are left out, 0.01 is added to denominators (to negative ones -0.01: a
/// day's return of -1 % would be divided by zero). Source: HuaTai Securities, AlphaNet, 2020.
struct FeaturesSpec {
  static constexpr std::string_view kKind = "features";
  static constexpr Role kRole = Role::kSequence;
  [[nodiscard]] static const std::vector<GeneOf<FeaturesSpec>>& genes();
  int days = 10;
  /// Rows it gives for `inputs` rows.
  [[nodiscard]] static int rows_out(int inputs) { return inputs * (inputs - 1) + 5 * inputs; }
  /// Positions a window holds of so many.
  [[nodiscard]] int window(int positions) const;
  bool operator==(const FeaturesSpec&) const = default;
};

[[nodiscard]] std::string text_of(const FeaturesSpec& spec);
[[nodiscard]] LayerShape output_shape(const FeaturesSpec& spec, LayerShape input, bool sequence);
[[nodiscard]] std::int64_t parameter_count(const FeaturesSpec& spec, LayerShape input);
[[nodiscard]] double forward_flops(const FeaturesSpec& spec, LayerShape input);

}  // namespace evofactor::genome
