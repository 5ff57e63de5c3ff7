#include "baselines/gp/creation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/error.hpp"
#include "engine/formula/simplify.hpp"

namespace evofactor::gp {
namespace {

using formula::Program;

constexpr int kDraws = 250;
constexpr int kAttempts = 20;

bool full_tree(Rng& rng, Creation creation) {
  return creation == Creation::kFull || (creation == Creation::kRamped && rng.chance(0.5));
}

/// Frees a formula from the adjustment base where a score within each stock's own past does.
std::optional<Program> scored(Rng& rng, const Grammar& grammar, const Program& program) {
  const formula::FunctionInfo& row = formula::info(formula::Fn::kTsZscore);
  if (std::ranges::find(grammar.functions(), &row) == grammar.functions().end()) return {};
  const int days = grammar.settings().max_look_back - formula::look_back(program);
  const int window = grammar.random_window(rng, row, days);
  if (window == 0) return {};
  Program result = program;
  formula::Token token;
  token.kind = formula::TokenKind::kFunction;
  token.function = static_cast<formula::FunctionId>(row.fn);
  token.window = window;
  result.tokens.push_back(std::move(token));
  return result;
}

}  // namespace

Program create(Rng& rng, const Grammar& grammar) {
  const GpSettings& settings = grammar.settings();
  for (int draw = 0; draw < kDraws; ++draw) {
    const Room room{rng.between(settings.min_initial_depth, settings.max_initial_depth),
                    settings.max_look_back, full_tree(rng, settings.creation)};
    // Several tries for one room, so that rules that large trees break more often do not leave only
    // small ones.
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      auto program = grammar.random_subtree(rng, grammar.random_root_unit(rng), room);
      if (program) program = formula::ranking_core(*program);
      if (!program || formula::depth(*program) < settings.min_initial_depth) continue;
      if (grammar.acceptable(*program)) return *std::move(program);
      program = scored(rng, grammar, *program);
      if (program && grammar.acceptable(*program)) return *std::move(program);
    }
  }
  throw ConfigError(fmt::format(
      "of {} random formulas none was acceptable; allow more functions or fields, a larger "
      "max_look_back or max_nodes, or switch typed or scale_free_root off",
      kDraws * kAttempts));
}

}  // namespace evofactor::gp
