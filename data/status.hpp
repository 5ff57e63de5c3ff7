#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/panel.hpp"

namespace evofactor {

struct NameChange {
  int stock = 0;  ///< index into Panel::stocks
  Date start = 0;
  std::string name;
};

/// What a stock's status is derived from, beside its prices.
struct StatusSources {
  std::vector<NameChange> names;  ///< any order; empty: nobody is ST
  std::vector<Date> list_dates;   ///< [N] 0 = unknown; empty: all unknown
};

/// True for names beginning ST, *ST, SST, S*ST (a bare S is not).
[[nodiscard]] bool is_special_treatment(std::string_view name);

/// Fills st, listed_days, limit_up and limit_down of every day from raw prices, adj_factor, names
/// and listing dates, by the rules of the exchanges (docs/data.md, "Status, suspended days, labels
/// and masks").
void fill_status(Panel& panel, const StatusSources& sources);

/// Listed days of a stock without a known listing date whose first row is the panel's first day
/// start here.
inline constexpr int kLongListed = 10000;

/// Daily limit in percent of the reference price on the `listed_day`-th market day since listing (1
/// = first): 5, 10, 20 or 30; none on days without a limit and for codes of other exchanges than
/// .SH, .SZ, .BJ.
[[nodiscard]] std::optional<int> limit_percent(std::string_view code, Date date, bool st,
                                               int listed_day);

/// Limit price: close x ratio x (1 + percent / 100), rounded half up to 0.01.
/// @param close    last traded raw close, however old
/// @param ratio    adj_factor of that day / adj_factor of today
/// @param percent  signed: 10 for the upper limit of a 10 % stock, -10 for the lower
/// Half a cent is told from its neighbours although f32 prices and factors of six decimals are
/// inexact.
[[nodiscard]] double limit_price(double close, double ratio, int percent);

/// True if the raw price is at the limit: the same cent. False where either is NaN.
[[nodiscard]] inline bool at_limit(float price, float limit) {
  const double distance = static_cast<double>(price) - static_cast<double>(limit);
  return distance < 0.005 && distance > -0.005;
}

}  // namespace evofactor
