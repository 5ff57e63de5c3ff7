#pragma once
#include <string>
#include <string_view>

#include "experiments/report/analysis.hpp"

namespace evofactor::report {

/// One formula at a time, chosen by the reader: its tree, scores, rank IC by year and by horizon,
/// what it resembles and what it was bred from. The members are data that the page's script draws
/// when they are chosen: at most 50 of a pool, fewer where a run has many pools. Empty if no search
/// found a formula.
[[nodiscard]] std::string formulas_section(const RunData& run, const Analysis& analysis);
/// Draws the formula that is chosen; follows page_script().
[[nodiscard]] std::string_view formulas_script();

}  // namespace evofactor::report
