#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace evofactor::formula {

/// A mistake in a formula's text: where, and what to do. Thrown inside the parser alone; parse()
/// turns it into a value.
struct Mistake {
  std::size_t position = 0;  ///< byte in the text
  std::string message;
};

enum class LexemeKind { kNumber, kName, kSymbol, kEnd };

struct Lexeme {
  LexemeKind kind = LexemeKind::kEnd;
  std::size_t position = 0;
  std::string_view text{};  ///< a name without its $
  float number = 0;
  bool whole = false;   ///< written without point or exponent
  bool days = false;    ///< alphagen's 10d
  bool dollar = false;  ///< qlib's $close
};

/// Splits a formula into numbers, names and the symbols ( ) , + - * / < > <= >=; the last lexeme is
/// kEnd.
/// @throws Mistake
[[nodiscard]] std::vector<Lexeme> lex(std::string_view text);

/// Reads a whole word as a number (with sign); false if it is not one.
[[nodiscard]] bool read_number(std::string_view word, float& number, bool& whole);

}  // namespace evofactor::formula
