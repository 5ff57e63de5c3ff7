#include "baselines/gp/neighbours.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>

#include "engine/formula/simplify.hpp"

namespace evofactor::gp {
namespace {

using formula::Program;
using formula::Token;
using formula::TokenKind;

/// The nearest values below and above.
template <class T>
std::vector<T> next_to(T value, std::span<const T> known) {
  std::vector<T> sorted(known.begin(), known.end());
  std::ranges::sort(sorted);
  std::vector<T> result;
  const auto above = std::ranges::upper_bound(sorted, value);
  const auto at = std::ranges::lower_bound(sorted, value);
  if (at != sorted.begin()) result.push_back(*(at - 1));
  if (above != sorted.end()) result.push_back(*above);
  return result;
}

std::vector<Token> steps_of(const Token& token, const Grammar& grammar) {
  std::vector<Token> steps;
  const auto add = [&](const std::function<void(Token&)>& change) {
    Token step = token;
    change(step);
    steps.push_back(std::move(step));
  };
  if (token.kind == TokenKind::kConstant) {
    for (const float factor : {0.8F, 1.25F})
      add([&](Token& step) { step.value = std::round(token.value * factor * 1000) / 1000; });
  } else if (token.kind == TokenKind::kFunction) {
    const formula::FunctionInfo& row = formula::info(token);
    if (row.min_window > 0)
      for (const std::int64_t window :
           next_to<std::int64_t>(token.window, grammar.settings().windows))
        if (Grammar::useful_window(row, static_cast<int>(window)))
          add([&](Token& step) { step.window = static_cast<int>(window); });
    for (const float value : next_to<float>(token.value, Grammar::parameters(row)))
      add([&](Token& step) { step.value = value; });
  }
  return steps;
}

}  // namespace

std::vector<Program> neighbours(const Program& program, const Grammar& grammar) {
  std::vector<Program> result;
  for (std::size_t i = 0; i < program.tokens.size(); ++i)
    for (Token& step : steps_of(program.tokens[i], grammar)) {
      Program changed = program;
      changed.tokens[i] = std::move(step);
      changed = formula::ranking_core(changed);
      if (changed != program && grammar.acceptable(changed)) result.push_back(std::move(changed));
    }
  return result;
}

}  // namespace evofactor::gp
