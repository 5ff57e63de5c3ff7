#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "data/synthetic.hpp"
#include "experiments/app/commands.hpp"

namespace evofactor::app {
namespace {

struct Options {
  std::filesystem::path out;
  SimulationSettings settings;
};

void simulate_to_folder(const Options& options, bool json) {
  const SimulatedMarket market = simulate(options.settings);
  write_simulation(market, options.out);
  const Panel& panel = market.panel;
  fmt::print(stderr, "simulated {} stocks on {} days, {} to {}, into {}\n", panel.n_stocks(),
             panel.n_days(), to_string(panel.calendar[0]),
             to_string(panel.calendar[panel.n_days() - 1]), options.out.string());
  if (json) {
    fmt::print("{}\n", truth_json(market).dump(2));
    return;
  }
  for (const auto& signal : market.signals)
    fmt::print("{:<16} rank IC {:.4f}  {}\n", signal.name, signal.mean_rank_ic, signal.formula);
  fmt::print("{:<16} rank IC {:.4f}  {}\n", "combined", market.combined.mean_rank_ic,
             "mean of their ranks");
}

}  // namespace

void add_simulate(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "simulate",
      "Write a CSI 800-like market in the import format, with known planted signals (truth.json)");
  const auto options = std::make_shared<Options>();
  command->add_option("--out", options->out, "Folder to write into")->required();
  command->add_option("--stocks", options->settings.stocks, "Stocks ever listed")
      ->capture_default_str();
  command->add_option("--universe", options->settings.universe, "Members of csi800")
      ->capture_default_str();
  command->add_option("--days", options->settings.days, "Trading days from 2015-01-05")
      ->capture_default_str();
  command->add_option("--seed", options->settings.seed.value, "Equal seeds give equal markets")
      ->capture_default_str();
  command->add_flag("--json", context.json, "Print truth.json on stdout");
  command->callback([options, &context] { simulate_to_folder(*options, context.json); });
}

}  // namespace evofactor::app
