#pragma once
#include "experiments/report/analysis.hpp"

namespace evofactor::report {

/// Mean daily difference of test rank IC (or its neutralised form) over the days both schemes have,
/// with a 95 % block-bootstrap interval. days = 0 and NaN where they share none. Deterministic.
/// @param horizon  days of the label; blocks are at least twice as long
[[nodiscard]] PairedRow paired_row(const Scheme& scheme, const Scheme& against, bool neutral,
                                   int horizon);

}  // namespace evofactor::report
