#include "experiments/report/paired.hpp"

#include "fitness/compare.hpp"

namespace evofactor::report {
namespace {

std::vector<fitness::SeriesPoint> series_of(const Scheme& scheme, bool neutral) {
  std::vector<fitness::SeriesPoint> series;
  for (const SchemeDay& day : scheme.test_days)
    series.push_back({.fold = day.fold,
                      .date = parse_date(day.date),
                      .value = neutral ? day.neutral_rank_ic : day.rank_ic});
  return series;
}

}  // namespace

PairedRow paired_row(const Scheme& scheme, const Scheme& against, bool neutral, int horizon) {
  const fitness::PairedDifference difference = fitness::paired_difference(
      series_of(scheme, neutral), series_of(against, neutral), {.horizon = horizon});
  return {.scheme = scheme.name,
          .against = against.name,
          .neutral = neutral,
          .days = difference.days,
          .difference = difference.mean,
          .low = difference.low,
          .high = difference.high,
          .block_days = difference.block_days};
}

}  // namespace evofactor::report
