#include "baselines/gp/variation.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "baselines/gp/tree.hpp"
#include "engine/formula/simplify.hpp"

namespace evofactor::gp {
namespace {

using formula::FunctionInfo;
using formula::Program;
using formula::Token;
using formula::TokenKind;

constexpr int kAttempts = 20;
/// Chance that a changed place is an inner node where there is one: leaves are the majority of any
/// tree, and swapping them alone changes little (Koza 1992).
constexpr double kInnerChance = 0.8;

template <class Try>
std::optional<Program> attempt(const Program& parent, const Grammar& grammar, Try&& one) {
  for (int i = 0; i < kAttempts; ++i) {
    std::optional<Program> child = one();
    if (child) child = formula::ranking_core(*child);
    if (child && *child != parent && grammar.acceptable(*child)) return child;
  }
  return {};
}

bool is_function(const Token& token) { return token.kind == TokenKind::kFunction; }

/// Indices of tokens for which `wanted` holds.
template <class Wanted>
std::vector<std::size_t> places(const Program& program, Wanted&& wanted) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < program.tokens.size(); ++i)
    if (wanted(i)) found.push_back(i);
  return found;
}

/// A random one of `candidates`, an inner node more often than not.
std::size_t pick_place(Rng& rng, const Program& program,
                       const std::vector<std::size_t>& candidates) {
  std::vector<std::size_t> inner;
  for (const std::size_t i : candidates)
    if (is_function(program.tokens[i])) inner.push_back(i);
  return rng.pick(!inner.empty() && rng.chance(kInnerChance) ? inner : candidates);
}

std::vector<std::size_t> value_places(const Program& program) {
  return places(program,
                [&](std::size_t i) { return program.tokens[i].kind != TokenKind::kGroup; });
}

/// The parent's own functions may take what is left of the look-back.
int days_left(const Grammar& grammar, const Node& node) {
  return grammar.settings().max_look_back - node.days_above;
}

/// Gives the token a window and parameter that fit, keeping those it has where it can.
bool settle(Rng& rng, Token& token, const Token& before, int days, const Grammar& grammar) {
  const FunctionInfo& row = formula::info(token);
  token.window = 0;
  token.value = 0;
  if (row.min_window > 0) {
    token.window = before.window;
    if (!grammar.useful_window(row, before.window) || formula::look_back(token) > days)
      token.window = grammar.random_window(rng, row, days);
    if (token.window == 0) return false;
  }
  if (!row.parameter.empty())
    token.value = row.parameter == formula::info(before).parameter
                      ? before.value
                      : grammar.random_parameter(rng, row);
  return true;
}

std::optional<Program> with_other_field(Rng& rng, const Program& a, std::size_t at,
                                        const Grammar& grammar) {
  Program child = a;
  child.tokens[at].name = rng.pick(grammar.fields());
  const bool fits = !grammar.settings().typed || same_unit(unit_of_field(a.tokens[at].name),
                                                           unit_of_field(child.tokens[at].name));
  return fits ? std::optional(std::move(child)) : std::nullopt;
}

std::optional<Program> with_other_function(Rng& rng, const Program& a, std::size_t at,
                                           const std::vector<Node>& nodes, const Grammar& grammar) {
  const FunctionInfo& before = formula::info(a.tokens[at]);
  std::vector<const FunctionInfo*> alike;
  for (const FunctionInfo* row : grammar.functions())
    if (row->arity == before.arity && row->takes_group == before.takes_group &&
        row->fn != before.fn)
      alike.push_back(row);
  if (alike.empty()) return {};
  Program child = a;
  Token& token = child.tokens[at];
  token.function = static_cast<formula::FunctionId>(rng.pick(alike)->fn);
  if (!settle(rng, token, a.tokens[at], days_left(grammar, nodes[at]), grammar)) return {};
  return child;
}

std::size_t size_at(const Program& program, std::size_t at) {
  return at + 1 - formula::subtree_begin(program, at);
}

/// One of `candidates` whose size is `size` on average: as often smaller as larger, in proportion
/// to how far the others lie. Nothing if there is none of that size and not both smaller and larger
/// ones.
std::optional<std::size_t> size_fair_place(Rng& rng, const Program& program,
                                           const std::vector<std::size_t>& candidates,
                                           std::size_t size) {
  std::vector<std::size_t> smaller, equal, larger;
  double below = 0;
  double above = 0;
  for (const std::size_t i : candidates) {
    const std::size_t n = size_at(program, i);
    if (n < size) {
      smaller.push_back(i);
      below += static_cast<double>(size - n);
    } else if (n == size) {
      equal.push_back(i);
    } else if (n <= 2 * size + 1) {
      larger.push_back(i);
      above += static_cast<double>(n - size);
    }
  }
  const bool both = !smaller.empty() && !larger.empty();
  if (!equal.empty() && (!both || rng.chance(1 / static_cast<double>(size))))
    return rng.pick(equal);
  if (!both) return {};
  below /= static_cast<double>(smaller.size());
  above /= static_cast<double>(larger.size());
  return rng.pick(rng.chance(below / (below + above)) ? larger : smaller);
}

}  // namespace

