#pragma once
#include <optional>
#include <span>
#include <string_view>

#include "engine/formula/program.hpp"

namespace evofactor::formula {

/// An integer an indicator takes, in days.
struct IndicatorParameter {
  std::string_view name;
  int preset = 0;  ///< used when none is given
  int minimum = 1;
};

/// kPublished: as in the literature; many are price levels, which depend on the adjustment base.
/// kRelative: the same relative to the close, or to volume or traded value over the same days, so
/// that stocks compare and nothing depends on the base.
enum class IndicatorForm { kPublished, kRelative };

/// A technical indicator: prior knowledge that networks are pre-trained on.
/// Source: Table 1 of Fang et al. 2020, arXiv:2008.06225; for RSI, ROC and FORCE the usual
/// definitions.
struct Indicator {
  std::string_view name;
  std::span<const IndicatorParameter> parameters;
  std::string_view published;  ///< formula with {0}, {1} for the parameters
  std::string_view relative;
  double neutral = 0;  ///< value of the relative form between buy and sell: 1 where it is a price
                       ///< over the close, 50 for RSI, 0 for differences, returns and z-scores
  bool cross_sectional = false;  ///< needs other stocks of the day
  std::string_view doc;
};

[[nodiscard]] std::span<const Indicator> indicators();

/// The program of an indicator; parameters that are not given take their presets. Nothing for an
/// unknown name.
/// @throws ConfigError naming the indicator and the parameter that is too small or too many
[[nodiscard]] std::optional<Program> indicator(std::string_view name,
                                               std::span<const int> parameters = {},
                                               IndicatorForm form = IndicatorForm::kRelative);

}  // namespace evofactor::formula
