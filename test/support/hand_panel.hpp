#pragma once
#include <fmt/format.h>

#include <string>
#include <vector>

#include "data/market.hpp"
#include "data/panel.hpp"
#include "data/status.hpp"

namespace evofactor::test {

/// Consecutive trading days from 2019-01-01 on, weekends left out.
inline Calendar weekdays(int n, Date first = 20190101) {
  std::vector<Date> days;
  for (Date date = first; static_cast<int>(days.size()) < n; ++date) {
    try {
      if ((days_since_epoch(parse_date(std::to_string(date))) + 3) % 7 < 5) days.push_back(date);
    } catch (const DataError&) {
      continue;  // 20190132 and its like
    }
  }
  return Calendar(std::move(days));
}

/// A panel written by hand: every stock trades every day at `price` all day, 1000 shares, until
/// told otherwise. Everyone is a member of csi800.
class HandPanel {
 public:
  HandPanel(std::vector<std::string> stocks, int days, Date first = 20190101) {
    const auto rows = static_cast<std::size_t>(days), columns = stocks.size();
    panel.calendar = weekdays(days, first);
    panel.stocks = std::move(stocks);
    panel.industry.assign(columns, -1);
    for (const char* field : {"open", "high", "low", "close", "vwap"})
      panel.fields[field] = Grid<float>(rows, columns, 10.0F);
    panel.fields["volume"] = Grid<float>(rows, columns, 1000.0F);
    panel.fields["adj_factor"] = Grid<float>(rows, columns, 1.0F);
    panel.universes["csi800"] = Grid<std::uint8_t>(rows, columns, 1);
  }
  float& at(const char* field, int day, int stock = 0) {
    return panel.fields.at(field)(static_cast<std::size_t>(day), static_cast<std::size_t>(stock));
  }
  /// All prices of the day.
  void price(int day, float value, int stock = 0) {
    for (const char* field : {"open", "high", "low", "close", "vwap"})
      at(field, day, stock) = value;
  }
  /// No rows on days [first, last).
  void suspend(int first, int last, int stock = 0) {
    for (auto& [name, grid] : panel.fields)
      for (int d = first; d < last; ++d)
        grid(static_cast<std::size_t>(d), static_cast<std::size_t>(stock)) = kMissing;
  }
  Panel& with_status(const StatusSources& sources = {}) {
    fill_status(panel, sources);
    return panel;
  }
  Panel panel;
};

}  // namespace evofactor::test
