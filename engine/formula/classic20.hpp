#pragma once
#include <span>
#include <string_view>

namespace evofactor::formula {

/// A formula with a name for files and a label for people.
struct NamedFormula {
  std::string_view name;     ///< "ret5"
  std::string_view formula;  ///< "div(delay(close, 5), close)"
  std::string_view label;    ///< "5-day reversal"
};

/// Twenty well-known price and volume factors: the yardstick of every comparison. The sign of each
/// is chosen on training days; their composite is the mean of the signed day-ranks.
[[nodiscard]] std::span<const NamedFormula> classic20();

}  // namespace evofactor::formula
