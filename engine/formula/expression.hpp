#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "engine/formula/functions.hpp"
#include "engine/formula/lexer.hpp"
#include "engine/formula/program.hpp"

namespace evofactor::formula {

/// A parsed part of a formula, with what the checks of its user need to know.
struct Expression {
  std::vector<Token> tokens{};
  std::size_t position = 0;  ///< where it begins in the text
  bool literal = false;      ///< a number as written, with at most a sign
  bool whole = false;        ///< a literal without point or exponent
  bool days = false;         ///< a literal like 10d, which can only be a window

  [[nodiscard]] float number() const { return tokens.front().value; }
};

/// A number as if written out.
[[nodiscard]] Expression literal(float value, std::size_t position);
/// A field, or the group name. @throws Mistake on an unknown field, naming the nearest known one
[[nodiscard]] Expression name_leaf(std::string_view name, std::size_t position);

/// Reads a window: a whole number of days, at least the `min_window` of what wants it. Zero and
/// negative windows would look ahead. @throws Mistake
[[nodiscard]] int read_window(const Expression& argument, int min_window,
                              std::string_view wanted_by);

/// Applies one of our functions to arguments in the order of its signature: values, window,
/// parameter.
/// @throws Mistake on a wrong number of arguments, window, parameter or group
[[nodiscard]] Expression apply(const FunctionInfo& row, std::span<const Expression> arguments,
                               std::size_t position);

}  // namespace evofactor::formula
