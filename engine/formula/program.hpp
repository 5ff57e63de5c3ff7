#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/ids.hpp"

namespace evofactor::formula {

/// Index of a row of the function table (functions.hpp).
using FunctionId = std::uint16_t;

enum class TokenKind : std::uint8_t { kField, kConstant, kGroup, kFunction };

/// One token of a program in reverse Polish order. Windows and other integer or fixed arguments of
/// a function are kept in its own token, not as operands: ts_quantile(x, 20, 0.3) is [x]
/// [ts_quantile window=20 parameter=0.3].
struct Token {
  TokenKind kind = TokenKind::kConstant;
  FunctionId function = 0;  ///< kFunction
  int window = 0;           ///< functions with a window; 0 otherwise
  float value =
      0;  ///< kConstant: the number; kFunction: the fixed parameter (q, k, a) if it takes one
  std::string name{};  ///< kField: the field; kGroup: "industry"
  bool operator==(const Token&) const = default;
};

/// A formula: a regular value. Valid programs leave exactly one value on the stack.
struct Program {
  std::vector<Token> tokens;
  bool operator==(const Program&) const = default;
};

/// Hash of the tokens; equal programs have equal hashes, on every platform.
[[nodiscard]] ContentHash content_hash(const Program& program);
/// Canonical text, function calls: ts_corr(close, delay(volume, 1), 10). Numbers print shortest
/// that reads back equal.
[[nodiscard]] std::string to_string(const Program& program);
/// "close volume 1 delay 10 ts_corr"
[[nodiscard]] std::string to_rpn(const Program& program);
/// Days before t that the value at t reads (0 for a field). Recursive operators (ewm) count as
/// unbounded: they report the days until a weight has fallen below 1e-7.
[[nodiscard]] int look_back(const Program& program);
/// Fields in order of first use, without repetition.
[[nodiscard]] std::vector<std::string> fields_of(const Program& program);
/// True if multiplying a stock's adj_factor history by a constant can change the value (price
/// levels).
[[nodiscard]] bool depends_on_adjustment_base(const Program& program);
/// Index of the first token of the subtree that ends with token `root`.
[[nodiscard]] std::size_t subtree_begin(const Program& program, std::size_t root);
/// Number of value operands of token i (0 for leaves).
[[nodiscard]] int arity(const Token& token);
/// Levels of the tree: 1 for a leaf, 0 for an empty program.
[[nodiscard]] int depth(const Program& program);
/// The same formula with the operands of commutative functions in a fixed order, so that add(open,
/// close) and add(close, open) become one.
[[nodiscard]] Program canonical(const Program& program);
/// What makes the program invalid (stack, names, windows, parameters, constants only); nothing if
/// it is valid.
[[nodiscard]] std::optional<std::string> violation(const Program& program);
/// As the language prints it: the shortest decimal number that reads back equal.
[[nodiscard]] std::string number_text(float value);

}  // namespace evofactor::formula
