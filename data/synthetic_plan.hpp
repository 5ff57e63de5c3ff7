#pragma once
#include <string>
#include <vector>

#include "data/synthetic.hpp"

namespace evofactor {

inline constexpr int kIndustries = 28;
inline constexpr int kNeverHappens = 1 << 30;

/// What is settled about a stock before its first price.
struct StockPlan {
  std::string code;
  std::string name;
  int industry = 0;
  Date list_date = 0;
  int first_day = 0;             ///< day index of its first row; 0 for those listed before
  int last_day = kNeverHappens;  ///< of its last row
  int st_first = kNeverHappens;  ///< special treatment on days [st_first, st_last)
  int st_last = kNeverHappens;
  double beta = 1;
  double volatility = 0.02;  ///< of a day, idiosyncratic
  double size = 0;           ///< standardised logarithm of the float cap
  double first_price = 10;
  double float_shares = 1e9, total_shares = 2e9;
  double turnover = 0.01;   ///< typical share of the float traded on a day
  int dividend_offset = 0;  ///< trading days from a year's start to its ex-date
};

/// Weekdays from 2015-01-05 without the usual holidays.
[[nodiscard]] Calendar simulated_calendar(int days);
/// Plans in ascending order of code.
[[nodiscard]] std::vector<StockPlan> plan_stocks(const SimulationSettings& settings,
                                                 const Calendar& calendar);
[[nodiscard]] const std::vector<std::string>& simulated_industries();

}  // namespace evofactor
