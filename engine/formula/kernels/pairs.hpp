#pragma once
#include <cstddef>

#include "engine/core/grid.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/kernels/view.hpp"

namespace evofactor::formula::kernels {

/// Functions of two values (ts_cov, ts_corr, ts_beta, ts_alpha: `x` is the first operand, `y` the
/// second) and of one against time (ts_slope, ts_resid, ts_rsquare; `y` is not read) over windows
/// of `d` days. NaN unless all values in the window are finite. Accuracy as in moments. If one side
/// is exactly constant: covariance, slope and residual 0, correlation and R^2 NaN. Both must hold
/// days.first - d + 1 (or day 0) on.
void pairs(Fn fn, ConstView x, ConstView y, View out, DayRange days, int d, std::size_t width);

}  // namespace evofactor::formula::kernels
