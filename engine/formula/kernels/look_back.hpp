#pragma once
#include <cstddef>

#include "engine/core/grid.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/kernels/view.hpp"

namespace evofactor::formula::kernels {

/// delay, delta or ts_return over `distance` days. Only the end points need to be finite; days
/// before the market's first are missing. `x` must hold days.first - distance (or day 0) on.
void look_back(Fn fn, ConstView x, View out, DayRange days, int distance, std::size_t width);

}  // namespace evofactor::formula::kernels
