#include "fitness/diversity.hpp"

#include <tbb/parallel_for.h>

#include <cmath>
#include <vector>

#include "fitness/factor_distance.hpp"
#include "fitness/json.hpp"
#include "fitness/ranks.hpp"

namespace evofactor::fitness {
namespace {

double mean_absolute_correlation(std::span<const FactorValues> factors,
                                 const Grid<std::uint8_t>& mask, DayRange days) {
  if (factors.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  std::vector<Grid<float>> ranks(factors.size());
  std::vector<double> sums(factors.size());
  tbb::parallel_for(std::size_t{0}, factors.size(),
                    [&](std::size_t i) { ranks[i] = centred_ranks(factors[i], mask, days, 1); });
  tbb::parallel_for(std::size_t{0}, factors.size(), [&](std::size_t i) {
    for (std::size_t j = 0; j < i; ++j)
      sums[i] += std::abs(mean_rank_correlation(ranks[i], ranks[j]));
  });
  double sum = 0;
  for (const double one : sums) sum += one;
  const auto n = static_cast<double>(factors.size());
  return sum / (n * (n - 1) / 2);
}

}  // namespace

Diversity diversity(std::span<const FactorValues> factors, const Grid<std::uint8_t>& mask,
                    DayRange days, int min_stocks, int k) {
  const std::vector<FactorView> views(factors.begin(), factors.end());
  const FactorDistances distances = factor_distances(views, mask, days, min_stocks);
  return {.value = map_factors(distances.distance, {}, k).diversity,
          .k = k,
          .days = distances.days,
          .mean_correlation = mean_absolute_correlation(factors, mask, days)};
}

Json to_json(const Diversity& diversity) {
  return {{"value", number_or_null(diversity.value)},
          {"k", diversity.k},
          {"days", diversity.days},
          {"mean_correlation", number_or_null(diversity.mean_correlation)}};
}

}  // namespace evofactor::fitness
