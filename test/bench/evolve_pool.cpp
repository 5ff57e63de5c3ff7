// The factor pool at the size of a real search (280 days x 900 stocks, 50 entries), and what the
// loop itself costs.
#include <benchmark/benchmark.h>

#include <array>

#include "engine/evolve/pool.hpp"
#include "test/evolve/toy.hpp"
#include "test/support/temporary_folder.hpp"

namespace {

using namespace evofactor;
using namespace evofactor::evolve;

Grid<float> random_values(std::uint64_t seed) {
  Rng rng(Seed{seed});
  Grid<float> values(280, 900);
  for (std::size_t r = 0; r < values.rows(); ++r)
    for (float& x : values.row(r)) x = static_cast<float>(rng.uniform(-1, 1));
  return values;
}

Contender random_contender(std::uint64_t id, double fitness) {
  Evaluation evaluation;
  evaluation.fitness = fitness;
  Contender made;
  made.entry = PoolEntry({CandidateId{id}, {}, {}, {}, evaluation}, random_values(id));
  return made;
}

void unit_rows_of_a_factor(benchmark::State& state) {
  const Grid<float> values = random_values(1);
  for (auto _ : state) benchmark::DoNotOptimize(unit_rows(values));
}
BENCHMARK(unit_rows_of_a_factor)->Unit(benchmark::kMicrosecond);

void correlation_of_two_factors(benchmark::State& state) {
  const UnitRows a = unit_rows(random_values(1)), b = unit_rows(random_values(2));
  for (auto _ : state) benchmark::DoNotOptimize(mean_row_correlation(a, b));
  state.SetBytesProcessed(state.iterations() * 2 * 280 * 900 * 4);
}
BENCHMARK(correlation_of_two_factors)->Unit(benchmark::kMicrosecond);

void compare_with_a_full_pool(benchmark::State& state) {
  FactorPool pool({50, 0.7, 0.01, Combine::kEqual});
  for (std::uint64_t id = 0; id < 50; ++id)
    pool.offer(random_contender(id, 0.02 + 0.001 * static_cast<double>(id)));
  Contender contender = random_contender(99, 0.05);
  for (auto _ : state) {
    contender.resemblance.clear();
    const std::array<Contender*, 1> one{&contender};
    pool.compare(one);
  }
}
BENCHMARK(compare_with_a_full_pool)->Unit(benchmark::kMicrosecond);

/// 21 generations of 64 toy candidates, journal, checkpoints and events included.
void loop_without_evaluation(benchmark::State& state) {
  SearchSettings settings;
  std::int64_t evaluations = 0;
  for (auto _ : state) {
    const test::TemporaryFolder folder;
    evaluations += toy::run_small(toy::context_in(folder.path()), {}, settings).evaluations;
  }
  state.SetItemsProcessed(evaluations);
}
BENCHMARK(loop_without_evaluation)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
