#pragma once
#include <span>

#include "baselines/gp/formula_problem.hpp"
#include "engine/core/outcome.hpp"

namespace evofactor::gp {

inline constexpr int kSubPeriods = 5;

/// Standard deviation (n-1) of the means of `values` over kSubPeriods consecutive blocks, whose
/// sizes differ by at most one; as many blocks as values if those are fewer; 0 for one value.
[[nodiscard]] double spread_of_sub_periods(std::span<const double> values);

/// Fitness, sign and metrics of a formula from its values on training and validation days; a
/// Failure if degenerate.
[[nodiscard]] Outcome score_formula(const formula::Program& program, const FactorValues& values,
                                    const FormulaFold& fold);

}  // namespace evofactor::gp
