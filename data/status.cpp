#include "data/status.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "engine/core/error.hpp"

namespace evofactor {
namespace {

/// From this day ChiNext (300, 301, 302) has the rules of the STAR market (688, 689).
constexpr Date kChinextReform = 20200824;
/// First days of a stock on those boards that have no limit.
constexpr int kFreeDays = 5;
/// Mean trading days of a calendar day, to date listings before the panel's first day.
constexpr double kTradingShare = 243.0 / 365.0;
/// Relative error of a reference price that went through f32 and two factors of six decimals.
constexpr double kPriceError = 1e-6;

enum class Board { kNone, kMain, kStar, kChinext, kBeijing };

Board board_of(std::string_view code) {
  if (code.ends_with(".BJ")) return Board::kBeijing;
  if (!code.ends_with(".SH") && !code.ends_with(".SZ")) return Board::kNone;
  const std::string_view head = code.substr(0, 3);
  if (head == "688" || head == "689") return Board::kStar;
  if (head == "300" || head == "301" || head == "302") return Board::kChinext;
  return Board::kMain;
}

std::optional<int> limit_percent(Board board, Date date, bool st, int listed_day) {
  if (board == Board::kNone || listed_day < 1) return std::nullopt;
  const bool wide = board == Board::kStar || (board == Board::kChinext && date >= kChinextReform);
  if (listed_day <= (wide ? kFreeDays : 1)) return std::nullopt;
  if (wide) return 20;
  if (board == Board::kBeijing) return 30;
  return st ? 5 : 10;
}

void fill_special_treatment(Panel& panel, std::vector<NameChange> names) {
  std::stable_sort(names.begin(), names.end(), [](const NameChange& a, const NameChange& b) {
    return a.stock != b.stock ? a.stock < b.stock : a.start < b.start;
  });
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!is_special_treatment(names[i].name)) continue;
    EVOFACTOR_CHECK(names[i].stock >= 0 && names[i].stock < panel.n_stocks(),
                    "name change of stock {}", names[i].stock);
    const bool last = i + 1 == names.size() || names[i + 1].stock != names[i].stock;
    const int first_day = panel.calendar.at_or_after(names[i].start);
    const int end = last ? panel.n_days() : panel.calendar.at_or_after(names[i + 1].start);
    for (int d = first_day; d < end; ++d)
      panel.st(static_cast<std::size_t>(d), static_cast<std::size_t>(names[i].stock)) = 1;
  }
}

/// Number of the first panel day among the stock's listed days, minus 1: added to a day's index + 1
/// it gives the listed day (not listed yet where that is below 1). None for a stock without rows
/// and listing date.
std::optional<int> listed_before(const Panel& panel, std::size_t stock, Date list_date) {
  if (list_date > 0) {
    if (list_date >= panel.calendar[0]) return -panel.calendar.at_or_after(list_date);
    const int days = days_since_epoch(panel.calendar[0]) - days_since_epoch(list_date);
    return std::max(1, static_cast<int>(std::lround(days * kTradingShare)));
  }
  for (int d = 0; d < panel.n_days(); ++d)
    if (panel.traded(d, static_cast<int>(stock))) return d == 0 ? kLongListed - 1 : -d;
  return std::nullopt;
}

void fill_stock(Panel& panel, std::size_t s, Date list_date) {
  const std::optional<int> before = listed_before(panel, s, list_date);
  if (!before) return;
  const Board board = board_of(panel.stocks[s]);
  const Grid<float>& closes = panel.fields.at("close");
  const auto factors = panel.fields.find("adj_factor");
  double last_close = 0, last_factor = 1;  // of the last traded day; 0 = none yet
  for (std::size_t d = 0; d < closes.rows(); ++d) {
    const int day = static_cast<int>(d);
    const int listed_day = std::max(0, *before + day + 1);
    panel.listed_days(d, s) = listed_day;
    const double close = static_cast<double>(closes(d, s));
    const bool traded = !std::isnan(close);
    double factor = last_factor;
    if (traded && factors != panel.fields.end())
      factor = static_cast<double>(factors->second(d, s));
    if (last_close > 0) {
      const auto percent =
          limit_percent(board, panel.calendar[day], panel.st(d, s) != 0, listed_day);
      const double ratio = last_factor / factor;
      if (percent && std::isfinite(ratio)) {
        panel.limit_up(d, s) = static_cast<float>(limit_price(last_close, ratio, *percent));
        panel.limit_down(d, s) = static_cast<float>(limit_price(last_close, ratio, -*percent));
      }
    }
    if (traded) {
      last_close = close;
      last_factor = factor;
    }
  }
}

}  // namespace

bool is_special_treatment(std::string_view name) {
  return name.starts_with("ST") || name.starts_with("*ST") || name.starts_with("SST") ||
         name.starts_with("S*ST");
}

std::optional<int> limit_percent(std::string_view code, Date date, bool st, int listed_day) {
  return limit_percent(board_of(code), date, st, listed_day);
}

double limit_price(double close, double ratio, int percent) {
  // Closes and the exchanges' reference prices are whole cents; only with those exactly restored is
  // half a cent of the limit exact too, and rounded up.
  const auto restored = [](double cents) {
    const double whole = std::round(cents);
    return std::abs(cents - whole) <= kPriceError * cents ? whole : cents;
  };
  const double reference = restored(restored(close * 100.0) * ratio);
  return std::floor(reference * (100 + percent) / 100.0 + 0.5) / 100.0;
}

void fill_status(Panel& panel, const StatusSources& sources) {
  const auto rows = static_cast<std::size_t>(panel.n_days());
  const auto columns = static_cast<std::size_t>(panel.n_stocks());
  EVOFACTOR_CHECK(sources.list_dates.empty() || sources.list_dates.size() == columns,
                  "{} listing dates for {} stocks", sources.list_dates.size(), columns);
  panel.st = Grid<std::uint8_t>(rows, columns, 0);
  panel.listed_days = Grid<std::int32_t>(rows, columns, 0);
  panel.limit_up = Grid<float>(rows, columns, kMissing);
  panel.limit_down = Grid<float>(rows, columns, kMissing);
  if (rows == 0) return;
  fill_special_treatment(panel, sources.names);
  // Blocks of 64 stocks keep the day-major grids' cache lines to one thread.
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, (columns + 63) / 64), [&](const auto& blocks) {
        for (std::size_t s = blocks.begin() * 64; s < std::min(columns, blocks.end() * 64); ++s)
          fill_stock(panel, s, sources.list_dates.empty() ? 0 : sources.list_dates[s]);
      });
}

}  // namespace evofactor
