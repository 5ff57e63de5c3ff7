#include "engine/formula/lexer.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace evofactor::formula {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t end_of_word(std::string_view text, std::size_t i) {
  while (i < text.size() && (is_letter(text[i]) || is_digit(text[i]))) ++i;
  return i;
}

/// One past a number like 12, 1.5, .5 or 1e-12 that begins at i.
std::size_t end_of_number(std::string_view text, std::size_t i) {
  while (i < text.size() && (is_digit(text[i]) || text[i] == '.')) ++i;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    std::size_t j = i + 1;
    if (j < text.size() && (text[j] == '+' || text[j] == '-')) ++j;
    if (j < text.size() && is_digit(text[j])) {
      while (j < text.size() && is_digit(text[j])) ++j;
      return j;
    }
  }
  return i;
}

Lexeme lex_number(std::string_view text, std::size_t begin) {
  std::size_t end = end_of_number(text, begin);
  Lexeme lexeme{
      .kind = LexemeKind::kNumber, .position = begin, .text = text.substr(begin, end - begin)};
  const bool read = read_number(lexeme.text, lexeme.number, lexeme.whole);
  if (end < text.size() && text[end] == 'd') {
    lexeme.days = true;
    ++end;
  }
  const std::size_t word_end = end_of_word(text, end);
  if (!read || word_end != end)
    throw Mistake{begin, fmt::format("\"{}\" is not a number that a 32-bit float can hold",
                                     text.substr(begin, word_end - begin))};
  lexeme.text = text.substr(begin, end - begin);
  return lexeme;
}

Lexeme lex_symbol(std::string_view text, std::size_t begin) {
  const std::string_view two = text.substr(begin, 2);
  for (const std::string_view other : {"==", "!=", "**", "&&", "||", "//"})
    if (two == other)
      throw Mistake{begin, fmt::format("there is no operator {}; there are + - * / < > <= >=, and "
                                       "functions such as spow and if_else",
                                       other)};
  const bool comparison = two == "<=" || two == ">=";
  const std::string_view symbol = text.substr(begin, comparison ? 2 : 1);
  if (!comparison && std::string_view("(),+-*/<>").find(symbol) == std::string_view::npos)
    throw Mistake{begin, fmt::format("unexpected \"{}\"; a formula is made of fields, numbers, "
                                     "functions, ( ) , and + - * / < > <= >=",
                                     symbol)};
  return {.kind = LexemeKind::kSymbol, .position = begin, .text = symbol};
}

}  // namespace

bool read_number(std::string_view word, float& number, bool& whole) {
  if (word.starts_with('+')) word.remove_prefix(1);
  const std::string_view digits = word.starts_with('-') ? word.substr(1) : word;
  if (digits.empty() || !(is_digit(digits.front()) || digits.front() == '.')) return false;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  whole = digits.find_first_not_of("0123456789") == std::string_view::npos;
  return error == std::errc() && end == word.data() + word.size() && std::isfinite(number);
}

std::vector<Lexeme> lex(std::string_view text) {
  std::vector<Lexeme> lexemes;
  std::size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    if (is_space(c)) {
      ++i;
    } else if (is_digit(c) || c == '.') {
      lexemes.push_back(lex_number(text, i));
      i += lexemes.back().text.size();
    } else if (is_letter(c) || c == '$') {
      const std::size_t begin = i + (c == '$' ? 1 : 0);
      const std::size_t end = end_of_word(text, begin);
      if (end == begin) throw Mistake{i, "expected a field's name after $"};
      lexemes.push_back({.kind = LexemeKind::kName,
                         .position = i,
                         .text = text.substr(begin, end - begin),
                         .dollar = c == '$'});
      i = end;
    } else {
      lexemes.push_back(lex_symbol(text, i));
      i += lexemes.back().text.size();
    }
  }
  lexemes.push_back({.kind = LexemeKind::kEnd, .position = text.size()});
  return lexemes;
}

}  // namespace evofactor::formula
