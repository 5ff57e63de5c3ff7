#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/grid.hpp"

namespace evofactor {

/// A date as yyyymmdd; 0 = none.
using Date = std::int32_t;
/// "2011-01-04" or "20110104" -> 20110104. @throws DataError if it is no date
[[nodiscard]] Date parse_date(std::string_view text);
/// 20110104 -> "2011-01-04"
[[nodiscard]] std::string to_string(Date date);
/// Calendar days since 1970-01-01; for time axes and differences.
[[nodiscard]] int days_since_epoch(Date date);

/// Trading days of the market, ascending.
class Calendar {
 public:
  Calendar() = default;
  explicit Calendar(std::vector<Date> days) : days_(std::move(days)) {}
  [[nodiscard]] int size() const { return static_cast<int>(days_.size()); }
  [[nodiscard]] Date operator[](int day) const { return days_[static_cast<std::size_t>(day)]; }
  [[nodiscard]] const std::vector<Date>& days() const { return days_; }
  /// Index of the first trading day on or after `date`; size() if none.
  [[nodiscard]] int at_or_after(Date date) const;
  /// Index of the last trading day on or before `date`; -1 if none.
  [[nodiscard]] int at_or_before(Date date) const;
  bool operator==(const Calendar&) const = default;

 private:
  std::vector<Date> days_;
};

/// Levels of a market index; NaN where the index has no row.
struct IndexSeries {
  std::vector<double> open, high, low, close, volume;  ///< [D]
};

/// Raw market data of D trading days x N stocks, as imported: nothing filled, nothing adjusted.
struct Panel {
  Calendar calendar;
  std::vector<std::string> stocks;  ///< "600519.SH", ascending
  /// [D, N] raw values, NaN = missing (the stock did not trade): always open high low close volume
  /// (CNY, shares); where known vwap amount adj_factor float_shares total_shares.
  std::map<std::string, Grid<float>> fields;
  std::map<std::string, Grid<std::uint8_t>>
      universes;          ///< [D, N] 1 = member on that day; "all" is implied
  Grid<std::uint8_t> st;  ///< [D, N] 1 = under special treatment (ST, *ST, SST, S*ST)
  Grid<std::int32_t>
      listed_days;       ///< [D, N] market days since listing, day 1 = first; 0 = not listed yet
  Grid<float> limit_up;  ///< [D, N] raw limit price of the day; NaN = no limit
  Grid<float> limit_down;
  std::vector<std::int16_t> industry;  ///< [N] index into industry_names, -1 = unknown
  std::vector<std::string> industry_names;
  std::map<std::string, IndexSeries> indices;
  std::uint64_t fingerprint =
      0;               ///< of the whole stored panel, also when only some days of it were read
  std::string source;  ///< what it was imported from
  std::vector<std::string>
      notes;  ///< what users of the data must know (open memberships, industry snapshot, ...)

  [[nodiscard]] int n_days() const { return calendar.size(); }
  [[nodiscard]] int n_stocks() const { return static_cast<int>(stocks.size()); }
  /// The raw field. @throws DataError naming it and those there are
  [[nodiscard]] const Grid<float>& field(const std::string& name) const;
  [[nodiscard]] bool has(const std::string& name) const { return fields.contains(name); }
  /// Traded: a close is there.
  [[nodiscard]] bool traded(int day, int stock) const {
    const float c =
        fields.at("close")(static_cast<std::size_t>(day), static_cast<std::size_t>(stock));
    return c == c;
  }
};

}  // namespace evofactor
