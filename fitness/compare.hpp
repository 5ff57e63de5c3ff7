#pragma once
#include <span>
#include <vector>

#include "data/panel.hpp"
#include "engine/core/ids.hpp"
#include "engine/core/json.hpp"

namespace evofactor::fitness {

/// One day of a method's daily rank IC, from one fold.
struct SeriesPoint {
  int fold = 0;
  Date date = 0;
  double value = 0;  ///< NaN = the day was skipped
};

struct BootstrapSettings {
  int horizon = 5;     ///< days a label spans: neighbouring days share returns
  int block_days = 0;  ///< mean length of a block; 0: max(2 x horizon, 20)
  int resamples = 2000;
  double level = 0.95;  ///< of the interval
  Seed seed{20};
};

struct PairedDifference {
  double mean = 0;           ///< of a - b over common days; NaN if there are none
  double low = 0, high = 0;  ///< percentile interval of the mean; NaN below 2 days
  int days = 0;              ///< on which both have a value
  int block_days = 0;
};

/// Difference of two methods' daily series, matched by fold and date, with a stationary-bootstrap
/// interval (blocks of geometric length over the matched days in order, wrapping around).
/// Deterministic for a seed. Source: Politis and Romano 1994, Journal of the American Statistical
/// Association 89, 1303.
[[nodiscard]] PairedDifference paired_difference(std::span<const SeriesPoint> a,
                                                 std::span<const SeriesPoint> b,
                                                 const BootstrapSettings& settings = {});

/// Day by day mean of several series (the seeds of a method): days on which all have a value, in
/// order.
[[nodiscard]] std::vector<SeriesPoint> mean_series(
    std::span<const std::vector<SeriesPoint>> series);

/// Over seeds or folds.
struct Spread {
  double mean = 0;  ///< NaN if n = 0
  double std = 0;   ///< n - 1; NaN if n < 2
  int n = 0;        ///< values that are not NaN
};
[[nodiscard]] Spread spread_of(std::span<const double> values);

/// {"mean","low","high","days","block_days"}
[[nodiscard]] Json to_json(const PairedDifference& difference);

}  // namespace evofactor::fitness
