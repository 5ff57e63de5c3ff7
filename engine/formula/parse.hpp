#pragma once
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "engine/formula/program.hpp"

namespace evofactor::formula {

struct FormulaError {
  std::size_t position = 0;  ///< byte in the text
  std::string message;       ///< what was expected, what came, what to do
  std::string text;          ///< the formula
  /// Message, the text, and a caret under the position.
  [[nodiscard]] std::string pretty() const;
};

/// Parses a formula in our own language (calls, infix, or RPN), qlib's or alphagen's; which one is
/// told by the text. Checks names, arity, windows and look-ahead.
[[nodiscard]] tl::expected<Program, FormulaError> parse(std::string_view text);
/// As parse. @throws ConfigError with FormulaError::pretty()
[[nodiscard]] Program parse_or_throw(std::string_view text);

}  // namespace evofactor::formula
