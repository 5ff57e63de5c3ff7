#include "baselines/gp/units.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/formula/functions.hpp"

namespace evofactor::gp {
namespace {

using formula::Fn;
using formula::FnGroup;
using formula::Token;
using formula::TokenKind;

constexpr Unit kNumber{};
constexpr Unit kInvalid{.valid = false};
/// Powers beyond this mean nothing to anyone.
constexpr double kLargestPower = 2;

Unit of_powers(double price, double volume) {
  if (std::abs(price) > kLargestPower || std::abs(volume) > kLargestPower) return kInvalid;
  return {.price = price, .volume = volume};
}
Unit power(const Unit& x, double a) { return of_powers(x.price * a, x.volume * a); }
Unit product(const Unit& x, const Unit& y) {
  return of_powers(x.price + y.price, x.volume + y.volume);
}
Unit quotient(const Unit& x, const Unit& y) {
  return of_powers(x.price - y.price, x.volume - y.volume);
}
bool is_number(const Unit& x) { return x.price == 0 && x.volume == 0; }
/// The unit two values share.
Unit common(const Unit& x, const Unit& y) {
  if (x.zero) return y;
  if (y.zero) return x;
  return x.price == y.price && x.volume == y.volume ? x : kInvalid;
}

Unit unit_of_elementwise(const Token& function, std::span<const Unit> x) {
  switch (static_cast<Fn>(function.function)) {
    case Fn::kAdd:
    case Fn::kSub:
    case Fn::kMin:
    case Fn::kMax:
      return common(x[0], x[1]);
    case Fn::kGt:
    case Fn::kLt:
    case Fn::kGe:
    case Fn::kLe:
      return common(x[0], x[1]).valid ? kNumber : kInvalid;
    case Fn::kMul:
      return product(x[0], x[1]);
    case Fn::kDiv:
      return quotient(x[0], x[1]);
    case Fn::kIfElse:
      return common(x[1], x[2]);
    case Fn::kNeg:
    case Fn::kAbs:
      return x[0];
    case Fn::kLog:
    case Fn::kSign:
      return kNumber;
    case Fn::kSqrt:
      return power(x[0], 0.5);
    case Fn::kInv:
      return power(x[0], -1);
    case Fn::kSpow:
      return power(x[0], function.value);
    default:  // exp, tanh, sigmoid
      return is_number(x[0]) ? kNumber : kInvalid;
  }
}

Unit unit_of_window_function(const Token& function, std::span<const Unit> x) {
  switch (static_cast<Fn>(function.function)) {
    case Fn::kTsVar:
      return power(x[0], 2);
    case Fn::kTsProduct:
      return power(x[0], function.window);
    case Fn::kTsReturn:
    case Fn::kTsSkew:
    case Fn::kTsKurt:
    case Fn::kTsMeanstd:
    case Fn::kTsZscore:
    case Fn::kTsArgmax:
    case Fn::kTsArgmin:
    case Fn::kTsRank:
    case Fn::kTsCorr:
    case Fn::kTsRsquare:
      return kNumber;
    case Fn::kTsCov:
      return product(x[0], x[1]);
    case Fn::kTsBeta:
      return quotient(x[0], x[1]);
    default:  // means, extremes, deviations, slopes
      return x[0];
  }
}

Unit unit_of_cross_section(const Token& function, std::span<const Unit> x) {
  switch (static_cast<Fn>(function.function)) {
    case Fn::kCsRank:
    case Fn::kCsZscore:
    case Fn::kCsScale:
      return kNumber;
    default:
      return x[0];
  }
}

bool keeps_scale(Fn fn) {
  switch (fn) {
    case Fn::kMin:
    case Fn::kMax:
    case Fn::kIfElse:
    case Fn::kDelay:
    case Fn::kTsMean:
    case Fn::kTsMax:
    case Fn::kTsMin:
    case Fn::kTsMedian:
    case Fn::kTsQuantile:
    case Fn::kDecayLinear:
    case Fn::kEma:
    case Fn::kWilder:
      return true;
    default:
      return false;
  }
}

bool is_comparison(Fn fn) {
  return fn == Fn::kGt || fn == Fn::kLt || fn == Fn::kGe || fn == Fn::kLe;
}

/// Whether operands of one unit have to have one scale, too.
bool needs_one_scale(Fn fn) {
  return is_comparison(fn) || fn == Fn::kAdd || fn == Fn::kSub || fn == Fn::kMin || fn == Fn::kMax;
}

/// The scale of a function's value; nothing if those of its operands do not go together.
std::optional<Scale> scale_of(Fn fn, std::span<const Unit> x) {
  if (fn == Fn::kIfElse) {
    if (x[0].scale != Scale::kBoolean) return {};
    x = x.subspan(1);
  }
  const auto boolean = [](const Unit& u) { return u.scale == Scale::kBoolean; };
  if (std::ranges::any_of(x, boolean)) {
    if (fn == Fn::kDelay) return Scale::kBoolean;
    if (fn == Fn::kTsMean || fn == Fn::kTsSum) return Scale::kRatio;
    return {};
  }
  // Literals join whatever stands beside them.
  std::optional<Scale> shared;
  for (const Unit& operand : x) {
    if (operand.literal) continue;
    if (shared && *shared != operand.scale) {
      if (needs_one_scale(fn) || fn == Fn::kIfElse) return {};
      return Scale::kRatio;
    }
    shared = operand.scale;
  }
  if (is_comparison(fn)) return Scale::kBoolean;
  if (fn == Fn::kCsRank || fn == Fn::kTsRank) return Scale::kRank;
  return keeps_scale(fn) ? shared.value_or(Scale::kRatio) : Scale::kRatio;
}

}  // namespace

Unit unit_of_field(std::string_view field) {
  if (field.starts_with("raw_")) field.remove_prefix(4);
  if (field == "volume") return {.price = 0, .volume = 1};
  if (field == "amount" || field == "float_cap" || field == "total_cap")
    return {.price = 1, .volume = 1};
  if (field == "turnover") return kNumber;
  return {.price = 1, .volume = 0};
}

Unit unit_of(const Token& function, std::span<const Unit> operands, Typing typing) {
  for (const Unit& operand : operands)
    if (!operand.valid) return kInvalid;
  Unit unit;
  switch (formula::info(function).group) {
    case FnGroup::kElementwise:
      unit = unit_of_elementwise(function, operands);
      break;
    case FnGroup::kCrossSection:
      unit = unit_of_cross_section(function, operands);
      break;
    default:
      unit = unit_of_window_function(function, operands);
  }
  unit.zero = unit.literal = false;
  unit.scale = Scale::kRatio;
  if (typing == Typing::kScales && unit.valid) {
    const auto scale = scale_of(static_cast<Fn>(function.function), operands);
    if (!scale) return kInvalid;
    unit.scale = *scale;
  }
  return unit;
}

std::vector<Unit> units_of(const formula::Program& program, Typing typing) {
  std::vector<Unit> units, stack;
  units.reserve(program.tokens.size());
  for (const Token& token : program.tokens) {
    Unit unit;
    if (token.kind == TokenKind::kField) {
      unit = unit_of_field(token.name);
    } else if (token.kind == TokenKind::kConstant) {
      unit.zero = token.value == 0;
      unit.literal = true;
    } else if (token.kind == TokenKind::kFunction) {
      const auto n = static_cast<std::size_t>(formula::arity(token));
      unit = unit_of(token, std::span(stack).last(n), typing);
      stack.resize(stack.size() - n);
    }
    units.push_back(unit);
    stack.push_back(unit);
  }
  return units;
}

}  // namespace evofactor::gp
