#pragma once
#include <string>

#include "experiments/report/analysis.hpp"

namespace evofactor::report {

/// What the best networks of each arm went through, one at a time, chosen by the reader: saliency
/// after each stage as heat maps, rank IC and distance to the prior along training. Empty if no
/// search stored any (formulas, old runs).
[[nodiscard]] std::string stages_section(const RunData& run, const Analysis& analysis);

}  // namespace evofactor::report
