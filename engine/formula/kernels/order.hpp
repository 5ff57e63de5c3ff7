#pragma once
#include <cstddef>

#include "engine/core/grid.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/kernels/view.hpp"

namespace evofactor::formula::kernels {

/// Order statistics over windows of `d` days (ts_max to ts_rank); `q` is the quantile of
/// ts_quantile. NaN unless all d values are finite. Extremes take O(1) per cell, median, quantile
/// and rank O(d). `x` must hold days.first - d + 1 (or day 0) on.
void order(Fn fn, float q, ConstView x, View out, DayRange days, int d, std::size_t width);

}  // namespace evofactor::formula::kernels
