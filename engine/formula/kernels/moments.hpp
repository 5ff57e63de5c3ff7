#pragma once
#include <cstddef>

#include "engine/core/grid.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/kernels/view.hpp"

namespace evofactor::formula::kernels {

/// Sums, means and moments over windows of `d` days (ts_sum to ts_product). NaN unless all d values
/// are finite. Sums are taken in double by window_sums: relative to a float64 computation of the
/// window alone, a variance is off by at most about d^2 x 1e-16 before it is rounded to f32. A
/// window of equal values gives exactly that mean and exactly 0 for variance, standard deviation
/// and ts_mad, NaN for the quotients. `x` must hold days.first - d + 1 (or day 0) on.
void moments(Fn fn, ConstView x, View out, DayRange days, int d, std::size_t width);

}  // namespace evofactor::formula::kernels
