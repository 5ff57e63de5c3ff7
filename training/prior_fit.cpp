#include "training/prior_fit.hpp"

#include <ATen/core/grad_mode.h>
#include <fmt/ranges.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "engine/device/runtime.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/indicators.hpp"
#include "genome/presets.hpp"
#include "training/inputs.hpp"
#include "training/regression.hpp"
#include "training/values.hpp"

namespace evofactor::training {
namespace {

constexpr int kDaysPerBatch = 5;
constexpr double kLearningRate = 1e-3;

/// Each stock on its own, then three convolutions that reach 292 places to either side.
genome::Chain stock_layers() {
  using genome::Activation;
  using genome::StockConvSpec;
  genome::Chain layers{genome::DenseSpec{.units = 128, .activation = Activation::kTanh}};
  for (const int dilation : {1, 8, 64})
    layers.push_back(StockConvSpec{
        .channels = 32, .kernel = 9, .dilation = dilation, .activation = Activation::kRelu});
  layers.push_back(genome::DenseSpec{.units = 64, .activation = Activation::kTanh});
  return layers;
}

/// Of the prior's values where there are inputs.
Moments moments_over(const FactorValues& values, const InputSet& inputs, DayRange days) {
  std::vector<double> finite;
  for (int day = days.first; day < days.last; ++day)
    for (const std::int32_t s : inputs.stocks(day))
      if (const double x = values.day(day)[static_cast<std::size_t>(s)]; std::isfinite(x))
        finite.push_back(x);
  return moments_of(finite);
}

PriorFitPart compare(const FactorValues& prior, const RegressionTarget& target,
                     const FactorValues& network, const InputSet& inputs, double neutral,
                     DayRange days) {
  double squares = 0;
  std::int64_t kept = 0, outliers = 0, alike = 0, above = 0;
  for (int day = days.first; day < days.last; ++day) {
    const auto stocks = inputs.stocks(day);
    const auto& wanted = target.rows[static_cast<std::size_t>(day - target.days.first)];
    for (std::size_t r = 0; r < stocks.size(); ++r) {
      const auto stock = static_cast<std::size_t>(stocks[r]);
      if (!std::isfinite(prior.day(day)[stock])) continue;
      if (!std::isfinite(wanted[r])) {
        ++outliers;
        continue;
      }
      const double given = network.day(day)[stock], error = given - wanted[r];
      squares += error * error;
      const bool buy = wanted[r] > neutral;
      alike += (given > neutral) == buy ? 1 : 0;
      above += buy ? 1 : 0;
      ++kept;
    }
  }
  const auto share = [](auto part, std::int64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole)
                     : std::numeric_limits<double>::quiet_NaN();
  };
  return {.mse = share(squares, kept),
          .accuracy = share(alike, kept),
          .majority = share(std::max(above, kept - above), kept),
          .stock_days = kept,
          .outliers = outliers};
}

PriorFit fit_prior(const PriorTask& task, const Market& market, InputStore& store, DayRange train,
                   DayRange test, const PriorFitSettings& settings) {
  const auto start = std::chrono::steady_clock::now();
  device::set_up();
  device::set_up_thread();
  const at::NoGradGuard no_grad;
  PriorFit fit{.task = task, .network = prior_network(task, settings.steps)};
  const DayRange days{train.first, test.last};
  const auto inputs = store.get(fit.network.input);
  const FactorValues values = formula::evaluate(task.program, market, days);
  const Moments moments = moments_over(values, *inputs, train);
  RegressionTarget target{days, {}};
  for (int day = days.first; day < days.last; ++day)
    target.rows.push_back(z_scores(values.day(day), inputs->stocks(day), moments));
  const Seed seed = derive(settings.seed, "prior", content_hash(task.program).value);
  net::StackedNet net({&fit.network, 1}, {&seed, 1}, at::kCPU);
  (void)regress(net, *inputs, {&target, 1}, train, settings.seed);
  const double neutral = (task.neutral - moments.mean) / moments.deviation;
  const auto compare_on = [&](DayRange part) {
    const std::vector<FactorValues> given =
        values_of(net, *inputs, day_list(part), part, market.n_stocks());
    return compare(values, target, given.front(), *inputs, neutral, part);
  };
  fit.train = compare_on(train);
  fit.test = compare_on(test);
  fit.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return fit;
}

}  // namespace

std::vector<PriorTask> indicator_tasks(std::span<const std::string> names) {
  std::vector<std::string_view> known;
  for (const formula::Indicator& row : formula::indicators()) known.push_back(row.name);
  std::vector<PriorTask> tasks;
  const auto add = [&](const formula::Indicator& row) {
    tasks.push_back(
        {std::string(row.name), *formula::indicator(row.name), row.neutral, row.cross_sectional});
  };
  Problems problems;
  for (const std::string& name : names) {
    const auto rows = formula::indicators();
    const auto row = std::ranges::find(rows, name, &formula::Indicator::name);
    if (row == rows.end())
      problems.add("unknown indicator \"{}\"; there are {}", name, fmt::join(known, ", "));
    else
      add(*row);
  }
  problems.throw_if_any<ConfigError>();
  if (names.empty()) std::ranges::for_each(formula::indicators(), add);
  return tasks;
}

genome::NetGenome prior_network(const PriorTask& task, int steps) {
  genome::NetGenome network = genome::preset("fcn_paper");
  if (task.cross_sectional) network.layers = stock_layers();
  auto& features = network.input.features;
  for (const std::string& field : formula::fields_of(task.program))
    if (std::ranges::find(features, field) == features.end())
      features.push_back(field.starts_with("raw_") ? fmt::format("log({})", field) : field);
  network.input.window = std::max(network.input.window, formula::look_back(task.program) + 1);
  network.prior = {formula::to_string(task.program), steps};
  network.prune_rate = 0;
  network.train.loss = genome::Loss::kMse;
  network.train.learning_rate = kLearningRate;
  network.train.days_per_batch = kDaysPerBatch;
  return network;
}

int look_back(const PriorTask& task) {
  return std::max(look_back(prior_network(task, 1).input), formula::look_back(task.program));
}

std::vector<PriorFit> fit_priors(std::span<const PriorTask> tasks, const Market& market,
                                 DayRange train, DayRange test, const PriorFitSettings& settings,
                                 const std::function<void()>& on_done) {
  EVOFACTOR_CHECK(train.size() > 0 && test.size() > 0 && train.last <= test.first,
                  "test days {}-{} do not follow training days {}-{}", test.first, test.last,
                  train.first, train.last);
  InputStore store(market, {train.first, test.last}, train,
                   static_cast<std::int64_t>(settings.input_cache_mb) << 20);
  std::vector<PriorFit> fits(tasks.size());
  tbb::parallel_for(std::size_t{0}, tasks.size(), [&](std::size_t i) {
    fits[i] = fit_prior(tasks[i], market, store, train, test, settings);
    if (on_done) on_done();
  });
  return fits;
}

}  // namespace evofactor::training
