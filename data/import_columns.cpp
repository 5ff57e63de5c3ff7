#include "data/import_columns.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

#include "engine/core/error.hpp"

namespace evofactor {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

/// True if one letter too many, too few, wrong, or two neighbours swapped tell the words apart.
bool nearly_equal(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  if (a == b || a.size() > b.size() + 1) return false;
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  if (a.size() > b.size()) return a.substr(at + 1) == b.substr(at);
  if (a.substr(at + 1) == b.substr(at + 1)) return true;
  return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] &&
         a.substr(at + 2) == b.substr(at + 2);
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// SH, SZ or BJ for the ways sources name the exchanges.
std::string_view exchange_of(std::string_view text) {
  const std::string name = lower(text);
  if (name == "sh" || name == "ss" || name == "xshg" || name == "sse") return "SH";
  if (name == "sz" || name == "xshe" || name == "szse") return "SZ";
  if (name == "bj" || name == "xbse" || name == "bse") return "BJ";
  return {};
}

constexpr std::size_t kCodeDigits = 6;
constexpr std::size_t kShortestMisspelt = 5;

}  // namespace

const std::vector<ColumnSpec>& long_table_columns() {
  static const std::vector<ColumnSpec> kColumns{
      {"date",
       {"trade_date", "tradedate", "trading_date", "datetime", "day", "日期", "交易日期"},
       true},
      {"code",
       {"ts_code", "order_book_id", "instrument", "wind_code", "thscode", "stock_code", "sec_code",
        "secucode", "ticker", "symbol", "股票代码", "证券代码", "代码"},
       true},
      {"open", {"open_price", "开盘", "开盘价"}, true},
      {"high", {"high_price", "highest_price", "最高", "最高价"}, true},
      {"low", {"low_price", "lowest_price", "最低", "最低价"}, true},
      {"close", {"close_price", "收盘", "收盘价"}, true},
      {"volume", {"vol", "turnover_volume", "turnover_vol", "成交量"}, true},
      {"vwap", {"avg_price", "average_price", "均价", "成交均价"}, false},
      {"amount", {"turnover_value", "total_turnover", "money", "amt", "成交额", "成交金额"}, false},
      {"adj_factor", {"factor", "adjfactor", "hfq_factor", "复权因子", "后复权因子"}, false},
      {"float_shares", {"outstanding_share", "circulating_shares", "流通股本"}, false},
      {"total_shares", {"总股本"}, false}};
  return kColumns;
}

std::vector<std::optional<std::size_t>> find_columns(const std::string& file,
                                                     const std::vector<std::string>& header,
                                                     const std::vector<ColumnSpec>& wanted,
                                                     Issues& issues) {
  std::vector<std::string> names;
  names.reserve(header.size());
  for (const auto& name : header) names.push_back(lower(trimmed(name)));
  std::vector<std::optional<std::size_t>> found(wanted.size());
  const auto place_of = [&](std::string_view name) -> std::optional<std::size_t> {
    const auto at = std::ranges::find(names, name);
    if (at == names.end()) return std::nullopt;
    if (std::find(at + 1, names.end(), name) != names.end())
      throw DataError(fmt::format("{}:1: two columns are named \"{}\"", file, name));
    return static_cast<std::size_t>(at - names.begin());
  };
  std::vector<std::string_view> missing;
  for (std::size_t w = 0; w < wanted.size(); ++w) {
    found[w] = place_of(wanted[w].name);
    for (const auto alias : wanted[w].aliases)
      if (!found[w]) found[w] = place_of(alias);
    if (!found[w] && wanted[w].required) missing.push_back(wanted[w].name);
  }
  if (!missing.empty())
    throw DataError(
        fmt::format("{}:1: no column {}; the columns are {}. Expected names and their aliases are "
                    "in docs/data.md",
                    file, fmt::join(missing, ", "), fmt::join(header, ", ")));
  for (std::size_t w = 0; w < wanted.size(); ++w) {
    if (found[w] || wanted[w].name.size() < kShortestMisspelt) continue;
    for (std::size_t c = 0; c < names.size(); ++c)
      if (nearly_equal(names[c], wanted[w].name))
        issues.add(IssueKind::kColumn,
                   "{}:1: column \"{}\" is unknown; is {} meant? Rename it so, or leave it out",
                   file, header[c], wanted[w].name);
  }
  return found;
}

std::string normal_code(std::string_view text) {
  text = trimmed(text);
  std::string_view digits, exchange;
  if (const auto dot = text.find('.'); dot != std::string_view::npos) {
    const auto before = text.substr(0, dot), after = text.substr(dot + 1);
    const bool digits_first = all_digits(before);
    digits = digits_first ? before : after;
    exchange = exchange_of(digits_first ? after : before);
  } else if (text.size() == 2 + kCodeDigits) {
    digits = text.substr(2);
    exchange = exchange_of(text.substr(0, 2));
  }
  if (exchange.empty() || digits.size() != kCodeDigits || !all_digits(digits))
    return std::string(text);
  return fmt::format("{}.{}", digits, exchange);
}

std::optional<Date> date_of_text(std::string_view text) {
  text = trimmed(text);
  std::string_view time;
  if (const auto space = text.find_first_of(" T"); space != std::string_view::npos) {
    time = text.substr(space + 1);
    text = text.substr(0, space);
  }
  const bool whole_day = time.empty() || time.starts_with("00:00") || time.starts_with("15:00");
  if (!whole_day) return std::nullopt;
  std::string padded;
  if (!all_digits(text)) {
    // 2011-1-4 and 2011/01/04 become 2011-01-04.
    for (std::size_t at = 0; at <= text.size();) {
      const auto end = std::min(text.find_first_of("-/", at), text.size());
      const auto part = text.substr(at, end - at);
      if (!padded.empty()) padded += part.size() == 1 ? "-0" : "-";
      padded += part;
      at = end + 1;
    }
    text = padded;
  }
  try {
    return parse_date(text);
  } catch (const DataError&) {
    return std::nullopt;
  }
}

std::optional<double> number_of_text(std::string_view text) {
  text = trimmed(text);
  if (text.empty() || text == "nan" || text == "NaN")
    return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

}  // namespace evofactor
