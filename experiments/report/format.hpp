#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace evofactor::report {

/// Text safe between tags and inside quoted attributes.
[[nodiscard]] std::string escape_html(std::string_view text);

/// escape_html, with places to break the line after any of the characters `after`.
[[nodiscard]] std::string breakable_html(std::string_view text, std::string_view after = "_/");

/// Fixed decimals, no zero before the point, a true minus sign: "−.012". A long dash for NaN. What
/// rounds to zero has no sign.
[[nodiscard]] std::string decimal(double value, int digits = 3);
/// As decimal, with "+" before what is above zero.
[[nodiscard]] std::string signed_decimal(double value, int digits = 3);
/// 12,340
[[nodiscard]] std::string thousands(double value);
/// .994 -> "99.4 %"
[[nodiscard]] std::string percent(double value, int digits = 1);
/// "38 s", "12 min", "3.4 h"
[[nodiscard]] std::string duration(double seconds);
/// ASCII for terminals and CSV: shortest text that reads back equal to six significant digits;
/// empty for NaN.
[[nodiscard]] std::string plain(double value);

/// "a" · "a and b" · "a, b and c"
template <class List>
[[nodiscard]] std::string listed(const List& items) {
  std::string text;
  std::size_t i = 0;
  for (const std::string& item : items) {
    if (i > 0) text += i + 1 == items.size() ? " and " : ", ";
    text += item;
    ++i;
  }
  return text;
}

}  // namespace evofactor::report
