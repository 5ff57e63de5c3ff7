#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "baselines/gp/formula_problem.hpp"
#include "engine/core/outcome.hpp"
#include "engine/evolve/hurdle.hpp"

namespace evofactor::gp {

/// How things stand when a formula is scored.
struct Stakes {
  const evolve::Hurdle* hurdle = nullptr;
  DayRange days;  ///< that the values of the hurdle's rivals cover
  /// By how much the screen's rank IC may be too low; nothing: all are scored exactly.
  std::optional<double> margin;
};
/// Every this many-th formula of those screened out is scored exactly, to count mistakes.
inline constexpr std::uint64_t kCheckOneIn = 64;

/// Fitness, sign and metrics of a formula from its values on training and validation days; a
/// Failure if degenerate. What cannot take the hurdle by the screen's measure, because its fitness
/// is too low or because it resembles a better rival, keeps the screen's fitness and sub-periods
/// and has no rank IC of a part; but for one in kCheckOneIn, by content.
[[nodiscard]] Outcome score_formula(const formula::Program& program, const FactorView& values,
                                    const FormulaFold& fold, const Stakes& stakes);

}  // namespace evofactor::gp
