#pragma once
#include <string_view>
#include <vector>

#include "data/market.hpp"
#include "engine/core/json.hpp"

namespace evofactor::fitness {

/// What stocks of high and low factor values earned. Quantile 0 holds the lowest values.
struct QuantileReturns {
  int n = 0;                        ///< quantiles
  std::vector<double> mean_excess;  ///< [n] mean over days of `daily`; NaN if never filled
  std::vector<int> days;            ///< of the calendar; those with enough stocks
  std::vector<std::vector<double>> cumulative;  ///< [n][days] running sum of the excess / horizon
};

struct QuantileSettings {
  int n = 0;            ///< 0: 10, or 5 when days have fewer than 200 stocks on average
  int min_stocks = 30;  ///< days with fewer scored stocks, or a constant factor, are left out
  int horizon = 5;      ///< days the label spans
};

/// Per day, the mean label of each quantile of the factor over the mask's stocks, in excess of the
/// mean over the whole mask. Equal values are in one quantile, so a factor with many ties may leave
/// some empty on a day: no excess then.
[[nodiscard]] QuantileReturns quantile_returns(const FactorValues& factor, const Labels& labels,
                                               DayRange days, const QuantileSettings& settings);

/// {"n","part","mean_excess","dates","cumulative"}
[[nodiscard]] Json to_json(const QuantileReturns& returns, const Calendar& calendar,
                           std::string_view part);

}  // namespace evofactor::fitness
