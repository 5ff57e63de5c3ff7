#include "engine/formula/functions.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/core/error.hpp"

namespace evofactor::formula {
namespace {

using enum FnGroup;

constexpr std::size_t kCount = static_cast<std::size_t>(Fn::kCount);

/// Weights of a recursive average below this are taken as none.
constexpr double kNegligibleWeight = 1e-7;

constexpr FunctionInfo elementwise(Fn fn, std::string_view name, int arity, std::string_view doc) {
  return {.fn = fn, .name = name, .group = kElementwise, .arity = arity, .doc = doc};
}
constexpr FunctionInfo commutative(FunctionInfo row) {
  row.commutative = true;
  return row;
}
constexpr FunctionInfo windowed(Fn fn, std::string_view name, FnGroup group, int arity,
                                int min_window, std::string_view doc) {
  return {
      .fn = fn, .name = name, .group = group, .arity = arity, .min_window = min_window, .doc = doc};
}
constexpr FunctionInfo beyond_window(FunctionInfo row) {
  row.reads_beyond_window = true;
  return row;
}
constexpr FunctionInfo cross_section(Fn fn, std::string_view name, std::string_view doc) {
  return {.fn = fn, .name = name, .group = kCrossSection, .arity = 1, .doc = doc};
}
constexpr FunctionInfo with_parameter(FunctionInfo row, std::string_view parameter, float low,
                                      float high) {
  row.parameter = parameter;
  row.parameter_low = low;
  row.parameter_high = high;
  return row;
}
constexpr FunctionInfo with_group(FunctionInfo row) {
  row.arity = 2;
  row.takes_group = true;
  return row;
}

constexpr std::array<FunctionInfo, kCount> kFunctions{{
    commutative(elementwise(Fn::kAdd, "add", 2, "x + y")),
    elementwise(Fn::kSub, "sub", 2, "x - y"),
    commutative(elementwise(Fn::kMul, "mul", 2, "x y")),
    elementwise(Fn::kDiv, "div", 2, "x / y; missing where y is 0"),
    elementwise(Fn::kNeg, "neg", 1, "-x"),
    elementwise(Fn::kAbs, "abs", 1, "absolute value"),
    elementwise(Fn::kLog, "log", 1, "natural logarithm; missing where x <= 0"),
    elementwise(Fn::kSqrt, "sqrt", 1, "square root; missing where x < 0"),
    elementwise(Fn::kSign, "sign", 1, "-1, 0 or 1"),
    elementwise(Fn::kInv, "inv", 1, "1 / x; missing where x is 0"),
    elementwise(Fn::kExp, "exp", 1, "e to the x"),
    elementwise(Fn::kTanh, "tanh", 1, "hyperbolic tangent"),
    elementwise(Fn::kSigmoid, "sigmoid", 1, "1 / (1 + exp(-x))"),
    with_parameter(elementwise(Fn::kSpow, "spow", 1, "sign(x) abs(x)^a"), "a", -10, 10),
    commutative(elementwise(Fn::kMin, "min", 2, "the smaller of two values")),
    commutative(elementwise(Fn::kMax, "max", 2, "the larger of two values")),
    elementwise(Fn::kIfElse, "if_else", 3, "y where x > 0, else z; missing where x is missing"),
    elementwise(Fn::kGt, "gt", 2, "1 where x > y, else 0; missing where either is missing"),
    elementwise(Fn::kLt, "lt", 2, "1 where x < y, else 0; missing where either is missing"),
    elementwise(Fn::kGe, "ge", 2, "1 where x >= y, else 0; missing where either is missing"),
    elementwise(Fn::kLe, "le", 2, "1 where x <= y, else 0; missing where either is missing"),

    beyond_window(windowed(Fn::kDelay, "delay", kLookBack, 1, 1, "x of d days ago")),
    beyond_window(windowed(Fn::kDelta, "delta", kLookBack, 1, 1, "x - delay(x, d)")),
    beyond_window(windowed(Fn::kTsReturn, "ts_return", kLookBack, 1, 1, "x / delay(x, d) - 1")),

    windowed(Fn::kTsSum, "ts_sum", kMoments, 1, 1, "sum"),
    windowed(Fn::kTsMean, "ts_mean", kMoments, 1, 1, "mean"),
    windowed(Fn::kTsVar, "ts_var", kMoments, 1, 2, "variance (n - 1)"),
    windowed(Fn::kTsStd, "ts_std", kMoments, 1, 2, "standard deviation (n - 1)"),
    windowed(Fn::kTsSkew, "ts_skew", kMoments, 1, 3, "adjusted Fisher-Pearson skewness"),
    windowed(Fn::kTsKurt, "ts_kurt", kMoments, 1, 4, "bias-corrected excess kurtosis"),
    windowed(Fn::kTsMeanstd, "ts_meanstd", kMoments, 1, 2, "mean / standard deviation"),
    windowed(Fn::kTsZscore, "ts_zscore", kMoments, 1, 2, "(x - mean) / standard deviation"),
    windowed(Fn::kTsMad, "ts_mad", kMoments, 1, 2, "mean absolute deviation from the mean"),
    windowed(Fn::kTsProduct, "ts_product", kMoments, 1, 1, "product"),

    windowed(Fn::kTsMax, "ts_max", kOrder, 1, 1, "largest value"),
    windowed(Fn::kTsMin, "ts_min", kOrder, 1, 1, "smallest value"),
    windowed(Fn::kTsMedian, "ts_median", kOrder, 1, 1, "median"),
    with_parameter(windowed(Fn::kTsQuantile, "ts_quantile", kOrder, 1, 1,
                            "quantile q, with linear interpolation"),
                   "q", 0, 1),
    windowed(Fn::kTsArgmax, "ts_argmax", kOrder, 1, 1,
             "days since the largest value, 0 = today; the most recent among ties"),
    windowed(Fn::kTsArgmin, "ts_argmin", kOrder, 1, 1,
             "days since the smallest value, 0 = today; the most recent among ties"),
    windowed(Fn::kTsRank, "ts_rank", kOrder, 1, 1, "average rank of today's value / d"),

    windowed(Fn::kDecayLinear, "decay_linear", kWeighted, 1, 1,
             "weighted mean, weights 1..d, the newest heaviest"),
    windowed(Fn::kEma, "ema", kWeighted, 1, 1,
             "exponential mean, alpha 2/(d+1), over exactly d values, weights normalised"),
    windowed(Fn::kWilder, "wilder", kWeighted, 1, 1,
             "exponential mean, alpha 1/d, over exactly d values, weights normalised"),
    beyond_window(windowed(Fn::kEwm, "ewm", kWeighted, 1, 1,
                           "recursive exponential mean, alpha 2/(d+1); depends on where history "
                           "starts")),
    beyond_window(windowed(Fn::kEwmWilder, "ewm_wilder", kWeighted, 1, 1,
                           "recursive exponential mean, alpha 1/d; depends on where history "
                           "starts")),

    commutative(windowed(Fn::kTsCov, "ts_cov", kPairs, 2, 2, "covariance (n - 1)")),
    commutative(windowed(Fn::kTsCorr, "ts_corr", kPairs, 2, 2, "correlation, within [-1, 1]")),
    windowed(Fn::kTsSlope, "ts_slope", kPairs, 1, 2, "slope of the least-squares line over time"),
    windowed(Fn::kTsResid, "ts_resid", kPairs, 1, 3,
             "newest value minus the least-squares line over time"),
    windowed(Fn::kTsRsquare, "ts_rsquare", kPairs, 1, 3,
             "share of variance that the least-squares line over time explains"),
    windowed(Fn::kTsBeta, "ts_beta", kPairs, 2, 2,
             "slope of the regression of the first on the "
             "second operand"),
    windowed(Fn::kTsAlpha, "ts_alpha", kPairs, 2, 2,
             "intercept of the regression of the first on the second operand"),

    cross_section(Fn::kCsRank, "cs_rank", "average rank / count"),
    cross_section(Fn::kCsZscore, "cs_zscore", "(x - mean) / standard deviation (n - 1)"),
    cross_section(Fn::kCsScale, "cs_scale", "x / sum of absolute values"),
    cross_section(Fn::kCsDemean, "cs_demean", "x - mean"),
    with_parameter(cross_section(Fn::kCsWinsorize, "cs_winsorize",
                                 "x clamped to mean +- k standard deviations"),
                   "k", 0.01F, 100),
    with_parameter(cross_section(Fn::kCsMadWinsorize, "cs_mad_winsorize",
                                 "x clamped to median +- k median absolute deviations, unscaled"),
                   "k", 0.01F, 100),
    with_group(cross_section(Fn::kCsNeutralize, "cs_neutralize",
                             "x minus its group's mean (second operand: industry), or residual of "
                             "a least-squares fit on the second operand with intercept")),
}};

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < kCount; ++i)
    if (static_cast<std::size_t>(kFunctions[i].fn) != i) return false;
  return true;
}
static_assert(in_enum_order());

