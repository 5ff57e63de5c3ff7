// Formulas as a search scores them, on a simulated market: 250 scored days x 800 stocks with the
// look-back before, one thread. EVOFACTOR_FORMULAS names a file of formulas, one a line; without it
// 300 random typed formulas of 5 to 30 nodes are made.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "baselines/gp/creation.hpp"
#include "baselines/gp/formula_problem.hpp"
#include "baselines/gp/grammar.hpp"
#include "data/market.hpp"
#include "data/synthetic.hpp"
#include "engine/evolve/search.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "engine/store/atomic_file.hpp"
#include "fitness/rank_ic.hpp"

namespace {

using namespace evofactor;

struct Setup {
  Panel panel = simulate_panel({.stocks = 832, .universe = 800, .days = 315, .seed = Seed{1}});
  Market market = make_market(panel, {});
  Labels labels = make_labels(panel, market, {}, {.min_listed_days = 1});
  fitness::RankIcScorer scorer{labels, 5};
  DayRange days{60, 310};
  std::vector<formula::Program> programs;

  Setup() {
    if (const char* file = std::getenv("EVOFACTOR_FORMULAS")) {
      const std::string text = read_text(file);
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        if (end > at) programs.push_back(formula::parse_or_throw(text.substr(at, end - at)));
        at = end + 1;
      }
      return;
    }
    std::vector<std::string> fields;
    for (const auto& [name, values] : market.fields) fields.push_back(name);
    const gp::Grammar grammar({}, fields);
    Rng rng(Seed{1});
    while (programs.size() < 300) {
      formula::Program program = gp::create(rng, grammar);
      if (program.tokens.size() >= 5) programs.push_back(std::move(program));
    }
  }
  static const Setup& get() {
    static const Setup setup;
    return setup;
  }
};

enum class Score { kNone, kExact, kScreen };

/// @param together as one graph, equal subtrees once; else each alone
void formulas(benchmark::State& state, bool together, Score score) {
  const Setup& setup = Setup::get();
  double sum = 0;
  const auto use = [&](std::size_t, const FactorView& values) {
    if (score == Score::kNone) {
      sum += static_cast<double>(values.day(setup.days.first)[0]);
      return;
    }
    const auto days = score == Score::kExact ? setup.scorer.rank_ics(values, setup.days)
                                             : setup.scorer.screen(values, setup.days);
    for (const fitness::DayScore& day : days)
      if (day.used) sum += day.rank_ic;
  };
  const std::span<const formula::Program> programs = setup.programs;
  for (auto _ : state) {
    if (together) formula::evaluate(programs, setup.market, setup.days, nullptr, use);
    for (std::size_t i = 0; !together && i < programs.size(); ++i)
      formula::evaluate(programs.subspan(i, 1), setup.market, setup.days, nullptr, use);
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(programs.size()));
}

/// The generation of a search numbered by the argument: breeding, valuing, scoring, pool, journal
/// and checkpoint. Items are candidates; "exact" is the share scored exactly, "saved" that of
/// functions not computed.
void generation_of_a_search(benchmark::State& state) {
  const Setup& setup = Setup::get();
  const int wanted = static_cast<int>(state.range(0));
  gp::FormulaFold fold;
  fold.market = &setup.market;
  fold.scorer = &setup.scorer;
  fold.split.train = {{60, 280}, {60, 280}};
  fold.split.validate = {{280, 310}, {280, 310}};
  evolve::SearchSettings settings;
  settings.population = 500;
  settings.generations = wanted;
  std::int64_t candidates = 0;
  for (auto _ : state) {
    const auto problem = gp::make_formula_problem({}, fold);
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / "evofactor_population_bench";
    std::filesystem::remove_all(folder);
    evolve::SearchContext context;
    context.folder = folder;
    context.root = Seed{1};
    for (int lane = 0; lane < state.range(1); ++lane) context.lanes.push_back({.index = lane});
    std::vector<evolve::GenerationRecord> records;
    context.on_generation = [&](const evolve::GenerationRecord& r) { records.push_back(r); };
    (void)evolve::run_search(problem, settings, {}, {std::nullopt, std::nullopt}, context);
    const evolve::GenerationRecord& last = records.back();
    const evolve::GenerationRecord& before = records[records.size() - 2];
    state.SetIterationTime(last.seconds - before.seconds);
    candidates += last.created;
    const auto created = static_cast<double>(last.created);
    state.counters["exact"] = 1 - static_cast<double>(last.screened) / created;
    const auto added = [&](std::size_t probe) {
      return last.probes[probe].second - before.probes[probe].second;
    };
    state.counters["saved"] = 1 - added(1) / added(0);
    std::filesystem::remove_all(folder);
  }
  state.SetItemsProcessed(candidates);
}

/// How far the screen is from the exact score, over the formulas: columns are |error| of the mean
/// rank IC at quantiles.
void screen_error(benchmark::State& state) {
  const Setup& setup = Setup::get();
  std::vector<double> errors;
  for (auto _ : state) {
    errors.clear();
    for (const auto& program : setup.programs) {
      const FactorValues values = formula::evaluate(program, setup.market, setup.days);
      const auto mean = [](const std::vector<fitness::DayScore>& days) {
        double sum = 0;
        int n = 0;
        for (const auto& day : days)
          if (day.used) sum += day.rank_ic, ++n;
        return n == 0 ? 0 : sum / n;
      };
      errors.push_back(std::abs(mean(setup.scorer.screen(values, setup.days)) -
                                mean(setup.scorer.daily(values, setup.days))));
    }
  }
  std::sort(errors.begin(), errors.end());
  const auto at = [&](double q) {
    return errors[static_cast<std::size_t>(q * static_cast<double>(errors.size() - 1))];
  };
  state.counters["median"] = at(0.5);
  state.counters["q90"] = at(0.9);
  state.counters["q99"] = at(0.99);
  state.counters["max"] = errors.back();
}

void screen_only(benchmark::State& state) {
  const Setup& setup = Setup::get();
  const FactorValues values =
      formula::evaluate(formula::parse_or_throw("ts_return(close, 5)"), setup.market, setup.days);
  for (auto _ : state)
    benchmark::DoNotOptimize(setup.scorer.screen(values, setup.days).back().rank_ic);
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

int main(int argc, char** argv) {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // as the program does
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  const auto add = [](const char* name, auto function, auto... arguments) {
    benchmark::RegisterBenchmark(name, function, arguments...)->Unit(benchmark::kMillisecond);
  };
  add("alone, values", formulas, false, Score::kNone);
  add("alone, values and exact rank IC", formulas, false, Score::kExact);
  add("alone, values and screen", formulas, false, Score::kScreen);
  add("one graph, values", formulas, true, Score::kNone);
  add("one graph, values and exact rank IC", formulas, true, Score::kExact);
  for (const int lanes : {1, 2})
    for (const int generation : {5, 15})
      benchmark::RegisterBenchmark("generation of a search", generation_of_a_search)
          ->ArgNames({"number", "lanes"})
          ->Args({generation, lanes})
          ->UseManualTime()
          ->Iterations(1)
          ->Unit(benchmark::kMillisecond);
  add("error of the screen", screen_error);
  add("screen", screen_only);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
