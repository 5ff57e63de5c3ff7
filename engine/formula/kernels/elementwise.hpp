#pragma once
#include <cstddef>
#include <span>

#include "engine/core/grid.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/kernels/view.hpp"

namespace evofactor::formula::kernels {

/// An elementwise function of 1 to 3 operands on `days`, `width` columns; `parameter` is a of spow.
/// Any non-finite result is NaN, NaN in any operand that is read gives NaN.
void elementwise(Fn fn, float parameter, std::span<const ConstView> operands, View out,
                 DayRange days, std::size_t width);

}  // namespace evofactor::formula::kernels
