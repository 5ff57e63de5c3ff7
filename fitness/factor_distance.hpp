#pragma once
#include <cstdint>
#include <span>

#include "engine/core/grid.hpp"

namespace evofactor::fitness {

/// How differently factors weigh the stocks of a day, in nats, as means over days; NaN where two
/// factors share no day.
struct FactorDistances {
  int days = 0;  ///< on which any factor could be compared
  /// [K, K] of row f1 to column f2: sum of softmax(f1) log(1 / softmax(f2)). Not symmetric; the
  /// diagonal is the entropy of a factor's own softmax.
  Grid<double> cross_entropy;
  /// [K, K] square root of what the cross-entropies of f1 to f2 and of f2 to f1 exceed the
  /// entropies by, averaged over both directions. Symmetric, 0 on the diagonal. The excess grows as
  /// the square of a difference in ranks does, so its root is a length.
  Grid<double> distance;
};

/// On each day a factor's values become centred average ranks over the mask's stocks that it has a
/// finite value of, scaled as untied ranks are to a standard deviation of 1 (ties draw values
/// together), then a softmax. Two factors are compared over the stocks that both have, where both
/// softmaxes are made to sum to 1: a missing value is no value, and moves no rank of another
/// factor. A constant factor weighs all stocks alike. Deterministic for any number of threads.
/// @param factors cover `days`
/// @param mask [D, N] stocks that are ranked
/// @param min_stocks that both must have on a day for it to count
/// Source: Fang et al. 2020, Neural network-based automatic factor construction, eq. 18. There
/// neither the normalisation nor missing values are told.
[[nodiscard]] FactorDistances factor_distances(std::span<const FactorView> factors,
                                               const Grid<std::uint8_t>& mask, DayRange days,
                                               int min_stocks = 30);

}  // namespace evofactor::fitness
