#include "engine/evolve/objective_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace evofactor::evolve {

ObjectiveMetrics objective_metrics(const SearchSettings& settings) {
  return {.stability = uses(settings, Objective::kStability),
          .turnover = uses(settings, Objective::kTurnover),
          .novelty = uses(settings, Objective::kNovelty),
          .contribution = uses(settings, Objective::kContribution)};
}

void add_periods(Evaluation& evaluation, std::span<const double> means) {
  for (std::size_t p = 0; p < means.size(); ++p)
    evaluation.metrics.emplace_back(fmt::format("period_{}", p + 1), means[p]);
}

double novelty(const Hurdle& hurdle, const Correlation& correlation) {
  double largest = 0;
  for (const Hurdle::Rival& rival : hurdle.rivals)
    largest = std::max(largest, std::abs(correlation(*rival.values)));
  return 1 - largest;
}

double contribution(const Hurdle& hurdle, double fitness, const Correlation& correlation) {
  if (hurdle.combination == nullptr) return fitness;
  return std::abs(fitness - correlation(*hurdle.combination));
}

}  // namespace evofactor::evolve
