#pragma once
#include <functional>
#include <span>

#include "engine/evolve/hurdle.hpp"
#include "engine/evolve/search.hpp"

namespace evofactor::evolve {

/// Metrics beside the usual ones that a search's selection reads, so that others need not pay for
/// them.
struct ObjectiveMetrics {
  bool stability = false;     ///< "period_1", ...: the means of sub-periods
  bool turnover = false;      ///< "turnover": 1 minus the mean day-to-day rank correlation
  bool novelty = false;       ///< "novelty"
  bool contribution = false;  ///< "contribution"
};
[[nodiscard]] ObjectiveMetrics objective_metrics(const SearchSettings& settings);

/// Appends the means of sub-periods as metrics "period_1", "period_2", ...
void add_periods(Evaluation& evaluation, std::span<const double> means);

/// Mean daily rank correlation of a candidate's values times its sign with others of the pool.
using Correlation = std::function<double(const UnitRows&)>;

/// 1 minus the largest absolute correlation with a member of the pool; 1 if it has none.
[[nodiscard]] double novelty(const Hurdle& hurdle, const Correlation& correlation);
/// What a candidate adds to the pool's combination: its fitness beyond their correlation.
[[nodiscard]] double contribution(const Hurdle& hurdle, double fitness,
                                  const Correlation& correlation);

}  // namespace evofactor::evolve
