#pragma once
#include <cstddef>

#include "engine/core/grid.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/kernels/view.hpp"

namespace evofactor::formula::kernels {

/// decay_linear, ema and wilder over exactly `d` days: NaN unless all d values are finite; weights
/// sum to 1, the newest day is the heaviest. `x` must hold days.first - d + 1 (or day 0) on.
///
/// ewm (alpha 2/(d+1)) and ewm_wilder (alpha 1/d) are recursive: the mean of all finite values
/// since day 0 of the market, a value of k days ago weighted (1-alpha)^k, as pandas'
/// ewm(adjust=True, ignore_na=False) and so qlib's EMA. They depend on where the market's history
/// starts. A day without a value is NaN and the weights decay over it. `x` must hold day 0 on, and
/// days.first must be 0.
void weighted(Fn fn, ConstView x, View out, DayRange days, int d, std::size_t width);

}  // namespace evofactor::formula::kernels
