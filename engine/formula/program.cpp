#include "engine/formula/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "engine/core/error.hpp"
#include "engine/core/hash.hpp"
#include "engine/formula/functions.hpp"

namespace evofactor::formula {
namespace {

/// Folds a valid program bottom up: `leaf(token)` for leaves, `apply(token, operands)` for
/// functions.
template <class T, class Leaf, class Apply>
T fold(const Program& program, Leaf&& leaf, Apply&& apply) {
  std::vector<T> stack;
  for (const Token& token : program.tokens) {
    if (token.kind != TokenKind::kFunction) {
      stack.push_back(leaf(token));
      continue;
    }
    const auto n = static_cast<std::size_t>(arity(token));
    EVOFACTOR_CHECK(stack.size() >= n, "{} lacks operands", info(token).name);
    const std::span<T> operands(stack.data() + stack.size() - n, n);
    T value = apply(token, operands);
    stack.resize(stack.size() - n);
    stack.push_back(std::move(value));
  }
  EVOFACTOR_CHECK(stack.size() == 1, "a program leaves {} values", stack.size());
  return std::move(stack.front());
}

/// Order of tokens for canonical(); any total order does, as long as it is the same everywhere.
auto order_key(const Token& token) {
  return std::tuple(token.kind, token.function, std::string_view(token.name), token.window,
                    token.value);
}

std::string leaf_text(const Token& token) {
  return token.kind == TokenKind::kConstant ? number_text(token.value) : token.name;
}

std::optional<std::string> violation_of_function(const Token& token) {
  if (token.function >= static_cast<FunctionId>(Fn::kCount))
    return fmt::format("no function number {}", token.function);
  const FunctionInfo& row = info(token);
  if (token.window < row.min_window || token.window > (row.min_window ? kMaxWindow : 0))
    return fmt::format("{} cannot have a window of {}", signature(row), token.window);
  if (row.parameter.empty()
          ? token.value != 0
          : !(token.value >= row.parameter_low && token.value <= row.parameter_high))
    return fmt::format("{} cannot have the parameter {}", signature(row), token.value);
  return {};
}

std::optional<std::string> violation_of_leaf(const Token& token) {
  switch (token.kind) {
    case TokenKind::kField:
      if (std::ranges::find(known_fields(), token.name) == known_fields().end())
        return fmt::format("unknown field \"{}\"", token.name);
      return {};
    case TokenKind::kGroup:
      if (token.name != kIndustryGroup) return fmt::format("unknown group \"{}\"", token.name);
      return {};
    default:
      if (!std::isfinite(token.value)) return "a constant is not finite";
      return {};
  }
}

}  // namespace

std::string number_text(float value) { return fmt::format("{}", value); }

int arity(const Token& token) { return token.kind == TokenKind::kFunction ? info(token).arity : 0; }

std::size_t subtree_begin(const Program& program, std::size_t root) {
  EVOFACTOR_CHECK(root < program.tokens.size(), "no token {}", root);
  int wanted = 1;
  std::size_t i = root + 1;
  while (wanted > 0) {
    EVOFACTOR_CHECK(i > 0, "token {} lacks operands", root);
    wanted += arity(program.tokens[--i]) - 1;
  }
  return i;
}

ContentHash content_hash(const Program& program) {
  Hasher hasher;
  for (const Token& token : program.tokens) {
    hasher.add(token.kind);
    // Names, not numbers: a hash stays valid when the function table grows.
    hasher.add(token.kind == TokenKind::kFunction ? info(token).name
                                                  : std::string_view(token.name));
    hasher.add(token.window);
    hasher.add(token.value == 0 ? 0.0F : token.value);  // -0 equals 0
  }
  return ContentHash{hasher.value()};
}

std::string to_string(const Program& program) {
  if (program.tokens.empty()) return {};
  return fold<std::string>(program, leaf_text,
                           [](const Token& token, std::span<std::string> operands) {
                             const FunctionInfo& row = info(token);
                             std::string text = fmt::format("{}(", row.name);
                             for (std::size_t i = 0; i < operands.size(); ++i)
                               text += (i ? ", " : "") + operands[i];
                             if (row.min_window > 0) text += fmt::format(", {}", token.window);
                             if (!row.parameter.empty()) text += ", " + number_text(token.value);
                             return text + ")";
                           });
}

std::string to_rpn(const Program& program) {
  std::string text;
  for (const Token& token : program.tokens) {
    if (!text.empty()) text += ' ';
    if (token.kind != TokenKind::kFunction) {
      text += leaf_text(token);
      continue;
    }
    const FunctionInfo& row = info(token);
    if (row.min_window > 0) text += fmt::format("{} ", token.window);
    if (!row.parameter.empty()) text += number_text(token.value) + ' ';
    text += row.name;
  }
  return text;
}

int look_back(const Program& program) {
  if (program.tokens.empty()) return 0;
  return fold<int>(
      program, [](const Token&) { return 0; },
      [](const Token& token, std::span<const int> operands) {
        return look_back(token) + *std::ranges::max_element(operands);
      });
}

int depth(const Program& program) {
  if (program.tokens.empty()) return 0;
  return fold<int>(
      program, [](const Token&) { return 1; },
      [](const Token&, std::span<const int> operands) {
        return 1 + *std::ranges::max_element(operands);
      });
}

std::vector<std::string> fields_of(const Program& program) {
  std::vector<std::string> fields;
  for (const Token& token : program.tokens)
    if (token.kind == TokenKind::kField && std::ranges::find(fields, token.name) == fields.end())
      fields.push_back(token.name);
  return fields;
}

Program canonical(const Program& program) {
  if (program.tokens.empty()) return program;
  const auto before = [](const Program& a, const Program& b) {
    return std::ranges::lexicographical_compare(
        a.tokens, b.tokens,
        [](const Token& x, const Token& y) { return order_key(x) < order_key(y); });
  };
  return fold<Program>(
      program, [](const Token& token) { return Program{{token}}; },
      [&](const Token& token, std::span<Program> operands) {
        if (info(token).commutative && before(operands[1], operands[0]))
          std::swap(operands[0], operands[1]);
        Program joined = std::move(operands[0]);
        for (const Program& next : operands.subspan(1))
          joined.tokens.insert(joined.tokens.end(), next.tokens.begin(), next.tokens.end());
        joined.tokens.push_back(token);
        return joined;
      });
}

std::optional<std::string> violation(const Program& program) {
  // For each value on the stack: is it a group name?
  std::vector<bool> stack;
  bool reads_field = false;
  for (const Token& token : program.tokens) {
    if (token.kind != TokenKind::kFunction) {
      if (auto problem = violation_of_leaf(token)) return problem;
      reads_field |= token.kind == TokenKind::kField;
      stack.push_back(token.kind == TokenKind::kGroup);
      continue;
    }
    if (auto problem = violation_of_function(token)) return problem;
    const FunctionInfo& row = info(token);
    if (stack.size() < static_cast<std::size_t>(row.arity))
      return fmt::format("{} lacks operands", signature(row));
    for (int i = row.arity; i-- > 0; stack.pop_back())
      if (stack.back() && !(row.takes_group && i == row.arity - 1))
        return fmt::format("{} cannot take a group as operand {}", signature(row), i + 1);
    stack.push_back(false);
  }
  if (stack.size() != 1 || stack.front())
    return fmt::format("a program leaves one value, this one {}", stack.size());
  if (!reads_field) return "the formula reads no field";
  return {};
}

}  // namespace evofactor::formula
