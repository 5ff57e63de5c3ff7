#pragma once
#include <string_view>

#include "engine/formula/expression.hpp"

namespace evofactor::formula {

/// Is the text written in reverse Polish order? Its first two words are operands (which infix never
/// has side by side) and its last is a function or an operator; it has no parentheses or commas.
[[nodiscard]] bool looks_like_rpn(std::string_view text);

/// Parses "close volume 1 delay 10 ts_corr". @throws Mistake
[[nodiscard]] Expression parse_rpn(std::string_view text);

}  // namespace evofactor::formula
