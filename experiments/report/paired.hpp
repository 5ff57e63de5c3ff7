#pragma once
#include "experiments/report/analysis.hpp"

namespace evofactor::report {

struct PairedSettings {
  int block_days = 20;  ///< days drawn together, so that neighbouring days' likeness is kept
  int resamples = 2000;
};

/// Blocks of at least 20 days and at least four times the label's reach.
[[nodiscard]] PairedSettings paired_settings(const RunData& run);

/// Mean daily difference of test rank IC (or its neutralised form) over the days both schemes have,
/// with a 95 % block-bootstrap interval. days = 0 and NaN where they share none. Deterministic.
[[nodiscard]] PairedRow paired_difference(const Scheme& scheme, const Scheme& against, bool neutral,
                                          const PairedSettings& settings);

}  // namespace evofactor::report