std::optional<Program> crossover(Rng& rng, const Program& a, const Program& b,
                                 const Grammar& grammar) {
  const std::vector<Unit> units_a = grammar.units(a);
  const std::vector<Unit> units_b = grammar.units(b);
  const std::vector<std::size_t> all_a = value_places(a);
  return attempt(a, grammar, [&]() -> std::optional<Program> {
    const std::size_t at = pick_place(rng, a, all_a);
    const auto alike = places(b, [&](std::size_t i) {
      return b.tokens[i].kind != TokenKind::kGroup && same_unit(units_a[at], units_b[i]);
    });
    if (alike.empty()) return {};
    if (grammar.settings().exchange == Exchange::kAny)
      return with_subtree(a, at, subtree(b, pick_place(rng, b, alike)));
    const auto from = size_fair_place(rng, b, alike, size_at(a, at));
    if (!from) return {};
    return with_subtree(a, at, subtree(b, *from));
  });
}

std::optional<Program> point_mutation(Rng& rng, const Program& a, const Grammar& grammar) {
  const std::vector<Node> nodes = nodes_of(a);
  const auto candidates = places(a, [&](std::size_t i) {
    return a.tokens[i].kind == TokenKind::kField || is_function(a.tokens[i]);
  });
  return attempt(a, grammar, [&]() -> std::optional<Program> {
    const std::size_t at = rng.pick(candidates);
    return is_function(a.tokens[at]) ? with_other_function(rng, a, at, nodes, grammar)
                                     : with_other_field(rng, a, at, grammar);
  });
}

std::optional<Program> subtree_mutation(Rng& rng, const Program& a, const Grammar& grammar) {
  const std::vector<Unit> units = grammar.units(a);
  const std::vector<Node> nodes = nodes_of(a);
  const std::vector<std::size_t> all = value_places(a);
  return attempt(a, grammar, [&]() -> std::optional<Program> {
    const std::size_t at = pick_place(rng, a, all);
    const int deepest = std::min(grammar.settings().max_depth - nodes[at].level + 1,
                                 grammar.settings().max_initial_depth);
    if (deepest < 1) return {};
    const Room room{rng.between(1, deepest), days_left(grammar, nodes[at]), false};
    const auto replacement = grammar.random_subtree(rng, units[at], room);
    if (!replacement) return {};
    return with_subtree(a, at, *replacement);
  });
}

std::optional<Program> hoist(Rng& rng, const Program& a, const Grammar& grammar) {
  const std::vector<Unit> units = grammar.units(a);
  const std::vector<Node> nodes = nodes_of(a);
  const auto inner = places(a, [&](std::size_t i) { return is_function(a.tokens[i]); });
  if (inner.empty()) return {};
  return attempt(a, grammar, [&]() -> std::optional<Program> {
    const std::size_t at = rng.pick(inner);
    const auto parts = places(a, [&](std::size_t i) {
      return i >= nodes[at].begin && i < at && a.tokens[i].kind != TokenKind::kGroup &&
             same_unit(units[i], units[at]);
    });
    if (parts.empty()) return {};
    return with_subtree(a, at, subtree(a, pick_place(rng, a, parts)));
  });
}

std::optional<Program> insert(Rng& rng, const Program& a, const Grammar& grammar) {
  const std::vector<Unit> units = grammar.units(a);
  const std::vector<Node> nodes = nodes_of(a);
  const std::vector<std::size_t> all = value_places(a);
  return attempt(a, grammar, [&]() -> std::optional<Program> {
    const std::size_t at = pick_place(rng, a, all);
    const FunctionInfo& row = grammar.random_function(rng);
    Token token;
    token.kind = TokenKind::kFunction;
    token.function = static_cast<formula::FunctionId>(row.fn);
    int days = days_left(grammar, nodes[at]);
    if (row.min_window > 0) {
      token.window = grammar.random_window(rng, row, days);
      if (token.window == 0) return {};
      days -= formula::look_back(token);
    }
    token.value = grammar.random_parameter(rng, row);
    Program around;
    const auto n = static_cast<std::size_t>(row.arity);
    const std::size_t own = row.takes_group ? 0 : rng.below(n);
    for (std::size_t i = 0; i < n; ++i) {
      std::optional<Program> operand;
      if (i == own) {
        operand = subtree(a, at);
      } else if (row.takes_group && i + 1 == n) {
        Token group;
        group.kind = TokenKind::kGroup;
        group.name = formula::kIndustryGroup;
        operand = Program{{std::move(group)}};
      } else {
        // Of the same unit, or a plain number, as in scaling.
        const Unit unit = rng.chance(0.5) ? units[at] : Unit{};
        operand = grammar.random_subtree(rng, unit, {2, days, false});
      }
      if (!operand) return {};
      around.tokens.insert(around.tokens.end(), operand->tokens.begin(), operand->tokens.end());
    }
    around.tokens.push_back(std::move(token));
    const std::vector<Unit> result = grammar.units(around);
    if (!same_unit(result.back(), units[at])) return {};
    return with_subtree(a, at, around);
  });
}

