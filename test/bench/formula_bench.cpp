// Formula evaluation on a simulated market of 310 days x 832 stocks, one thread: cells a second by
// function, and factors a second from text to exact rank IC over the last 250 days.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "data/market.hpp"
#include "data/synthetic.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "fitness/rank_ic.hpp"

namespace {

using namespace evofactor;

struct Setup {
  Panel panel = simulate_panel({.stocks = 832, .universe = 760, .days = 310, .seed = Seed{1}});
  Market market = make_market(panel, {});
  Labels labels = make_labels(panel, market, {}, {.min_listed_days = 1});
  fitness::RankIcScorer scorer{labels, 5};
  static const Setup& get() {
    static const Setup setup;
    return setup;
  }
};

const char* const kFunctions[] = {"add(close, open)",
                                  "div(close, open)",
                                  "log(close)",
                                  "tanh(close)",
                                  "spow(close, 0.3)",
                                  "if_else(close, open, high)",
                                  "delay(close, 5)",
                                  "ts_return(close, 5)",
                                  "ts_mean(close, 5)",
                                  "ts_mean(close, 20)",
                                  "ts_mean(close, 60)",
                                  "ts_std(close, 5)",
                                  "ts_std(close, 20)",
                                  "ts_skew(close, 20)",
                                  "ts_kurt(close, 20)",
                                  "ts_mad(close, 20)",
                                  "ts_product(close, 20)",
                                  "ts_max(close, 20)",
                                  "ts_argmax(close, 20)",
                                  "ts_median(close, 20)",
                                  "ts_median(close, 60)",
                                  "ts_rank(close, 5)",
                                  "ts_rank(close, 20)",
                                  "ts_rank(close, 60)",
                                  "decay_linear(close, 20)",
                                  "ema(close, 20)",
                                  "ewm(close, 20)",
                                  "ts_cov(close, volume, 20)",
                                  "ts_corr(close, volume, 5)",
                                  "ts_corr(close, volume, 20)",
                                  "ts_slope(close, 20)",
                                  "ts_rsquare(close, 20)",
                                  "ts_beta(close, volume, 20)",
                                  "cs_rank(close)",
                                  "cs_zscore(close)",
                                  "cs_scale(close)",
                                  "cs_winsorize(close, 3)",
                                  "cs_mad_winsorize(close, 3)",
                                  "cs_neutralize(close, industry)",
                                  "cs_neutralize(close, volume)"};

/// 30 formulas of 4 to 30 nodes, as a search holds them.
const char* const kFactors[] = {
    "div(ts_mean(close, 5), close)",
    "ts_std(ts_return(close, 1), 20)",
    "ts_corr(close, volume, 10)",
    "ts_skew(ts_return(close, 1), 20)",
    "div(ts_slope(close, 20), close)",
    "cs_rank(sign(delta(close, 1)))",
    "mul(-1, ts_corr(cs_rank(open), cs_rank(volume), 10))",
    "mul(-1, ts_rank(cs_rank(low), 9))",
    "div(sub(close, open), add(sub(high, low), 0.001))",
    "div(sub(close, ts_min(low, 20)), sub(ts_max(high, 20), ts_min(low, 20)))",
    "ts_mean(max(sign(delta(close, 1)), 0), 20)",
    "ts_corr(ts_rank(close, 5), ts_rank(volume, 5), 10)",
    "ts_zscore(log(div(ts_sum(volume, 3), ts_sum(volume, 30))), 20)",
    "cs_zscore(div(sub(ema(close, 5), ts_median(close, 20)), ts_mad(close, 20)))",
    "ts_kurt(ts_meanstd(ts_return(close, 1), 5), 15)",
    "mul(ts_argmax(ts_corr(close, volume, 6), 10), cs_rank(ts_resid(close, 10)))",
    "mul(-1, ts_sum(cs_rank(ts_corr(cs_rank(high), cs_rank(volume), 3)), 3))",
    "mul(cs_rank(sub(open, ts_mean(vwap, 10))), mul(-1, abs(cs_rank(sub(close, vwap)))))",
    "mul(-1, delta(div(sub(sub(close, low), sub(high, close)), sub(close, low)), 9))",
    "mul(add(cs_rank(ts_max(sub(vwap, close), 3)), cs_rank(ts_min(sub(vwap, close), 3))), "
    "cs_rank(delta(volume, 3)))",
    "div(ts_sum(max(delta(close, 1), 0), 10), ts_sum(abs(delta(close, 1)), 10))",
    "decay_linear(ts_rank(ts_corr(cs_rank(low), cs_rank(ts_mean(volume, 10)), 8), 7), 5)",
    "div(ts_std(mul(abs(ts_return(close, 1)), volume), 10), ts_mean(mul(abs(ts_return(close, 1)), "
    "volume), 10))",
    "cs_rank(mul(mul(mul(ts_return(close, 1), -1), ts_mean(mul(vwap, volume), 20)), mul(vwap, "
    "sub(high, close))))",
    "mul(-1, ts_max(ts_corr(ts_rank(volume, 5), ts_rank(high, 5), 5), 3))",
    "cs_scale(sub(add(ts_corr(ts_mean(mul(vwap, volume), 20), low, 5), div(add(high, low), 2)), "
    "close))",
    "cs_neutralize(ts_std(ts_return(close, 1), 20), industry)",
    "cs_neutralize(ts_return(close, 20), log(mul(vwap, ts_mean(volume, 20))))",
    "ts_std(ts_return(ts_mean(close, 40), 5), 30)",
    "ts_rank(add(ts_max(mul(cs_rank(ts_kurt(div(volume, high), 10)), vwap), 40), div(vwap, "
    "ts_max(log(min(vwap, add(ts_rank(ts_mean(ema(sign(open), 10), 5), 5), low))), 30))), 10)"};

void one_function(benchmark::State& state, const std::string& text) {
  const Setup& setup = Setup::get();
  const formula::Program program = formula::parse_or_throw(text);
  const DayRange days{0, setup.market.n_days()};
  for (auto _ : state)
    benchmark::DoNotOptimize(formula::evaluate(program, setup.market, days).values.data());
  state.SetItemsProcessed(state.iterations() * days.size() * setup.market.n_stocks());
}

void factors(benchmark::State& state, bool together, bool scored) {
  const Setup& setup = Setup::get();
  const DayRange days{setup.market.n_days() - 250, setup.market.n_days()};
  std::vector<formula::Program> programs;
  for (const char* text : kFactors) programs.push_back(formula::parse_or_throw(text));
  double sum = 0;
  for (auto _ : state) {
    std::vector<FactorValues> values;
    if (together) values = formula::evaluate(programs, setup.market, days);
    for (std::size_t i = 0; i < programs.size(); ++i) {
      const FactorValues alone =
          together ? FactorValues() : formula::evaluate(programs[i], setup.market, days);
      const FactorValues& factor = together ? values[i] : alone;
      sum += scored ? setup.scorer.summarise(setup.scorer.daily(factor, days)).rank_ic.mean
                    : static_cast<double>(factor.values(0, 0));
    }
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(programs.size()));
}

}  // namespace

int main(int argc, char** argv) {
  for (const char* text : kFunctions)
    benchmark::RegisterBenchmark(text, one_function, text)->Unit(benchmark::kMicrosecond);
  const auto add = [](const char* name, bool together, bool scored) {
    benchmark::RegisterBenchmark(name, factors, together, scored)->Unit(benchmark::kMillisecond);
  };
  add("30 factors, values", false, false);
  add("30 factors, values and rank IC", false, true);
  add("30 factors as one graph, values", true, false);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
