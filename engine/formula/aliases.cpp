#include "engine/formula/aliases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <string>

namespace evofactor::formula {
namespace {

using Arguments = std::span<const Expression>;

Expression call(Fn fn, std::initializer_list<Expression> arguments, std::size_t position) {
  return apply(info(fn), std::span(arguments.begin(), arguments.size()), position);
}

float to_f32(double value) { return static_cast<float>(value); }

// qlib's weights are 0..d-1, and their weighted values are averaged, not summed.
Expression qlib_wma(Arguments a, std::size_t at) {
  const int d = read_window(a[1], 2, "WMA(x, d)");
  const Expression sum = call(Fn::kDecayLinear, {a[0], literal(to_f32(d - 1), a[1].position)}, at);
  return call(Fn::kDiv, {sum, literal(to_f32(d), a[1].position)}, at);
}

// alphagen's weights are 0..d-1: the oldest value counts nothing.
Expression alphagen_wma(Arguments a, std::size_t at) {
  const int d = read_window(a[1], 2, "WMA(x, d)");
  return call(Fn::kDecayLinear, {a[0], literal(to_f32(d - 1), a[1].position)}, at);
}

// alphagen ranks from the largest value down.
Expression alphagen_rank(Arguments a, std::size_t at) {
  const double d = read_window(a[1], 1, "Rank(x, d)");
  return call(Fn::kSub, {literal(to_f32((d + 1) / d), at), call(Fn::kTsRank, {a[0], a[1]}, at)},
              at);
}

// alphagen's median of an even number of values is the lower of the two in the middle.
Expression alphagen_med(Arguments a, std::size_t at) {
  const int d = read_window(a[1], 1, "Med(x, d)");
  if (d % 2 == 1) return call(Fn::kTsMedian, {a[0], a[1]}, at);
  const double q = (d / 2 - 1) / (d - 1.0);
  return call(Fn::kTsQuantile, {a[0], a[1], literal(to_f32(q), at)}, at);
}

// alphagen's skewness is m3 / m2^1.5 without our adjustment for the number of values.
Expression alphagen_skew(Arguments a, std::size_t at) {
  const double d = read_window(a[1], 3, "Skew(x, d)");
  const double factor = (d - 2) / std::sqrt(d * (d - 1));
  return call(Fn::kMul, {call(Fn::kTsSkew, {a[0], a[1]}, at), literal(to_f32(factor), at)}, at);
}

// alphagen's kurtosis is m4 / var^2 - 3 with the unbiased variance: linear in our corrected one,
// G2 = (n-1) / ((n-2)(n-3)) * ((n+1) (b2 - 3) + 6) with b2 = m4 / m2^2.
Expression alphagen_kurt(Arguments a, std::size_t at) {
  const double d = read_window(a[1], 4, "Kurt(x, d)");
  const double shrink = (d - 1) * (d - 1) / (d * d);
  const double factor = shrink * (d - 2) * (d - 3) / ((d - 1) * (d + 1));
  const double offset = shrink * (3 - 6 / (d + 1)) - 3;
  const Expression scaled =
      call(Fn::kMul, {call(Fn::kTsKurt, {a[0], a[1]}, at), literal(to_f32(factor), at)}, at);
  return call(Fn::kAdd, {scaled, literal(to_f32(offset), at)}, at);
}

Expression power(Arguments a, std::size_t at) {
  const Expression& exponent = a[1];
  if (!exponent.literal)
    throw Mistake{exponent.position,
                  "the exponent must be a number written out; for another one "
                  "write exp(mul(y, log(x))), which needs x > 0"};
  const float e = exponent.number();
  if (e == 0.5F) return call(Fn::kSqrt, {a[0]}, at);
  if (e == 0 || e != std::floor(e))
    throw Mistake{exponent.position,
                  fmt::format("the power {0} of a negative number is missing there, while "
                              "spow(x, {0}) keeps its sign; write spow(x, {0}), or for x > 0 "
                              "exp(mul({0}, log(x)))",
                              e)};
  const Expression signed_power = call(Fn::kSpow, {a[0], exponent}, at);
  return std::fmod(e, 2.0F) == 0 ? call(Fn::kAbs, {signed_power}, at) : signed_power;
}

Expression qlib_if(Arguments a, std::size_t at) {
  const Token& condition = a[0].tokens.back();
  const Fn fn = static_cast<Fn>(condition.function);
  const bool comparison = condition.kind == TokenKind::kFunction &&
                          (fn == Fn::kGt || fn == Fn::kLt || fn == Fn::kGe || fn == Fn::kLe);
  if (!comparison)
    throw Mistake{a[0].position,
                  "the condition of If holds wherever it is not 0, that of "
                  "if_else(x, y, z) where it is > 0; write a comparison such as "
                  "Gt(x, y), or if_else"};
  return call(Fn::kIfElse, {a[0], a[1], a[2]}, at);
}

Expression signed_log1p(Arguments a, std::size_t at) {
  const Expression size = call(Fn::kAdd, {call(Fn::kAbs, {a[0]}, at), literal(1, at)}, at);
  return call(Fn::kMul, {call(Fn::kSign, {a[0]}, at), call(Fn::kLog, {size}, at)}, at);
}

Expression written_constant(Arguments a, std::size_t) {
  if (!a[0].literal) throw Mistake{a[0].position, "Constant takes a number written out"};
  return a[0];
}

constexpr Alias same_as(Fn fn, std::string_view name, std::string_view signature,
                        std::size_t n_arguments) {
  return {.name = name, .signature = signature, .n_arguments = n_arguments, .same = fn};
}
constexpr Alias unary(Fn fn, std::string_view name, std::string_view signature) {
  return same_as(fn, name, signature, 1);
}
constexpr Alias pair(Fn fn, std::string_view name, std::string_view signature) {
  return same_as(fn, name, signature, 2);
}
constexpr Alias rolling(Fn fn, std::string_view name, std::string_view signature) {
  return same_as(fn, name, signature, 2);
}
constexpr Alias rolling_pair(Fn fn, std::string_view name, std::string_view signature) {
  return same_as(fn, name, signature, 3);
}
constexpr Alias expanded(std::string_view name, std::string_view signature, std::size_t n_arguments,
                         Expression (*expand)(Arguments, std::size_t)) {
  return {.name = name,
          .signature = signature,
          .n_arguments = n_arguments,
          .same = std::nullopt,
          .expand = expand};
}
constexpr Alias refused(std::string_view name, std::string_view reason) {
  return {.name = name,
          .signature = name,
          .n_arguments = 0,
          .same = std::nullopt,
          .expand = nullptr,
          .refusal = reason};
}

constexpr std::string_view kPositionFromStart =
    "it counts from the window's oldest day, which is 1, and takes the oldest among ties; ours "
    "counts days back from today and takes the most recent: write sub(d, ts_argmax(x, d)) or "
    "sub(d, ts_argmin(x, d)) where ties do not matter";
constexpr std::string_view kNoEquality =
    "values of 32-bit floats are not compared for equality; write gt, lt, ge or le";
constexpr std::string_view kNoLogic =
    "there are no truth values; comparisons give 1 or 0: write mul for and, max for or, "
    "sub(1, x) for not";

constexpr std::array kQlib{
    rolling(Fn::kDelay, "Ref", "Ref(x, d)"),
    rolling(Fn::kTsMean, "Mean", "Mean(x, d)"),
    rolling(Fn::kTsSum, "Sum", "Sum(x, d)"),
    rolling(Fn::kTsStd, "Std", "Std(x, d)"),
    rolling(Fn::kTsVar, "Var", "Var(x, d)"),
    rolling(Fn::kTsSkew, "Skew", "Skew(x, d)"),
    rolling(Fn::kTsKurt, "Kurt", "Kurt(x, d)"),
    rolling(Fn::kTsMax, "Max", "Max(x, d)"),
    rolling(Fn::kTsMin, "Min", "Min(x, d)"),
    rolling(Fn::kTsMedian, "Med", "Med(x, d)"),
    rolling(Fn::kTsMad, "Mad", "Mad(x, d)"),
    rolling(Fn::kTsRank, "Rank", "Rank(x, d)"),
    same_as(Fn::kTsQuantile, "Quantile", "Quantile(x, d, q)", 3),
    rolling(Fn::kDelta, "Delta", "Delta(x, d)"),
    rolling(Fn::kTsSlope, "Slope", "Slope(x, d)"),
    rolling(Fn::kTsResid, "Resi", "Resi(x, d)"),
    rolling(Fn::kTsRsquare, "Rsquare", "Rsquare(x, d)"),
    rolling(Fn::kEwm, "EMA", "EMA(x, d)"),
    expanded("WMA", "WMA(x, d)", 2, qlib_wma),
    rolling_pair(Fn::kTsCorr, "Corr", "Corr(x, y, d)"),
    rolling_pair(Fn::kTsCov, "Cov", "Cov(x, y, d)"),
    unary(Fn::kAbs, "Abs", "Abs(x)"),
    unary(Fn::kSign, "Sign", "Sign(x)"),
    unary(Fn::kLog, "Log", "Log(x)"),
    expanded("Power", "Power(x, a)", 2, power),
    pair(Fn::kAdd, "Add", "Add(x, y)"),
    pair(Fn::kSub, "Sub", "Sub(x, y)"),
    pair(Fn::kMul, "Mul", "Mul(x, y)"),
    pair(Fn::kDiv, "Div", "Div(x, y)"),
    pair(Fn::kMax, "Greater", "Greater(x, y)"),
    pair(Fn::kMin, "Less", "Less(x, y)"),
    pair(Fn::kGt, "Gt", "Gt(x, y)"),
    pair(Fn::kGe, "Ge", "Ge(x, y)"),
    pair(Fn::kLt, "Lt", "Lt(x, y)"),
    pair(Fn::kLe, "Le", "Le(x, y)"),
    expanded("If", "If(x, y, z)", 3, qlib_if),
    refused("IdxMax", kPositionFromStart),
    refused("IdxMin", kPositionFromStart),
    refused("Count",
            "a window here has a value only where all its days have one, so the count of "
            "values would always be d"),
    refused("Mask", "the values of another stock cannot be read"),
    refused("Eq", kNoEquality),
    refused("Ne", kNoEquality),
    refused("And", kNoLogic),
    refused("Or", kNoLogic),
    refused("Not", kNoLogic),
};

constexpr std::array kAlphagen{
    rolling(Fn::kDelay, "Ref", "Ref(x, d)"),
    rolling(Fn::kTsMean, "Mean", "Mean(x, d)"),
    rolling(Fn::kTsSum, "Sum", "Sum(x, d)"),
    rolling(Fn::kTsStd, "Std", "Std(x, d)"),
    rolling(Fn::kTsVar, "Var", "Var(x, d)"),
    expanded("Skew", "Skew(x, d)", 2, alphagen_skew),
    expanded("Kurt", "Kurt(x, d)", 2, alphagen_kurt),
    rolling(Fn::kTsMax, "Max", "Max(x, d)"),
    rolling(Fn::kTsMin, "Min", "Min(x, d)"),
    expanded("Med", "Med(x, d)", 2, alphagen_med),
    rolling(Fn::kTsMad, "Mad", "Mad(x, d)"),
    expanded("Rank", "Rank(x, d)", 2, alphagen_rank),
    rolling(Fn::kDelta, "Delta", "Delta(x, d)"),
    expanded("WMA", "WMA(x, d)", 2, alphagen_wma),
    rolling(Fn::kEma, "EMA", "EMA(x, d)"),
    rolling_pair(Fn::kTsCov, "Cov", "Cov(x, y, d)"),
    rolling_pair(Fn::kTsCorr, "Corr", "Corr(x, y, d)"),
    unary(Fn::kAbs, "Abs", "Abs(x)"),
    unary(Fn::kSign, "Sign", "Sign(x)"),
    unary(Fn::kLog, "Log", "Log(x)"),
    expanded("SLog1p", "SLog1p(x)", 1, signed_log1p),
    unary(Fn::kInv, "Inv", "Inv(x)"),
    unary(Fn::kCsRank, "CSRank", "CSRank(x)"),
    expanded("Constant", "Constant(a)", 1, written_constant),
    pair(Fn::kAdd, "Add", "Add(x, y)"),
    pair(Fn::kSub, "Sub", "Sub(x, y)"),
    pair(Fn::kMul, "Mul", "Mul(x, y)"),
    pair(Fn::kDiv, "Div", "Div(x, y)"),
    expanded("Pow", "Pow(x, a)", 2, power),
    pair(Fn::kMax, "Greater", "Greater(x, y)"),
    pair(Fn::kMin, "Less", "Less(x, y)"),
};

}  // namespace

std::string_view name_of(Dialect dialect) {
  return dialect == Dialect::kQlib ? "qlib" : "alphagen";
}

std::span<const Alias> aliases(Dialect dialect) {
  return dialect == Dialect::kQlib ? std::span<const Alias>(kQlib)
                                   : std::span<const Alias>(kAlphagen);
}

const Alias* find_alias(Dialect dialect, std::string_view name) {
  const auto rows = aliases(dialect);
  const auto row = std::ranges::find(rows, name, &Alias::name);
  return row == rows.end() ? nullptr : &*row;
}

Expression apply(const Alias& alias, std::span<const Expression> arguments, std::size_t position) {
  if (!alias.refusal.empty())
    throw Mistake{position, fmt::format("{} cannot be read: {}", alias.name, alias.refusal)};
  if (arguments.size() != alias.n_arguments)
    throw Mistake{
        arguments.size() > alias.n_arguments ? arguments[alias.n_arguments].position : position,
        fmt::format("{} takes {} argument{}, got {}", alias.signature, alias.n_arguments,
                    alias.n_arguments == 1 ? "" : "s", arguments.size())};
  if (alias.expand) return alias.expand(arguments, position);
  try {
    return apply(info(*alias.same), arguments, position);
  } catch (Mistake& mistake) {
    mistake.message +=
        fmt::format(" ({} is read as {})", alias.signature, signature(info(*alias.same)));
    throw;
  }
}

}  // namespace evofactor::formula
