#include "engine/formula/simplify.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/formula/functions.hpp"

namespace evofactor::formula {
namespace {

using Operands = std::span<Program>;

Fn fn_of(const Token& token) { return static_cast<Fn>(token.function); }
/// Whether the program's last step is this function.
bool ends_in(const Program& program, Fn fn) {
  return program.tokens.back().kind == TokenKind::kFunction && fn_of(program.tokens.back()) == fn;
}
bool is_number(const Program& program) {
  return program.tokens.size() == 1 && program.tokens.front().kind == TokenKind::kConstant;
}
bool is_number(const Program& program, float value) {
  return is_number(program) && program.tokens.front().value == value;
}
Program number(float value) { return {{Token{.kind = TokenKind::kConstant, .value = value}}}; }
Token call(Fn fn) {
  return {.kind = TokenKind::kFunction, .function = static_cast<FunctionId>(fn)};
}

Program joined(Operands operands, const Token& token) {
  Program result = std::move(operands[0]);
  for (const Program& next : operands.subspan(1))
    result.tokens.insert(result.tokens.end(), next.tokens.begin(), next.tokens.end());
  result.tokens.push_back(token);
  return result;
}

/// The operand of the one-operand function a program ends in.
Program inner(Program program) {
  program.tokens.pop_back();
  return program;
}

Program negated(Program program) {
  if (is_number(program)) return number(-program.tokens.front().value);
  if (ends_in(program, Fn::kNeg)) return inner(std::move(program));
  program.tokens.push_back(call(Fn::kNeg));
  return program;
}

/// Values of functions that are never below 0.
bool never_negative(const Program& program) {
  static constexpr std::array kNever{Fn::kAbs,      Fn::kSqrt,   Fn::kExp,       Fn::kSigmoid,
                                     Fn::kGt,       Fn::kLt,     Fn::kGe,        Fn::kLe,
                                     Fn::kTsVar,    Fn::kTsStd,  Fn::kTsMad,     Fn::kTsArgmax,
                                     Fn::kTsArgmin, Fn::kTsRank, Fn::kTsRsquare, Fn::kCsRank};
  return std::ranges::any_of(kNever, [&](Fn fn) { return ends_in(program, fn); });
}

/// Functions of a window whose value over one day is the day's.
bool is_identity_on_one_day(Fn fn) {
  static constexpr std::array kIdentities{
      Fn::kTsSum,    Fn::kTsMean,     Fn::kTsProduct,   Fn::kTsMax, Fn::kTsMin,
      Fn::kTsMedian, Fn::kTsQuantile, Fn::kDecayLinear, Fn::kEma,   Fn::kWilder};
  return std::ranges::find(kIdentities, fn) != kIdentities.end();
}

/// Arithmetic of two numbers as the language does it; nothing if the result is missing.
std::optional<float> computed(Fn fn, float a, float b) {
  float value = 0;
  switch (fn) {
    case Fn::kAdd:
      value = a + b;
      break;
    case Fn::kSub:
      value = a - b;
      break;
    case Fn::kMul:
      value = a * b;
      break;
    case Fn::kDiv:
      value = a / b;
      break;
    case Fn::kMin:
      value = std::min(a, b);
      break;
    case Fn::kMax:
      value = std::max(a, b);
      break;
    default:
      return std::nullopt;
  }
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

/// A simpler form of a function of simplified operands; nothing if there is none.
std::optional<Program> simpler(const Token& token, Operands x) {
  const Fn fn = fn_of(token);
  if (x.size() == 2 && is_number(x[0]) && is_number(x[1]))
    if (const auto value = computed(fn, x[0].tokens[0].value, x[1].tokens[0].value))
      return number(*value);
  switch (fn) {
    case Fn::kNeg:
      if (is_number(x[0]) || ends_in(x[0], Fn::kNeg)) return negated(std::move(x[0]));
      break;
    case Fn::kAdd:
      if (is_number(x[0], 0)) return std::move(x[1]);
      if (is_number(x[1], 0)) return std::move(x[0]);
      if (ends_in(x[1], Fn::kNeg)) {
        x[1] = inner(std::move(x[1]));
        return joined(x, call(Fn::kSub));
      }
      break;
    case Fn::kSub:
      if (is_number(x[1], 0)) return std::move(x[0]);
      if (is_number(x[0], 0)) return negated(std::move(x[1]));
      if (ends_in(x[1], Fn::kNeg)) {
        x[1] = inner(std::move(x[1]));
        return joined(x, call(Fn::kAdd));
      }
      break;
    case Fn::kMul:
      for (const std::size_t i : {0U, 1U}) {
        if (is_number(x[i], 1)) return std::move(x[1 - i]);
        if (is_number(x[i], -1)) return negated(std::move(x[1 - i]));
      }
      break;
    case Fn::kDiv:
      if (is_number(x[1], 1)) return std::move(x[0]);
      if (is_number(x[1], -1)) return negated(std::move(x[0]));
      break;
    case Fn::kAbs:
      if (ends_in(x[0], Fn::kNeg)) x[0] = inner(std::move(x[0]));
      if (never_negative(x[0])) return std::move(x[0]);
      return joined(x, token);
    case Fn::kSign:
      if (ends_in(x[0], Fn::kSign)) return std::move(x[0]);
      break;
    case Fn::kCsRank:
      if (ends_in(x[0], Fn::kCsRank)) return std::move(x[0]);
      break;
    case Fn::kDelay:
    case Fn::kTsMax:
    case Fn::kTsMin:
      if (ends_in(x[0], fn)) {
        const int overlap = fn == Fn::kDelay ? 0 : 1;
        Token longer = token;
        longer.window += x[0].tokens.back().window - overlap;
        x[0] = inner(std::move(x[0]));
        return joined(x, longer);
      }
      break;
    default:
      break;
  }
  if (token.window == 1 && is_identity_on_one_day(fn)) return std::move(x[0]);
  return std::nullopt;
}

}  // namespace

Program simplify(const Program& program) {
  std::vector<Program> stack;
  for (const Token& token : program.tokens) {
    const auto n = static_cast<std::size_t>(arity(token));
    if (n == 0) {
      stack.push_back({{token}});
      continue;
    }
    const Operands operands = std::span(stack).last(n);
    std::optional<Program> result = simpler(token, operands);
    Program whole = result ? *std::move(result) : joined(operands, token);
    stack.resize(stack.size() - n);
    stack.push_back(std::move(whole));
  }
  return stack.empty() ? program : std::move(stack.back());
}

Program ranking_core(const Program& program) {
  Program core = simplify(program);
  while (true) {
    if (ends_in(core, Fn::kNeg) || ends_in(core, Fn::kCsRank)) {
      core = inner(std::move(core));
      continue;
    }
    const Token& last = core.tokens.back();
    const bool scales =
        last.kind == TokenKind::kFunction && (fn_of(last) == Fn::kMul || fn_of(last) == Fn::kDiv);
    if (!scales) return core;
    const std::size_t second = subtree_begin(core, core.tokens.size() - 2);
    Program left{{core.tokens.begin(), core.tokens.begin() + static_cast<std::ptrdiff_t>(second)}};
    Program right{
        {core.tokens.begin() + static_cast<std::ptrdiff_t>(second), core.tokens.end() - 1}};
    const auto matters = [](const Program& p) { return is_number(p) && p.tokens[0].value != 0; };
    if (matters(right)) {
      core = std::move(left);
    } else if (matters(left) && fn_of(last) == Fn::kMul) {
      core = std::move(right);
    } else {
      return core;
    }
  }
}

}  // namespace evofactor::formula
