#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "data/market.hpp"
#include "engine/core/grid.hpp"

namespace evofactor::fitness {

/// [D, N] members of the universe that trade on the day: what a combined factor is ranked over.
/// Known at the day's close, unlike the mask that scores it.
[[nodiscard]] Grid<std::uint8_t> rankable(const Market& market);

/// Adds factors up one at a time, so that a large pool needs the memory of one.
/// Each factor enters as centred ranks in [-1, 1] over `mask` (ranks.hpp), times its sign and
/// weight; missing is 0.
class Combiner {
 public:
  /// @param mask [D, N] stocks that are ranked; must outlive the combiner
  Combiner(const Grid<std::uint8_t>& mask, DayRange days);
  /// @param factor must cover `days`
  /// @param weight finite; a negative one turns the factor around
  void add(const FactorValues& factor, int sign, double weight = 1);
  /// Weighted mean of what was added, by the sizes of the weights; NaN where no factor has a value,
  /// outside the mask, and everywhere if all weights are 0.
  [[nodiscard]] FactorValues result() const;

 private:
  const Grid<std::uint8_t>& mask_;
  DayRange days_;
  Grid<float> sum_;               ///< [days, N] of weight x sign x rank
  Grid<std::uint8_t> has_value_;  ///< [days, N]
  double weight_ = 0;
};

/// Combiner over factors held in memory. `signs` and `weights` are as many as factors; no weights
/// means equal ones.
[[nodiscard]] FactorValues combine(std::span<const FactorValues> factors,
                                   std::span<const int> signs, std::span<const double> weights,
                                   const Grid<std::uint8_t>& mask, DayRange days);

}  // namespace evofactor::fitness
