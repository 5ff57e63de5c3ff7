#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "baselines/gp/formula_problem.hpp"
#include "engine/core/outcome.hpp"
#include "engine/evolve/hurdle.hpp"

namespace evofactor::gp {

inline constexpr int kSubPeriods = 5;

/// Means of `values` over kSubPeriods consecutive blocks, whose sizes differ by at most one; as
/// many blocks as values if those are fewer.
[[nodiscard]] std::vector<double> sub_period_means(std::span<const double> values);
/// Their standard deviation (n-1); 0 for one value.
[[nodiscard]] double spread_of_sub_periods(std::span<const double> values);

/// Scores formulas exactly only where it matters.
struct Screen {
  const evolve::Hurdle* hurdle = nullptr;
  double margin = 0;  ///< by which the screen's fitness may be too low
  DayRange days;      ///< that the values of the hurdle's rivals cover
};
/// Every this many-th formula of those screened out is scored exactly, to count mistakes.
inline constexpr std::uint64_t kCheckOneIn = 64;

/// Fitness, sign and metrics of a formula from its values on training and validation days; a
/// Failure if degenerate. What cannot take the hurdle by the screen's measure, because its fitness
/// is too low or because it resembles a better rival, keeps the screen's fitness and sub-periods
/// and has no rank IC of a part; but for one in kCheckOneIn, by content.
/// @param screen nothing: all are scored exactly
[[nodiscard]] Outcome score_formula(const formula::Program& program, const FactorView& values,
                                    const FormulaFold& fold, const std::optional<Screen>& screen);

}  // namespace evofactor::gp