std::optional<Program> erase(Rng& rng, const Program& a, const Grammar& grammar) {
  const std::vector<Unit> units = grammar.units(a);
  const auto inner = places(a, [&](std::size_t i) { return is_function(a.tokens[i]); });
  if (inner.empty()) return {};
  return attempt(a, grammar, [&]() -> std::optional<Program> {
    const std::size_t at = rng.pick(inner);
    std::vector<std::size_t> operands = operand_roots(a, at);
    std::erase_if(operands, [&](std::size_t i) {
      return a.tokens[i].kind == TokenKind::kGroup || !same_unit(units[i], units[at]);
    });
    if (operands.empty()) return {};
    return with_subtree(a, at, subtree(a, rng.pick(operands)));
  });
}

std::optional<Program> window_mutation(Rng& rng, const Program& a, const Grammar& grammar) {
  const auto candidates = places(a, [&](std::size_t i) {
    return is_function(a.tokens[i]) &&
           (a.tokens[i].window > 0 || !formula::info(a.tokens[i]).parameter.empty());
  });
  if (candidates.empty()) return {};
  const std::vector<Node> nodes = nodes_of(a);
  return attempt(a, grammar, [&]() -> std::optional<Program> {
    Program child = a;
    const std::size_t at = rng.pick(candidates);
    Token& token = child.tokens[at];
    const FunctionInfo& row = formula::info(token);
    const bool parameter = !row.parameter.empty() && (row.min_window == 0 || rng.chance(0.5));
    if (parameter) {
      token.value = grammar.random_parameter(rng, row);
    } else {
      token.window = grammar.random_window(rng, row, days_left(grammar, nodes[at]));
      if (token.window == 0) return {};
    }
    return child;
  });
}

std::optional<Program> constant_mutation(Rng& rng, const Program& a, const Grammar& grammar) {
  const auto candidates =
      places(a, [&](std::size_t i) { return a.tokens[i].kind == TokenKind::kConstant; });
  if (candidates.empty()) return {};
  return attempt(a, grammar, [&]() -> std::optional<Program> {
    Program child = a;
    float& value = child.tokens[rng.pick(candidates)].value;
    if (rng.chance(0.5)) {
      value = grammar.random_constant(rng);
    } else {
      // A step in proportion, to three decimals.
      const double moved = static_cast<double>(value) * std::exp(0.3 * rng.normal());
      value = static_cast<float>(std::round(moved * 1000) / 1000);
    }
    return child;
  });
}

std::vector<evolve::Variation<FormulaGenome>> variations(std::shared_ptr<const Grammar> grammar,
                                                         std::shared_ptr<const Probe> probe) {
  using Parents = std::span<const FormulaGenome* const>;
  using One = std::optional<Program> (*)(Rng&, const Program&, const Grammar&);
  /// Tries for a child that is no parent in other words.
  constexpr int kTries = 4;
  const OperatorRates& rates = grammar->settings().rates;
  std::vector<evolve::Variation<FormulaGenome>> result;
  const auto add = [&](const char* name, int n_parents, double rate, auto make) {
    if (rate <= 0) return;
    const auto apply = [probe, make](Rng& rng, Parents parents) -> std::optional<FormulaGenome> {
      for (int i = 0; i < (probe ? kTries : 1); ++i) {
        std::optional<Program> child = make(rng, parents);
        if (!child) return {};
        const bool in_other_words =
            probe && std::ranges::any_of(parents, [&](const FormulaGenome* parent) {
              return probe->alike(*child, parent->program);
            });
        if (!in_other_words) return FormulaGenome{*std::move(child)};
      }
      return {};
    };
    result.push_back({name, n_parents, rate, apply});
  };
  const auto add_one = [&](const char* name, double rate, One one) {
    add(name, 1, rate, [grammar, one](Rng& rng, Parents parents) {
      return one(rng, parents[0]->program, *grammar);
    });
  };
  add("crossover", 2, rates.crossover, [grammar](Rng& rng, Parents parents) {
    return crossover(rng, parents[0]->program, parents[1]->program, *grammar);
  });
  add_one("point", rates.point, point_mutation);
  add_one("subtree", rates.subtree, subtree_mutation);
  add_one("hoist", rates.hoist, hoist);
  add_one("insert", rates.insert, insert);
  add_one("delete", rates.erase, erase);
  add_one("window", rates.window, window_mutation);
  add_one("constant", rates.constant, constant_mutation);
  return result;
}

}  // namespace evofactor::gp
