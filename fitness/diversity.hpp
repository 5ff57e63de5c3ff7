#pragma once
#include <cstdint>
#include <limits>
#include <span>

#include "engine/core/grid.hpp"
#include "engine/core/json.hpp"
#include "fitness/factor_map.hpp"

namespace evofactor::fitness {

/// How much the factors of a pool differ.
struct Diversity {
  /// Mean distance of the centres of k groups (factor_map.hpp); NaN with fewer than two factors
  /// that can be compared.
  double value = std::numeric_limits<double>::quiet_NaN();
  int k = 0;     ///< groups asked for
  int days = 0;  ///< on which factors were compared
  /// Mean over pairs of the size of their mean daily rank correlation; NaN with fewer than two.
  double mean_correlation = std::numeric_limits<double>::quiet_NaN();
};

/// @param factors cover `days` @param mask [D, N] stocks that are ranked
/// @param min_stocks two factors must share on a day for it to count in `value`
/// Source: Fang et al. 2020, Neural network-based automatic factor construction, eq. 18 and 19.
[[nodiscard]] Diversity diversity(std::span<const FactorValues> factors,
                                  const Grid<std::uint8_t>& mask, DayRange days, int min_stocks,
                                  int k = kFactorGroups);

/// {"value","k","days","mean_correlation"}
[[nodiscard]] Json to_json(const Diversity& diversity);

}  // namespace evofactor::fitness
