#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/core/grid.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/kernels/view.hpp"

namespace evofactor::formula::kernels {

/// Who is compared with whom.
struct CrossSectionMembers {
  const Grid<std::uint8_t>& members;  ///< [D, N] of the whole market
  std::span<const std::int16_t>
      industry;  ///< [N] -1 = unknown; read by cs_neutralize without a regressor
};

/// A cross-sectional function on whole rows. Each day stands alone: members with a finite value are
/// seen, everyone else is NaN. `regressor` is the second operand of cs_neutralize, or nullptr to
/// subtract industry means; `k` the bound of the winsorizing functions. Rows of all views are
/// padded to whole column groups. Deterministic: sums are taken in double in one order, whatever
/// the instruction set.
void cross_section(Fn fn, float k, ConstView x, const ConstView* regressor, View out, DayRange days,
                   const CrossSectionMembers& market);

}  // namespace evofactor::formula::kernels
