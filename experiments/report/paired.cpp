#include "experiments/report/paired.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "engine/core/rng.hpp"

namespace evofactor::report {
namespace {

/// Mean of a circular block-bootstrap resample of `values`.
double resampled_mean(const std::vector<double>& values, std::size_t block, Rng& rng) {
  const std::size_t n = values.size();
  double sum = 0;
  for (std::size_t taken = 0; taken < n; taken += block) {
    const std::size_t start = static_cast<std::size_t>(rng() % n);
    for (std::size_t i = 0; i < std::min(block, n - taken); ++i) sum += values[(start + i) % n];
  }
  return sum / static_cast<double>(n);
}

}  // namespace

PairedSettings paired_settings(const RunData& run) {
  PairedSettings settings;
  const std::string horizon = setting(run.config, "/label/horizon", "5");
  settings.block_days = std::max(settings.block_days, 4 * std::atoi(horizon.c_str()));
  return settings;
}

PairedRow paired_difference(const Scheme& scheme, const Scheme& against, bool neutral,
                            const PairedSettings& settings) {
  const auto value = [&](const SchemeDay& day) {
    return neutral ? day.neutral_rank_ic : day.rank_ic;
  };
  std::map<std::pair<int, std::string>, double> other;
  for (const SchemeDay& day : against.test_days)
    if (std::isfinite(value(day))) other[{day.fold, day.date}] = value(day);
  std::vector<double> differences;
  for (const SchemeDay& day : scheme.test_days) {
    const auto found = other.find({day.fold, day.date});
    if (found != other.end() && std::isfinite(value(day)))
      differences.push_back(value(day) - found->second);
  }
  PairedRow row{.scheme = scheme.name, .against = against.name, .neutral = neutral};
  row.days = static_cast<int>(differences.size());
  if (differences.empty()) return row;
  double sum = 0;
  for (const double d : differences) sum += d;
  row.difference = sum / static_cast<double>(differences.size());
  Rng rng(derive(Seed{1}, "block bootstrap"));
  std::vector<double> means(static_cast<std::size_t>(settings.resamples));
  const std::size_t block =
      std::min(differences.size(), static_cast<std::size_t>(settings.block_days));
  for (double& mean : means) mean = resampled_mean(differences, block, rng);
  std::sort(means.begin(), means.end());
  row.low = means[means.size() / 40];
  row.high = means[means.size() - 1 - means.size() / 40];
  return row;
}

}  // namespace evofactor::report
