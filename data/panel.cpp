#include "data/panel.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "engine/core/error.hpp"

namespace evofactor {
namespace {

std::chrono::year_month_day civil(Date date) {
  return {std::chrono::year(date / 10000),
          std::chrono::month(static_cast<unsigned>(date / 100 % 100)),
          std::chrono::day(static_cast<unsigned>(date % 100))};
}

std::optional<int> digits(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.starts_with('-'))
    return std::nullopt;
  return value;
}

}  // namespace

Date parse_date(std::string_view text) {
  std::optional<int> value;
  if (text.size() == 8) {
    value = digits(text);
  } else if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)),
               day = digits(text.substr(8, 2));
    if (year && month && day) value = *year * 10000 + *month * 100 + *day;
  }
  if (!value || *value < 10000101 || !civil(*value).ok())
    throw DataError(
        fmt::format("\"{}\" is no date; expected one like 2011-01-04 or 20110104", text));
  return *value;
}

std::string to_string(Date date) {
  return fmt::format("{:04}-{:02}-{:02}", date / 10000, date / 100 % 100, date % 100);
}

int days_since_epoch(Date date) {
  return static_cast<int>(std::chrono::sys_days(civil(date)).time_since_epoch().count());
}

int Calendar::at_or_after(Date date) const {
  return static_cast<int>(std::ranges::lower_bound(days_, date) - days_.begin());
}

int Calendar::at_or_before(Date date) const {
  return static_cast<int>(std::ranges::upper_bound(days_, date) - days_.begin()) - 1;
}

const Grid<float>& Panel::field(const std::string& name) const {
  const auto found = fields.find(name);
  if (found != fields.end()) return found->second;
  std::string known;
  for (const auto& [other, values] : fields) known += (known.empty() ? "" : ", ") + other;
  throw DataError(fmt::format("the panel has no field \"{}\"; it has {}", name,
                              known.empty() ? "none" : known));
}

}  // namespace evofactor
