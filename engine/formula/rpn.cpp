#include "engine/formula/rpn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/formula/suggest.hpp"

namespace evofactor::formula {
namespace {

struct Word {
  std::string_view text;
  std::size_t position = 0;
};

std::vector<Word> words_of(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  std::vector<Word> words;
  std::size_t i = text.find_first_not_of(kSpace);
  while (i != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(kSpace, i), text.size());
    words.push_back({text.substr(i, end - i), i});
    i = text.find_first_not_of(kSpace, end);
  }
  return words;
}

bool is_number(std::string_view word) {
  float number = 0;
  bool whole = false;
  return read_number(word, number, whole);
}

bool is_name(std::string_view word) {
  return std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_field(std::string_view word) {
  return std::ranges::find(known_fields(), word) != known_fields().end();
}

const FunctionInfo* function_of(std::string_view word) {
  if (word == "+") return &info(Fn::kAdd);
  if (word == "-") return &info(Fn::kSub);
  if (word == "*") return &info(Fn::kMul);
  if (word == "/") return &info(Fn::kDiv);
  return find_function(word);
}

/// A word that is no number, field or group must be a function.
const FunctionInfo& wanted_function(const Word& word) {
  if (const FunctionInfo* row = function_of(word.text)) return *row;
  std::vector<std::string_view> known(known_fields().begin(), known_fields().end());
  for (const FunctionInfo& row : functions()) known.push_back(row.name);
  throw Mistake{word.position, fmt::format("unknown field or function \"{}\"{}", word.text,
                                           suggestion(word.text, known))};
}

}  // namespace

bool looks_like_rpn(std::string_view text) {
  if (text.find_first_of("(),$<>=") != std::string_view::npos) return false;
  const std::vector<Word> words = words_of(text);
  if (words.size() < 2) return false;
  const auto operand = [](const Word& word) { return is_number(word.text) || is_name(word.text); };
  const std::string_view last = words.back().text;
  const bool ends_in_function =
      function_of(last) || (is_name(last) && !is_number(last) && !is_field(last));
  return operand(words[0]) && operand(words[1]) && ends_in_function;
}

Expression parse_rpn(std::string_view text) {
  std::vector<Expression> stack;
  for (const Word& word : words_of(text)) {
    Expression number = literal(0, word.position);
    if (read_number(word.text, number.tokens.front().value, number.whole)) {
      stack.push_back(std::move(number));
      continue;
    }
    if (word.text == kIndustryGroup || is_field(word.text)) {
      stack.push_back(name_leaf(word.text, word.position));
      continue;
    }
    const FunctionInfo& row = wanted_function(word);
    const std::size_t n = static_cast<std::size_t>(row.arity) + (row.min_window > 0 ? 1 : 0) +
                          (row.parameter.empty() ? 0 : 1);
    if (stack.size() < n)
      throw Mistake{word.position, fmt::format("{} takes {} from the stack, which holds {}",
                                               signature(row), n, stack.size())};
    Expression result = apply(row, std::span(stack).last(n), word.position);
    stack.resize(stack.size() - n);
    stack.push_back(std::move(result));
  }
  if (stack.size() != 1)
    throw Mistake{stack.back().position,
                  fmt::format("a formula leaves one value, this one leaves {}", stack.size())};
  return std::move(stack.front());
}

}  // namespace evofactor::formula
