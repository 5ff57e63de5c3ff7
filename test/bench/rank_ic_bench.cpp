#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "engine/formula/kernels/ranking.hpp"
#include "fitness/rank_ic.hpp"
#include "fitness/ranks.hpp"
#include "test/support/factors.hpp"

// One factor of 250 days x 800 stocks a step, on one thread; "factors" counts them.

namespace evofactor::fitness {
namespace {

constexpr std::size_t kDays = 250, kStocks = 800;
constexpr DayRange kRange{0, static_cast<int>(kDays)};

FactorValues factor_with_gaps(double share) {
  FactorValues factor{kRange, test::random_grid(kDays, kStocks, 2)};
  Rng rng(Seed{3});
  for (std::size_t d = 0; d < kDays; ++d)
    for (float& v : factor.values.row(d))
      if (rng.chance(share)) v = kMissing;
  return factor;
}

/// Scored days; argument: percent of values that are missing.
void rank_ic_daily(benchmark::State& state) {
  const Labels labels = test::random_labels(kDays, kStocks, 1, 1.0);
  const RankIcScorer scorer(labels, 5);
  const FactorValues factor = factor_with_gaps(static_cast<double>(state.range(0)) / 100);
  for (auto _ : state) benchmark::DoNotOptimize(scorer.daily(factor, kRange));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(rank_ic_daily)->Arg(0)->Arg(5)->Unit(benchmark::kMillisecond);

void rank_ic_with_turnover(benchmark::State& state) {
  const Labels labels = test::random_labels(kDays, kStocks, 1, 1.0);
  const RankIcScorer scorer(labels, 5);
  const FactorValues factor = factor_with_gaps(0);
  for (auto _ : state) benchmark::DoNotOptimize(scorer.score(factor, kRange));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(rank_ic_with_turnover)->Unit(benchmark::kMillisecond);

/// The plain way: std::sort of indices by value, average ranks, Pearson correlation in double.
void rank_ic_std_sort(benchmark::State& state) {
  const Labels labels = test::random_labels(kDays, kStocks, 1, 1.0);
  const FactorValues factor = factor_with_gaps(0);
  std::vector<std::uint32_t> order(kStocks);
  std::vector<double> x(kStocks), y(kStocks);
  const auto rank = [&](std::span<const float> values, std::vector<double>& ranks) {
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
    for (std::size_t first = 0; first < order.size();) {
      std::size_t last = first + 1;
      while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
      for (std::size_t k = first; k < last; ++k)
        ranks[order[k]] = static_cast<double>(first + last + 1) / 2;
      first = last;
    }
  };
  const auto label_ranks = [&] {
    std::vector<std::vector<double>> all(kDays, std::vector<double>(kStocks));
    for (std::size_t d = 0; d < kDays; ++d) rank(labels.forward_return.row(d), all[d]);
    return all;
  }();
  for (auto _ : state) {
    double sum = 0;
    for (std::size_t d = 0; d < kDays; ++d) {
      rank(factor.values.row(d), x);
      const double mean = (kStocks + 1) / 2.0;
      double xy = 0, xx = 0, yy = 0;
      for (std::size_t i = 0; i < kStocks; ++i) {
        xy += (x[i] - mean) * (label_ranks[d][i] - mean);
        xx += (x[i] - mean) * (x[i] - mean);
        yy += (label_ranks[d][i] - mean) * (label_ranks[d][i] - mean);
      }
      sum += xy / std::sqrt(xx * yy);
    }
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(rank_ic_std_sort)->Unit(benchmark::kMillisecond);

/// A day's values as packed words in order: ours, against std::sort of the same words.
void sort_rows(benchmark::State& state) {
  const FactorValues factor = factor_with_gaps(0);
  std::vector<std::uint64_t> words(kStocks + 16);
  const bool ours = state.range(0) != 0;
  for (auto _ : state)
    for (int d = 0; d < kRange.last; ++d) {
      const float* row = factor.day(d).data();
      if (ours) {
        formula::kernels::ascending(row, nullptr, kStocks, words.data());
      } else {
        for (std::size_t i = 0; i < kStocks; ++i) {
          const auto bits = std::bit_cast<std::uint32_t>(row[i]);
          const std::uint32_t key = bits ^ ((bits >> 31U) != 0 ? 0xffffffffU : 0x80000000U);
          words[i] = std::uint64_t{key} << 32U | i;
        }
        std::sort(words.begin(), words.begin() + kStocks);
      }
      benchmark::DoNotOptimize(words.data());
    }
}
BENCHMARK(sort_rows)->ArgName("ours")->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);

/// Without Pearson's correlation, and by the screen's stand-in for ranks.
void rank_ic_alone(benchmark::State& state, bool screen) {
  const Labels labels = test::random_labels(kDays, kStocks, 1, 1.0);
  const RankIcScorer scorer(labels, 5);
  const FactorValues factor = factor_with_gaps(static_cast<double>(state.range(0)) / 100);
  for (auto _ : state)
    benchmark::DoNotOptimize(screen ? scorer.screen(factor, kRange)
                                    : scorer.rank_ics(factor, kRange));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(rank_ic_alone, exact, false)->Arg(0)->Arg(5)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(rank_ic_alone, screen, true)->Arg(0)->Arg(5)->Unit(benchmark::kMillisecond);

void pool_correlation(benchmark::State& state) {
  const Labels labels = test::random_labels(kDays, kStocks, 1, 1.0);
  const auto a = centred_ranks(factor_with_gaps(0), labels.mask, kRange, 1);
  const auto b = centred_ranks(factor_with_gaps(0.05), labels.mask, kRange, 1);
  for (auto _ : state) benchmark::DoNotOptimize(mean_rank_correlation(a, b));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(pool_correlation)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace evofactor::fitness

BENCHMARK_MAIN();
