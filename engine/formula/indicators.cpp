#include "engine/formula/indicators.hpp"

#include <fmt/args.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/core/error.hpp"
#include "engine/formula/parse.hpp"

namespace evofactor::formula {
namespace {

constexpr std::array kMean{IndicatorParameter{"days", 20, 1}};
constexpr std::array kExponential{IndicatorParameter{"days", 12, 1}};
constexpr std::array kFastSlow{IndicatorParameter{"fast", 12, 1},
                               IndicatorParameter{"slow", 26, 1}};
constexpr std::array kSums{IndicatorParameter{"days", 60, 1}};
constexpr std::array kTop{IndicatorParameter{"days", 10, 1}};
constexpr std::array kChannel{IndicatorParameter{"days", 20, 1}};
constexpr std::array kBand{IndicatorParameter{"days", 20, 2}};
constexpr std::array kStrength{IndicatorParameter{"days", 14, 1}};
constexpr std::array kChange{IndicatorParameter{"days", 12, 1}};
constexpr std::array kTwoMeans{IndicatorParameter{"short", 5, 1},
                               IndicatorParameter{"long", 20, 1}};
constexpr std::array kForce{IndicatorParameter{"days", 13, 1}};

constexpr std::string_view kTopFormula = "cs_zscore(ts_mean(raw_close, {0}))";
constexpr std::string_view kChannelFormula =
    "div(close, mul(0.5, add(ts_mean(high, {0}), ts_mean(low, {0}))))";
constexpr std::string_view kBandFormula =
    "div(sub(ts_mean(close, {0}), ts_std(close, {0})), close)";
constexpr std::string_view kStrengthFormula =
    "mul(100, div(ts_sum(max(delta(close, 1), 0), {0}), ts_sum(abs(delta(close, 1)), {0})))";
constexpr std::string_view kChangeFormula = "ts_return(close, {0})";

constexpr std::array<Indicator, 11> kIndicators{{
    {.name = "MA",
     .parameters = kMean,
     .published = "ts_mean(close, {0})",
     .relative = "div(ts_mean(close, {0}), close)",
     .neutral = 1,
     .doc = "moving average of the close"},
    {.name = "EMA",
     .parameters = kExponential,
     .published = "ema(close, {0})",
     .relative = "div(ema(close, {0}), close)",
     .neutral = 1,
     .doc = "exponential moving average of the close, over exactly its days"},
    {.name = "MACD",
     .parameters = kFastSlow,
     .published = "sub(ema(close, {0}), ema(close, {1}))",
     .relative = "div(sub(ema(close, {0}), ema(close, {1})), close)",
     .doc = "fast minus slow exponential moving average"},
    {.name = "PVT",
     .parameters = kSums,
     .published = "ts_sum(mul(volume, ts_return(close, 1)), {0})",
     .relative = "div(ts_sum(mul(volume, ts_return(close, 1)), {0}), ts_sum(volume, {0}))",
     .doc = "price-volume trend: volume times return, summed over a window so that it does not "
            "depend on where history starts"},
    {.name = "TOP10",
     .parameters = kTop,
     .published = kTopFormula,
     .relative = kTopFormula,
     .cross_sectional = true,
     .doc = "moving average of the traded price against other stocks; published as relative to "
            "the day's top decile, of which a day's z-score keeps all there is"},
    {.name = "DC",
     .parameters = kChannel,
     .published = kChannelFormula,
     .relative = kChannelFormula,
     .neutral = 1,
     .doc = "close over the middle of the channel of mean highs and mean lows"},
    {.name = "BOLL",
     .parameters = kBand,
     .published = kBandFormula,
     .relative = kBandFormula,
     .neutral = 1,
     .doc = "lower Bollinger band (mean minus one standard deviation) over the close"},
    {.name = "RSI",
     .parameters = kStrength,
     .published = kStrengthFormula,
     .relative = kStrengthFormula,
     .neutral = 50,
     .doc = "relative strength: gains as a percentage of gains and losses (Cutler's form, sums "
            "over the window)"},
    {.name = "ROC",
     .parameters = kChange,
     .published = kChangeFormula,
     .relative = kChangeFormula,
     .doc = "rate of change of the close"},
    {.name = "SMA",
     .parameters = kTwoMeans,
     .published = "sub(ts_mean(delay(close, 1), {0}), ts_mean(delay(close, 1), {1}))",
     .relative = "div(sub(ts_mean(delay(close, 1), {0}), ts_mean(delay(close, 1), {1})), close)",
     .doc = "short minus long moving average, up to the day before"},
    {.name = "FORCE",
     .parameters = kForce,
     .published = "ema(mul(volume, delta(close, 1)), {0})",
     .relative = "div(ema(mul(volume, delta(close, 1)), {0}), ts_mean(mul(volume, close), {0}))",
     .doc = "force index: exponential moving average of volume times price change"},
}};

}  // namespace

std::span<const Indicator> indicators() { return kIndicators; }

std::optional<Program> indicator(std::string_view name, std::span<const int> parameters,
                                 IndicatorForm form) {
  const auto* const found = std::ranges::find(kIndicators, name, &Indicator::name);
  if (found == kIndicators.end()) return {};
  if (parameters.size() > found->parameters.size())
    throw ConfigError(fmt::format("indicator {} takes at most {} parameter{}, got {}", name,
                                  found->parameters.size(),
                                  found->parameters.size() == 1 ? "" : "s", parameters.size()));
  fmt::dynamic_format_arg_store<fmt::format_context> values;
  for (std::size_t i = 0; i < found->parameters.size(); ++i) {
    const IndicatorParameter& wanted = found->parameters[i];
    const int value = i < parameters.size() ? parameters[i] : wanted.preset;
    if (value < wanted.minimum)
      throw ConfigError(fmt::format("indicator {}: {} must be at least {}, got {}", name,
                                    wanted.name, wanted.minimum, value));
    values.push_back(value);
  }
  const std::string_view text =
      form == IndicatorForm::kPublished ? found->published : found->relative;
  return parse_or_throw(fmt::vformat(fmt::string_view(text.data(), text.size()), values));
}

}  // namespace evofactor::formula
