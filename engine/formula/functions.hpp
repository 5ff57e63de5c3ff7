#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/formula/program.hpp"

namespace evofactor::formula {

/// Every function of the language. The order is part of nothing stored: text and JSON use names.
enum class Fn : FunctionId {
  // elementwise
  kAdd,
  kSub,
  kMul,
  kDiv,
  kNeg,
  kAbs,
  kLog,
  kSqrt,
  kSign,
  kInv,
  kExp,
  kTanh,
  kSigmoid,
  kSpow,
  kMin,
  kMax,
  kIfElse,
  kGt,
  kLt,
  kGe,
  kLe,
  // look back
  kDelay,
  kDelta,
  kTsReturn,
  // moments
  kTsSum,
  kTsMean,
  kTsVar,
  kTsStd,
  kTsSkew,
  kTsKurt,
  kTsMeanstd,
  kTsZscore,
  kTsMad,
  kTsProduct,
  // order
  kTsMax,
  kTsMin,
  kTsMedian,
  kTsQuantile,
  kTsArgmax,
  kTsArgmin,
  kTsRank,
  // weighted
  kDecayLinear,
  kEma,
  kWilder,
  kEwm,
  kEwmWilder,
  // pairs, trend
  kTsCov,
  kTsCorr,
  kTsSlope,
  kTsResid,
  kTsRsquare,
  kTsBeta,
  kTsAlpha,
  // cross-section
  kCsRank,
  kCsZscore,
  kCsScale,
  kCsDemean,
  kCsWinsorize,
  kCsMadWinsorize,
  kCsNeutralize,
  kCount
};

enum class FnGroup { kElementwise, kLookBack, kMoments, kOrder, kWeighted, kPairs, kCrossSection };

/// One row of the function table: all that parsing, printing, validation, variation and look-back
/// need to know.
struct FunctionInfo {
  Fn fn;
  std::string_view name;  ///< as printed
  FnGroup group;
  int arity;           ///< value operands
  int min_window = 0;  ///< 0: takes no window; 1 or more: smallest window that has a meaning
  std::string_view
      parameter{};  ///< name of a fixed number after the window ("q", "k", "a"); empty if none
  float parameter_low = 0, parameter_high = 0;  ///< inclusive bounds of the parameter
  bool takes_group = false;  ///< the last operand may be a group name (cs_neutralize(x, industry))
  bool commutative = false;
  bool reads_beyond_window =
      false;  ///< look-back operators read t-d (window + 1 days); recursive ones read everything
  std::string_view doc;  ///< one line
};

/// All rows, in enum order.
[[nodiscard]] std::span<const FunctionInfo> functions();
[[nodiscard]] const FunctionInfo& info(Fn fn);
[[nodiscard]] inline const FunctionInfo& info(const Token& token) {
  return info(static_cast<Fn>(token.function));
}
/// Row by printed name; nullptr if there is none.
[[nodiscard]] const FunctionInfo* find_function(std::string_view name);
/// Days before t that one application of the function reads (delay(x, 5): 5; ts_mean(x, 5): 4; add:
/// 0).
[[nodiscard]] int look_back(const Token& token);

/// Work of one application of the function, a cell, in units of one addition; rough.
[[nodiscard]] double work(const Token& token);

/// "ts_quantile(x, d, q)", as messages and documentation write it.
[[nodiscard]] std::string signature(const FunctionInfo& row);

/// Longest window that is accepted, in days; longer than any market.
inline constexpr int kMaxWindow = 100000;
/// Name of the only group.
inline constexpr std::string_view kIndustryGroup = "industry";

/// Names of the fields a market can have, for messages and for search spaces.
[[nodiscard]] std::span<const std::string_view> known_fields();

}  // namespace evofactor::formula
