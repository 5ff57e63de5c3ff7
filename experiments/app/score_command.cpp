#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "data/market.hpp"
#include "data/panel_store.hpp"
#include "engine/device/runtime.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "engine/store/atomic_file.hpp"
#include "experiments/app/commands.hpp"
#include "experiments/app/experiment.hpp"
#include "experiments/app/factor_table.hpp"
#include "experiments/app/finalise.hpp"
#include "experiments/app/network_factor.hpp"
#include "experiments/app/search_folder.hpp"
#include "fitness/combine.hpp"
#include "genome/genome_json.hpp"
#include "training/evaluate.hpp"

namespace evofactor::app {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string run, panel, from, to, out;
  SearchChoice choice;
};

/// The one search meant; of several folds the last, of several seeds the first.
SearchFolder chosen(const Arguments& arguments) {
  const auto searches = searches_of(arguments.run, arguments.choice);
  if (searches.empty())
    throw ConfigError(fmt::format("{}: no search of that arm, seed and fold", arguments.run));
  for (const SearchFolder& search : searches)
    if (search.arm != searches.front().arm) {
      std::string arms;
      for (const SearchFolder& s : searches)
        if (arms.find(s.arm) == std::string::npos) arms += " " + s.arm;
      throw ConfigError(
          fmt::format("{} has several arms; say --arm, one of:{}", arguments.run, arms));
    }
  SearchFolder best = searches.front();
  for (const SearchFolder& search : searches)
    if (search.seed == best.seed && search.fold > best.fold) best = search;
  return best;
}

std::vector<std::byte> read_bytes(const fs::path& file) {
  const std::string text = read_text(file);
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

FactorValues value(const Json& member, const SearchFolder& search, const std::string& kind,
                   const Market& market, DayRange days) {
  if (kind == "formula")
    return formula::evaluate(formula::parse_or_throw(member["text"].get<std::string>()), market,
                             days);
  const genome::NetGenome genome = genome::from_json(member["genome"]);
  const Json& weights = member["weights"];
  const auto read = [&](const Json& file) {
    return read_bytes(search.path / file.get<std::string>());
  };
  if (weights.is_string()) return training::network_values(genome, read(weights), market, days);
  return averaged_network_values(
      genome, weights.size(), [&](std::size_t i) { return read(weights[i]); }, market, days);
}

/// Settings the search saw its market with.
MarketSettings market_settings(const SearchFolder& search) {
  const fs::path run = search.path.parent_path().parent_path().parent_path();
  const Experiment experiment = read_experiment(run / "config.json", {});
  return experiment.arm(search.arm).data.market;
}

void score(const Arguments& arguments) {
  device::set_up();
  device::set_up_thread();
  const SearchFolder search = chosen(arguments);
  const Json pool = read_pool(search);
  const PanelHeader header = read_panel_header(arguments.panel);
  const int last = arguments.to.empty() ? header.calendar.size() - 1
                                        : header.calendar.at_or_before(parse_date(arguments.to));
  const int first =
      arguments.from.empty() ? last : header.calendar.at_or_after(parse_date(arguments.from));
  if (first > last || last < 0)
    throw ConfigError(fmt::format("{}: no trading day from {} to {}; the panel has {} to {}",
                                  arguments.panel, arguments.from, arguments.to,
                                  to_string(header.calendar[0]),
                                  to_string(header.calendar[header.calendar.size() - 1])));
  const int look_back = pool.value("look_back", 0);
  if (first < look_back)
    fmt::print(stderr,
               "warning: only {} days lie before {}, the pool looks back {}; values that need more "
               "are missing\n",
               first, to_string(header.calendar[first]), look_back);
  if (pool.value("panel_fingerprint", "") != to_hex(header.fingerprint))
    fmt::print(stderr,
               "note: the panel differs from the one trained on (fingerprint {}, trained on {})\n",
               to_hex(header.fingerprint), pool.value("panel_fingerprint", ""));
  const int begin = std::max(0, first - look_back - kMaxCarriedDays);
  const Panel panel = read_panel(arguments.panel, DayRange{begin, last + 1});
  const Market market = make_market(panel, market_settings(search));
  const DayRange days{first - begin, last + 1 - begin};
  const Grid<std::uint8_t> mask = fitness::rankable(market);

  std::vector<FactorValues> values;
  std::vector<double> weights;
  for (const Json& member : pool["members"]) {
    values.push_back(value(member, search, pool.value("kind", ""), market, days));
    if (member.value("sign", 1) < 0) negate(values.back());
    weights.push_back(member.value("weight", 1.0));
  }
  if (values.empty()) throw ConfigError(fmt::format("{}: the pool is empty", search.path.string()));
  const std::vector<int> signs(values.size(), 1);  // values carry their sign already
  const FactorValues combined = fitness::combine(values, signs, weights, mask, days);
  FactorTable table{days, {}};
  for (std::size_t i = 0; i < values.size(); ++i)
    table.columns.emplace_back(fmt::format("f_{}", pool["members"][i]["id"].get<std::uint64_t>()),
                               &values[i]);
  table.columns.emplace_back("combined", &combined);
  write_factors(arguments.out, market, mask, table);
  fmt::print(stderr, "{}: {} factors and their combination, {} to {} ({}, seed {}, fold {})\n",
             arguments.out, values.size(), to_string(market.calendar[days.first]),
             to_string(market.calendar[days.last - 1]), search.arm, search.seed, search.fold);
}

}  // namespace

void add_score(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "score", "Value the factors of a finished run on a panel: the daily use. Needs no labels.");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("run", arguments->run, "run folder, or the folder of one search")->required();
  command->add_option("--panel", arguments->panel, "panel.h5 to value on")->required();
  command->add_option("--from", arguments->from, "first day (default: the panel's last)");
  command->add_option("--to", arguments->to, "last day (default: the panel's last)");
  command->add_option("--out", arguments->out, "file to write: .parquet, .csv or .csv.gz")
      ->required();
  command->add_option("--arm", arguments->choice.arm, "arm, where the run has several");
  command->add_option("--seed", arguments->choice.seed, "seed (default: the first)");
  command->add_option("--fold", arguments->choice.fold, "fold (default: the last)");
  command->add_flag("--json", context.json, "one JSON document on stdout");
  command->callback([arguments, &context] {
    score(*arguments);
    if (context.json) fmt::print("{}\n", Json{{"out", arguments->out}}.dump());
  });
}

}  // namespace evofactor::app
