#include "fitness/ranks.hpp"

#include <hwy/contrib/sort/vqsort.h>

#include <algorithm>
#include <cmath>

#include "fitness/kernels/day.hpp"

namespace evofactor::fitness {

void sort_keys(std::span<std::uint64_t> keys) {
  if (keys.size() < 2) return;
  static thread_local const hwy::Sorter sorter;
  sorter(keys.data(), keys.size(), hwy::SortAscending());
}

int average_ranks(std::span<const float> values, std::span<const std::uint8_t> mask,
                  std::span<float> ranks, RankScratch& scratch) {
  EVOFACTOR_CHECK(ranks.size() == values.size() && (mask.empty() || mask.size() == values.size()),
                  "{} values, {} mask entries, {} ranks", values.size(), mask.size(), ranks.size());
  scratch.keys.resize(values.size());
  std::uint64_t* keys = scratch.keys.data();
  std::size_t n = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    keys[n] = (static_cast<std::uint64_t>(ordered_key(values[i])) << 32) | i;
    n += static_cast<std::size_t>(std::isfinite(values[i]) && (mask.empty() || mask[i] != 0));
  }
  sort_keys({keys, n});
  std::ranges::fill(ranks, kMissing);
  for (std::size_t first = 0; first < n;) {
    std::size_t last = first + 1;
    while (last < n && keys[last] >> 32 == keys[first] >> 32) ++last;
    const float rank = static_cast<float>(first + last + 1) / 2.0F;
    for (; first < last; ++first) ranks[static_cast<std::uint32_t>(keys[first])] = rank;
  }
  return static_cast<int>(n);
}

Grid<float> centred_ranks(const FactorValues& factor, const Grid<std::uint8_t>& mask, DayRange days,
                          int sign) {
  EVOFACTOR_CHECK(
      days.first >= factor.days.first && days.last <= factor.days.last && days.first <= days.last,
      "days {} to {} of a factor that covers {} to {}", days.first, days.last, factor.days.first,
      factor.days.last);
  Grid<float> result(static_cast<std::size_t>(days.size()), factor.values.columns());
  RankScratch scratch;
  for (int day = days.first; day < days.last; ++day) {
    const std::span<float> out = result.row(static_cast<std::size_t>(day - days.first));
    const int n =
        average_ranks(factor.day(day), mask.row(static_cast<std::size_t>(day)), out, scratch);
    const float centre = static_cast<float>(n + 1) / 2.0F;
    const float scale = n > 1 ? static_cast<float>(sign) * 2.0F / static_cast<float>(n - 1) : 0.0F;
    for (float& value : out) value = std::isnan(value) ? 0.0F : (value - centre) * scale;
  }
  return result;
}

double mean_rank_correlation(const Grid<float>& a, const Grid<float>& b) {
  EVOFACTOR_CHECK(a.rows() == b.rows() && a.columns() == b.columns(), "[{}, {}] against [{}, {}]",
                  a.rows(), a.columns(), b.rows(), b.columns());
  if (a.rows() == 0) return 0;
  double sum = 0;
  for (std::size_t day = 0; day < a.rows(); ++day) {
    // Centred ranks sum to 0 and missing is 0, so the mean over any set of stocks that holds them
    // all is 0.
    const kernels::Products p = kernels::products(a.row(day), b.row(day));
    if (p.aa > 0 && p.bb > 0) sum += p.ab / std::sqrt(p.aa * p.bb);
  }
  return sum / static_cast<double>(a.rows());
}

}  // namespace evofactor::fitness
