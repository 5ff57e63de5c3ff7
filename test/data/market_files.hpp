#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "data/import.hpp"
#include "data/panel.hpp"
#include "engine/core/rng.hpp"
#include "test/support/temporary_folder.hpp"

namespace evofactor::test {

/// One row of a long table.
struct Bar {
  Date date = 0;
  std::string code;
  double open = 0, high = 0, low = 0, close = 0, volume = 0, vwap = 0, adj_factor = 1;
};

/// Weekdays from a Monday on, without holidays.
inline std::vector<Date> weekdays(int n) {
  std::vector<Date> days;
  Date date = 20110103;  // a Monday
  const int first = days_since_epoch(date);
  for (; static_cast<int>(days.size()) < n; ++date) {
    const int month = date / 100 % 100, day = date % 100;
    if (month > 12 || day > 31) {
      if (month > 12)
        date = (date / 10000 + 1) * 10000 + 100;
      else
        date = (date / 100 + 1) * 100;
      continue;
    }
    if (std::chrono::year_month_day(std::chrono::year(date / 10000),
                                    std::chrono::month(static_cast<unsigned>(month)),
                                    std::chrono::day(static_cast<unsigned>(day)))
            .ok() &&
        (days_since_epoch(date) - first) % 7 < 5)
      days.push_back(date);
  }
  return days;
}

/// Rows of a few stocks with suspended days and a dividend, sorted by date and code.
inline std::vector<Bar> some_bars(int n_days = 150) {
  const std::vector<std::string> codes{"000001.SZ", "300750.SZ", "600519.SH", "688981.SH"};
  std::map<std::string, std::pair<double, double>> state;  // cents, factor
  Rng rng(Seed{3});
  std::vector<Bar> bars;
  for (const Date date : weekdays(n_days))
    for (const auto& code : codes) {
      auto& [cents, factor] =
          state.try_emplace(code, 1500.0 + 1000.0 * rng.uniform(), 1.0).first->second;
      if (rng.chance(0.05)) continue;
      if (rng.chance(0.01)) factor *= 1.02;
      const double open = std::round(cents * rng.uniform(0.99, 1.01));
      cents = std::round(cents * rng.uniform(0.97, 1.03));
      Bar bar{date, code};
      bar.open = open / 100;
      bar.close = cents / 100;
      bar.high = (std::max(open, cents) + 5) / 100;
      bar.low = (std::min(open, cents) - 5) / 100;
      bar.vwap = std::round((bar.high + bar.low) * 500) / 1000;
      bar.volume = 100 * static_cast<double>(rng.between(1000, 90000));
      bar.adj_factor = factor;
      bars.push_back(bar);
    }
  return bars;
}

/// CSV of the rows, under the usual column names.
inline std::string csv_of(const std::vector<Bar>& bars) {
  std::string text = "date,code,open,high,low,close,vwap,volume,adj_factor\n";
  for (const Bar& b : bars)
    text += fmt::format("{},{},{},{},{},{},{},{},{}\n", to_string(b.date), b.code, b.open, b.high,
                        b.low, b.close, b.vwap, b.volume, b.adj_factor);
  return text;
}

inline Panel import_of(const std::filesystem::path& input) {
  ImportReport report;
  return import_panel({.inputs = {input}}, report);
}

/// What is wrong with importing the text as one table; empty if nothing is.
inline std::string refusal_of(const std::string& csv, std::set<IssueKind> lenient = {}) {
  const TemporaryFolder folder;
  const auto file = folder.write("rows.csv", csv);
  ImportReport report;
  try {
    (void)import_panel({.inputs = {file}, .lenient = std::move(lenient)}, report);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

/// Equal, missing values at the same places.
template <class T>
bool same_values(const Grid<T>& a, const Grid<T>& b) {
  if (a.rows() != b.rows() || a.columns() != b.columns()) return false;
  for (std::size_t r = 0; r < a.rows(); ++r)
    for (std::size_t c = 0; c < a.columns(); ++c)
      if (!(a(r, c) == b(r, c) || (a(r, c) != a(r, c) && b(r, c) != b(r, c)))) return false;
  return true;
}

}  // namespace evofactor::test
