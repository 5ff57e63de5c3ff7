#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "data/market.hpp"

namespace evofactor::fitness {

/// Names and formulas of the known styles that the market's fields can give.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> style_formulas(const Market& market);

/// What is left of a factor once known styles are taken out: per day, the residual of its centred
/// ranks in a least-squares fit on the centred ranks of 20-day mean traded value, 60-day
/// volatility, 5-, 20- and 120-day return and, where the market has float_cap, size (missing = 0),
/// and on industries where they are known (groups under 3 join the unknown ones). Styles are known
/// at the day's close. Industries are what the panel holds: a single snapshot, if that is what it
/// was given, which may postdate the day.
class StyleNeutraliser {
 public:
  /// Computes and factorises the styles over the scored stocks (labels' mask) of each day of
  /// `days`.
  /// @param with_industry whether industries are among the styles
  StyleNeutraliser(const Market& market, const Labels& labels, DayRange days,
                   bool with_industry = true);

  /// Residuals on the days that `factor` and the neutraliser share; NaN where the factor is missing
  /// and outside the mask. The fit is over the stocks that have a value. A day on which less than 1
  /// % of the factor's spread is left (the factor is a style itself) is all 0, so that a score
  /// skips it instead of ranking rounding errors. Safe to call from many threads. Deterministic.
  [[nodiscard]] FactorValues operator()(const FactorValues& factor) const;

  /// "traded_value_20", "volatility_60", "return_5", "return_20", "return_120" and, where they are
  /// known, "size" and "industry".
  [[nodiscard]] const std::vector<std::string>& styles() const { return names_; }

 private:
  /// What a day's stocks are regressed on: group means first, then the styles within groups.
  struct Basis {
    std::vector<std::int16_t> groups;  ///< [n] 0 to n_groups - 1, small ones merged
    int n_groups = 0;
    int rank = 0;
    std::vector<double> columns;  ///< [rank][n] orthonormal, each summing to 0 in every group
  };
  struct Day {
    std::vector<std::int32_t> stocks;      ///< [n] scored, ascending
    std::vector<std::int16_t> industries;  ///< [n] -1 = unknown
    std::vector<double> exposures;         ///< [styles][n] centred ranks
    Basis basis;                           ///< of all of them
  };
  [[nodiscard]] static Basis make_basis(const Day& day, const std::vector<std::int32_t>& positions);

  DayRange days_;
  std::vector<std::string> names_;
  std::vector<Day> per_day_;
};

}  // namespace evofactor::fitness
