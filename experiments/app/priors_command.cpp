#include <fmt/format.h>
#include <tbb/global_control.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "data/market.hpp"
#include "data/panel_store.hpp"
#include "engine/core/json.hpp"
#include "engine/store/atomic_file.hpp"
#include "experiments/app/commands.hpp"
#include "experiments/app/progress.hpp"
#include "training/prior_fit.hpp"

namespace evofactor::app {
namespace {

using training::PriorFit;
using training::PriorFitPart;
using training::PriorTask;

struct Arguments {
  std::string panel, from, to, csv;
  std::vector<std::string> indicators;
  MarketSettings market;
  training::PriorFitSettings fit;
  int train = 250, test = 90, threads = 0;
};

/// Days as indices into the panel's calendar.
struct Span {
  DayRange loaded, train, test;
};

Span span_of(const Arguments& arguments, const Calendar& calendar, int look_back) {
  const int n = calendar.size();
  if (n == 0) throw DataError(fmt::format("{}: the panel has no days", arguments.panel));
  const int last = arguments.to.empty() ? n : calendar.at_or_before(parse_date(arguments.to)) + 1;
  const int test = last - arguments.test;
  if (arguments.from.empty() && test < arguments.train)
    throw ConfigError(
        fmt::format("{}: {} training and {} test days are wanted, but the panel has {} from {} on{}"
                    "; use a smaller --train or --test",
                    arguments.panel, arguments.train, arguments.test, last, to_string(calendar[0]),
                    last < n ? " up to " + arguments.to : ""));
  const int train = arguments.from.empty() ? test - arguments.train
                                           : calendar.at_or_after(parse_date(arguments.from));
  if (train >= test)
    throw ConfigError(fmt::format(
        "{}: {} trading days from {} on{} leave none to train on before {} test days; use an "
        "earlier --from or a smaller --test",
        arguments.panel, std::max(0, last - train), arguments.from,
        last < n ? " up to " + arguments.to : "", arguments.test));
  return {.loaded = {std::max(0, train - look_back - kMaxCarriedDays), last},
          .train = {train, test},
          .test = {test, last}};
}

std::string_view kind_of(const PriorTask& task) {
  return task.cross_sectional ? "cross-section" : "time series";
}
std::string_view network_of(const PriorTask& task) {
  return task.cross_sectional ? "stock_conv" : "dense";
}

std::string cell(double value, int decimals) {
  return std::isfinite(value) ? fmt::format("{:.{}f}", value, decimals) : "-";
}
std::string percent(double share) {
  return std::isfinite(share) ? fmt::format("{:.1f} %", 100 * share) : "-";
}

/// Share of the stock-days of both parts.
double outlier_share(const PriorFit& fit) {
  const std::int64_t outliers = fit.train.outliers + fit.test.outliers;
  return static_cast<double>(outliers) /
         static_cast<double>(outliers + fit.train.stock_days + fit.test.stock_days);
}

void print_table(const std::vector<PriorFit>& fits) {
  fmt::print("{:<9} {:<13} {:<10} {:>9} {:>8} {:>14} {:>7} {:>8} {:>8} {:>7}\n", "indicator",
             "kind", "network", "MSE train", "test", "accuracy train", "test", "majority",
             "outliers", "seconds");
  for (const PriorFit& fit : fits)
    fmt::print("{:<9} {:<13} {:<10} {:>9} {:>8} {:>14} {:>7} {:>8} {:>8} {:>7.1f}\n", fit.task.name,
               kind_of(fit.task), network_of(fit.task), cell(fit.train.mse, 4),
               cell(fit.test.mse, 4), percent(fit.train.accuracy), percent(fit.test.accuracy),
               percent(fit.test.majority), percent(outlier_share(fit)), fit.seconds);
}

Json to_json(const PriorFitPart& part) {
  return {{"mse", part.mse},
          {"accuracy", part.accuracy},
          {"majority", part.majority},
          {"outliers", part.outliers},
          {"stock_days", part.stock_days}};
}

void print_lines(const std::vector<PriorFit>& fits) {
  for (const PriorFit& fit : fits)
    fmt::print("{}\n", Json{{"indicator", fit.task.name},
                            {"formula", formula::to_string(fit.task.program)},
                            {"kind", kind_of(fit.task)},
                            {"neutral", fit.task.neutral},
                            {"network", network_of(fit.task)},
                            {"layers", genome::text_of(fit.network)},
                            {"train", to_json(fit.train)},
                            {"test", to_json(fit.test)},
                            {"seconds", fit.seconds}}
                           .dump());
}

std::string csv_of(const std::vector<PriorFit>& fits) {
  std::string text =
      "indicator,kind,network,train_mse,test_mse,train_accuracy,test_accuracy,train_majority,"
      "test_majority,train_stock_days,test_stock_days,train_outliers,test_outliers,seconds\n";
  const auto number = [](double value) {
    return std::isfinite(value) ? fmt::to_string(value) : std::string();
  };
  for (const PriorFit& fit : fits) {
    text += fmt::format("{},{},{}", fit.task.name, kind_of(fit.task), network_of(fit.task));
    for (const auto member : {&PriorFitPart::mse, &PriorFitPart::accuracy, &PriorFitPart::majority})
      text += fmt::format(",{},{}", number(fit.train.*member), number(fit.test.*member));
    for (const auto member : {&PriorFitPart::stock_days, &PriorFitPart::outliers})
      text += fmt::format(",{},{}", fit.train.*member, fit.test.*member);
    text += fmt::format(",{:.3f}\n", fit.seconds);
  }
  return text;
}

void fit_indicators(const Arguments& arguments, bool json) {
  const std::vector<PriorTask> tasks = training::indicator_tasks(arguments.indicators);
  int look_back = 0;
  for (const PriorTask& task : tasks) look_back = std::max(look_back, training::look_back(task));
  const Span span = span_of(arguments, read_panel_header(arguments.panel).calendar, look_back);
  const Market market = make_market(read_panel(arguments.panel, span.loaded), arguments.market);
  const auto in_market = [&](DayRange days) {
    return DayRange{days.first - span.loaded.first, days.last - span.loaded.first};
  };
  const DayRange train = in_market(span.train), test = in_market(span.test);
  std::vector<PriorFit> fits;
  {
    CountBar bar("indicators", tasks.size());
    fits = training::fit_priors(tasks, market, train, test, arguments.fit, [&] { bar.advance(); });
  }
  if (json)
    print_lines(fits);
  else
    print_table(fits);
  const auto text_of = [&](DayRange days) {
    return fmt::format("{} to {} ({} days)", to_string(market.calendar[days.first]),
                       to_string(market.calendar[days.last - 1]), days.size());
  };
  fmt::print(
      stderr,
      "trained on {}, tested on {}; universe {}, {} steps, seed {}\n"
      "MSE in squared standard deviations of the training days; values beyond 3 of them are "
      "outliers, which count nowhere\n"
      "accuracy: same side of the neutral value as the indicator; majority: of a constant on "
      "the test days\n",
      text_of(train), text_of(test), market.universe, arguments.fit.steps,
      arguments.fit.seed.value);
  if (!arguments.csv.empty()) write_text(arguments.csv, csv_of(fits));
}

}  // namespace

void add_priors(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "priors",
      "Train a network on each technical indicator; tell how well it learns it, on training days "
      "and on the test days after them.");
  auto arguments = std::make_shared<Arguments>();
  Arguments& a = *arguments;
  command->add_option("--panel", a.panel, "panel.h5")->required();
  command->add_option("--universe", a.market.universe,
                      "default: csi800, else the only one, else all");
  command->add_option("--indicator", a.indicators, "indicators (default: all)")
      ->option_text("NAME ...");
  command->add_option("--to", a.to, "last test day (default: the panel's last)");
  command->add_option("--test", a.test, "test days (default 90)")->check(CLI::Range(1, 100000));
  auto* train = command->add_option("--train", a.train, "training days before them (default 250)")
                    ->check(CLI::Range(1, 100000));
  command->add_option("--from", a.from, "first training day, in place of --train")->excludes(train);
  command->add_option("--steps", a.fit.steps, "training steps of 5 days each (default 500)")
      ->check(CLI::Range(1, 1000000));
  command->add_option("--seed", a.fit.seed.value, "of weights and batches (default 1)");
  command->add_option("--csv", a.csv, "also write the table to this file");
  command->add_option("--threads", a.threads, "indicators at a time; 0 = all cores (default)")
      ->check(CLI::Range(0, 4096));
  command->add_flag("--json", context.json, "one line of JSON per indicator on stdout");
  command->callback([arguments, &context] {
    std::unique_ptr<tbb::global_control> limit;
    if (arguments->threads > 0)
      limit = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                    static_cast<std::size_t>(arguments->threads));
    fit_indicators(*arguments, context.json);
  });
}

}  // namespace evofactor::app
