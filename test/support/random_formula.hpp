#pragma once
#include <string>
#include <string_view>

#include "engine/core/rng.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/program.hpp"

namespace evofactor::test {

/// Appends a random formula that may use every function, field, window and constant; at most
/// `depth` levels.
inline void append_random(formula::Program& program, Rng& rng, int depth) {
  using namespace formula;
  if (depth <= 1 || rng.chance(0.2)) {
    Token leaf;
    if (rng.chance(0.15)) {
      leaf.value = static_cast<float>(rng.normal() * 10);
    } else {
      leaf.kind = TokenKind::kField;
      leaf.name = rng.pick(known_fields());
    }
    program.tokens.push_back(leaf);
    return;
  }
  const FunctionInfo& row = rng.pick(functions());
  Token token{.kind = TokenKind::kFunction, .function = static_cast<FunctionId>(row.fn)};
  for (int i = 0; i < row.arity; ++i) {
    if (row.takes_group && i + 1 == row.arity && rng.chance(0.5))
      program.tokens.push_back({.kind = TokenKind::kGroup, .name = std::string(kIndustryGroup)});
    else
      append_random(program, rng, depth - 1);
  }
  if (row.min_window > 0) token.window = rng.between(row.min_window, row.min_window + 30);
  if (!row.parameter.empty())
    token.value = static_cast<float>(rng.uniform(row.parameter_low, row.parameter_high));
  program.tokens.push_back(token);
}

/// A valid random formula.
inline formula::Program random_formula(Rng& rng, int depth = 6) {
  while (true) {
    formula::Program program;
    append_random(program, rng, depth);
    if (!formula::fields_of(program).empty()) return program;
  }
}

}  // namespace evofactor::test
