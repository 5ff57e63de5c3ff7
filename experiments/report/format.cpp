#include "experiments/report/format.hpp"

#include <fmt/format.h>

#include <cmath>

namespace evofactor::report {

std::string escape_html(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  return safe;
}

std::string breakable_html(std::string_view text, std::string_view after) {
  std::string html;
  for (const char c : text) {
    html += escape_html({&c, 1});
    if (after.find(c) != std::string_view::npos) html += "<wbr>";
  }
  return html;
}

std::string decimal(double value, int digits) {
  if (!std::isfinite(value)) return "–";
  std::string text = fmt::format("{:.{}f}", std::abs(value), digits);
  const bool zero = text.find_first_not_of("0.") == std::string::npos;
  if (text.starts_with("0.")) text.erase(0, 1);
  return fmt::format("{}{}", value < 0 && !zero ? "−" : "", text);
}

std::string signed_decimal(double value, int digits) {
  const std::string text = decimal(value, digits);
  const bool zero = text.find_first_not_of("0.") == std::string::npos;
  return fmt::format("{}{}", value > 0 && !zero ? "+" : "", text);
}

std::string thousands(double value) {
  if (!std::isfinite(value)) return "–";
  const std::string digits = fmt::format("{:.0f}", std::abs(value));
  std::string text = value <= -0.5 ? "−" : "";
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string percent(double value, int digits) {
  if (!std::isfinite(value)) return "–";
  return fmt::format("{}{:.{}f} %", value < 0 ? "−" : "", std::abs(100 * value), digits);
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds)) return "–";
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string plain(double value) {
  return std::isfinite(value) ? fmt::format("{:.6g}", value) : std::string();
}

}  // namespace evofactor::report
