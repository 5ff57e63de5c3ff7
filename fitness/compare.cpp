#include "fitness/compare.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "engine/core/rng.hpp"
#include "fitness/json.hpp"

namespace evofactor::fitness {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
using DayKey = std::pair<int, Date>;

/// Linear interpolation between order statistics.
double percentile(std::span<const double> sorted, double share) {
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double resampled_mean(std::span<const double> values, int block_days, Rng rng) {
  double sum = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool new_block = i == 0 || rng.below(static_cast<std::uint64_t>(block_days)) == 0;
    at = new_block ? rng.below(values.size()) : (at + 1) % values.size();
    sum += values[at];
  }
  return sum / static_cast<double>(values.size());
}

}  // namespace

PairedDifference paired_difference(std::span<const SeriesPoint> a, std::span<const SeriesPoint> b,
                                   const BootstrapSettings& settings) {
  EVOFACTOR_CHECK(settings.resamples >= 1 && settings.level > 0 && settings.level < 1,
                  "{} resamples, level {}", settings.resamples, settings.level);
  std::map<DayKey, double> other;
  for (const SeriesPoint& point : b)
    if (!std::isnan(point.value)) other[{point.fold, point.date}] = point.value;
  std::map<DayKey, double> matched;
  for (const SeriesPoint& point : a) {
    const auto found = other.find({point.fold, point.date});
    if (found != other.end() && !std::isnan(point.value))
      matched[found->first] = point.value - found->second;
  }
  std::vector<double> differences;
  double sum = 0;
  for (const auto& [day, difference] : matched) {
    differences.push_back(difference);
    sum += difference;
  }
  PairedDifference result{.mean = kNaN,
                          .low = kNaN,
                          .high = kNaN,
                          .days = static_cast<int>(differences.size()),
                          .block_days = settings.block_days > 0
                                            ? settings.block_days
                                            : std::max(2 * settings.horizon, 20)};
  if (differences.empty()) return result;
  result.mean = sum / static_cast<double>(differences.size());
  if (differences.size() < 2) return result;
  std::vector<double> means;
  for (int i = 0; i < settings.resamples; ++i)
    means.push_back(resampled_mean(differences, result.block_days,
                                   Rng(derive(settings.seed, "paired bootstrap", i))));
  std::ranges::sort(means);
  result.low = percentile(means, (1 - settings.level) / 2);
  result.high = percentile(means, (1 + settings.level) / 2);
  return result;
}

std::vector<SeriesPoint> mean_series(std::span<const std::vector<SeriesPoint>> series) {
  std::map<DayKey, std::pair<double, std::size_t>> sums;
  for (const auto& one : series)
    for (const SeriesPoint& point : one) {
      if (std::isnan(point.value)) continue;
      auto& [sum, count] = sums[{point.fold, point.date}];
      sum += point.value;
      ++count;
    }
  std::vector<SeriesPoint> result;
  for (const auto& [day, sum] : sums)
    if (sum.second == series.size())
      result.push_back({.fold = day.first,
                        .date = day.second,
                        .value = sum.first / static_cast<double>(series.size())});
  return result;
}

Spread spread_of(std::span<const double> values) {
  Spread spread{.mean = kNaN, .std = kNaN, .n = 0};
  double sum = 0;
  for (const double value : values)
    if (!std::isnan(value)) {
      sum += value;
      ++spread.n;
    }
  if (spread.n == 0) return spread;
  spread.mean = sum / spread.n;
  if (spread.n < 2) return spread;
  double squares = 0;
  for (const double value : values)
    if (!std::isnan(value)) squares += (value - spread.mean) * (value - spread.mean);
  spread.std = std::sqrt(squares / (spread.n - 1));
  return spread;
}

Json to_json(const PairedDifference& difference) {
  return {{"mean", number_or_null(difference.mean)},
          {"low", number_or_null(difference.low)},
          {"high", number_or_null(difference.high)},
          {"days", difference.days},
          {"block_days", difference.block_days}};
}

}  // namespace evofactor::fitness
