#pragma once
#include <string>

#include "experiments/report/figures.hpp"

namespace evofactor::report {

/// The factors of all arms on a plane, coloured by arm, with the centres of their groups; one
/// variant per seed and fold. Empty if the run holds no map.
[[nodiscard]] Figure map_figure(const RunData& run, const Analysis& analysis);

/// Scores, diversity and cost of each arm beside each other, and the map. Empty if the run holds
/// neither diversities nor maps.
[[nodiscard]] std::string diversity_section(const RunData& run, const Analysis& analysis);

}  // namespace evofactor::report