constexpr std::array<std::string_view, 16> kFields{
    "open",    "high",      "low",       "close",     "vwap",     "volume",
    "amount",  "turnover",  "float_cap", "total_cap", "raw_open", "raw_high",
    "raw_low", "raw_close", "raw_vwap",  "raw_volume"};

/// Days until a weight (1 - alpha)^n has fallen below kNegligibleWeight.
int recursive_look_back(double alpha) {
  if (alpha >= 1) return 0;
  return static_cast<int>(std::ceil(std::log(kNegligibleWeight) / std::log1p(-alpha)));
}

}  // namespace

std::span<const FunctionInfo> functions() { return kFunctions; }

const FunctionInfo& info(Fn fn) {
  const auto index = static_cast<std::size_t>(fn);
  EVOFACTOR_CHECK(index < kCount, "no function number {}", index);
  return kFunctions[index];
}

const FunctionInfo* find_function(std::string_view name) {
  const auto row = std::ranges::find(kFunctions, name, &FunctionInfo::name);
  return row == kFunctions.end() ? nullptr : &*row;
}

std::string signature(const FunctionInfo& row) {
  constexpr std::array<std::string_view, 3> kOperands{"x", "y", "z"};
  std::string text = fmt::format("{}(", row.name);
  for (int i = 0; i < row.arity; ++i)
    text += fmt::format("{}{}", i ? ", " : "", kOperands[static_cast<std::size_t>(i)]);
  if (row.takes_group) text += fmt::format(" | {}", kIndustryGroup);
  if (row.min_window > 0) text += ", d";
  if (!row.parameter.empty()) text += fmt::format(", {}", row.parameter);
  return text + ")";
}

int look_back(const Token& token) {
  if (token.kind != TokenKind::kFunction) return 0;
  const FunctionInfo& row = info(token);
  if (row.min_window == 0) return 0;
  switch (row.fn) {
    case Fn::kEwm:
      return recursive_look_back(2.0 / (token.window + 1.0));
    case Fn::kEwmWilder:
      return recursive_look_back(1.0 / token.window);
    default:
      return row.reads_beyond_window ? token.window : token.window - 1;
  }
}

double work(const Token& token) {
  if (token.kind != TokenKind::kFunction) return 0;
  switch (info(token).group) {
    case FnGroup::kElementwise:
    case FnGroup::kLookBack:
      return 1;
    case FnGroup::kMoments:
    case FnGroup::kWeighted:
      return 5;
    case FnGroup::kPairs:
      return 10;
    case FnGroup::kOrder:
      return 4 + token.window / 4.0;
    case FnGroup::kCrossSection:
      return 15;
  }
  return 0;
}

std::span<const std::string_view> known_fields() { return kFields; }

}  // namespace evofactor::formula
