#include <fmt/format.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>

#include "data/market.hpp"
#include "data/panel_store.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/functions.hpp"
#include "experiments/app/commands.hpp"
#include "experiments/app/factor_table.hpp"
#include "experiments/app/formula_list.hpp"
#include "experiments/app/progress.hpp"
#include "fitness/json.hpp"
#include "fitness/rank_ic.hpp"

namespace evofactor::app {
namespace {

const std::map<std::string, LabelKind> kLabels{{"close_to_close", LabelKind::kCloseToClose},
                                               {"open_to_close", LabelKind::kOpenToClose},
                                               {"open_to_open", LabelKind::kOpenToOpen},
                                               {"vwap_to_vwap", LabelKind::kVwapToVwap}};
const std::map<std::string, MaskKind> kMasks{{"tradable", MaskKind::kTradable},
                                             {"member", MaskKind::kMember}};
const std::map<std::string, CrossSection> kCrossSections{{"universe", CrossSection::kUniverse},
                                                         {"panel", CrossSection::kPanel}};
const std::map<std::string, Suspended> kSuspended{{"carry", Suspended::kCarry},
                                                  {"missing", Suspended::kMissing}};

constexpr const char* kLabel = "label";  ///< column of --values

struct Arguments {
  std::string panel, formulas, from, to, values;
  std::vector<std::string> texts;
  MarketSettings market;
  LabelSettings label;
  MaskSettings mask;
  fitness::ScoreSettings score;
  bool with_label = false;
  int threads = 0;
};

template <class Enum>
const std::string& name_in(const std::map<std::string, Enum>& names, Enum value) {
  return std::ranges::find_if(names, [&](const auto& entry) { return entry.second == value; })
      ->first;
}

/// Days wanted, as indices into the panel's calendar.
struct Span {
  DayRange valued;  ///< --from to --to
  DayRange scored;  ///< of those, the days whose label ends within the panel
  DayRange loaded;  ///< what the formulas and labels of these days read
};

Span span_of(const Arguments& arguments, const PanelHeader& header,
             const std::vector<ListedFormula>& formulas) {
  const Calendar& calendar = header.calendar;
  const int n = calendar.size();
  if (n == 0) throw DataError(fmt::format("{}: the panel has no days", arguments.panel));
  const int first = arguments.from.empty() ? 0 : calendar.at_or_after(parse_date(arguments.from));
  const int last = arguments.to.empty() ? n - 1 : calendar.at_or_before(parse_date(arguments.to));
  if (first > last)
    throw ConfigError(fmt::format("{}: no trading day from {} to {}; the panel has {} to {}",
                                  arguments.panel, arguments.from, arguments.to,
                                  to_string(calendar[0]), to_string(calendar[n - 1])));
  const int reach = label_reach(arguments.label);
  int look_back = 0;
  for (const ListedFormula& formula : formulas)
    look_back = std::max(look_back, formula::look_back(formula.program));
  const int begin = std::max(0, first - look_back - kMaxCarriedDays);
  // A window may be longer than the days before --to, if not than the panel: all its values are
  // missing then.
  const int end = std::max(last + 1 + reach, begin + look_back + 1);
  return {.valued = {first, last + 1},
          .scored = {first, std::max(first, std::min(last + 1, n - reach))},
          .loaded = {begin, std::min(n, end)}};
}

/// Fields and windows that the panel cannot give.
void check_against_panel(const std::vector<ListedFormula>& formulas, const Market& market,
                         int panel_days, Problems& problems) {
  for (const ListedFormula& formula : formulas) {
    for (const std::string& field : formula::fields_of(formula.program)) try {
        (void)market.field(field);
      } catch (const DataError& error) {
        problems.add("{}: {}", formula.place, error.what());
      }
    for (const formula::Token& token : formula.program.tokens)
      if (token.kind == formula::TokenKind::kFunction && token.window > panel_days)
        problems.add("{}: {} over {} days is longer than the panel ({} days)", formula.place,
                     formula::info(token).name, token.window, panel_days);
  }
}

std::string cell(double value, int decimals) {
  return std::isfinite(value) ? fmt::format("{:.{}f}", value, decimals) : "-";
}

void print_table(const std::vector<ListedFormula>& formulas,
                 const std::vector<fitness::ScoreSummary>& scores) {
  fmt::print("{:>5} {:>5} {:>6} {:>8} {:>7} {:>7} {:>5} {:>8} {:>5}  {}\n", "days", "skip", "cover",
             "rank IC", "ICIR", "t", "pos", "IC", "turn", "formula");
  bool any_base_dependent = false;
  for (std::size_t i = 0; i < formulas.size(); ++i) {
    const fitness::ScoreSummary& s = scores[i];
    const bool base_dependent = formula::depends_on_adjustment_base(formulas[i].program);
    any_base_dependent |= base_dependent;
    fmt::print("{:>5} {:>5} {:>6} {:>8} {:>7} {:>7} {:>5} {:>8} {:>5}  {}{}{}{}\n", s.days,
               s.skipped_days, cell(s.coverage, 3), cell(s.rank_ic.mean, 4),
               cell(s.rank_ic.icir, 3), cell(s.rank_ic.t, 2), cell(s.rank_ic.positive, 2),
               cell(s.ic.mean, 4), cell(s.turnover, 2), base_dependent ? "* " : "",
               formulas[i].name, formulas[i].name.empty() ? "" : ": ",
               formula::to_string(formulas[i].program));
  }
  if (any_base_dependent)
    fmt::print("* reads price levels: depends on the adjustment base of each stock\n");
}

void print_lines(const std::vector<ListedFormula>& formulas,
                 const std::vector<fitness::ScoreSummary>& scores) {
  for (std::size_t i = 0; i < formulas.size(); ++i) {
    const ListedFormula& formula = formulas[i];
    Json line = {{"formula", formula::to_string(formula.program)}};
    if (line["formula"] != formula.text) line["given"] = formula.text;
    if (!formula.name.empty()) line["name"] = formula.name;
    line.update(fitness::to_json(scores[i]));
    line["base_dependent"] = formula::depends_on_adjustment_base(formula.program);
    fmt::print("{}\n", line.dump());
  }
}

/// Stocks that have a row in the file of values: those that trade, members, and whoever has a
/// value.
Grid<std::uint8_t> rows_of(const Market& market, const std::vector<FactorValues>& values) {
  Grid<std::uint8_t> rows = market.traded;
  for (std::size_t day = 0; day < rows.rows(); ++day)
    for (std::size_t i = 0; i < rows.columns(); ++i) rows(day, i) |= market.member(day, i);
  for (const FactorValues& factor : values)
    for (int day = factor.days.first; day < factor.days.last; ++day) {
      const auto row = rows.row(static_cast<std::size_t>(day));
      const auto value = factor.day(day);
      for (std::size_t i = 0; i < row.size(); ++i)
        row[i] |= static_cast<std::uint8_t>(std::isfinite(value[i]));
    }
  return rows;
}

/// Forward returns of the stocks that are scored, NaN elsewhere.
FactorValues scored_labels(const Labels& labels, DayRange days) {
  const auto first = static_cast<std::size_t>(days.first);
  FactorValues scored{
      days, Grid<float>(static_cast<std::size_t>(days.size()), labels.mask.columns(), kMissing)};
  for (std::size_t row = 0; row < scored.values.rows(); ++row)
    for (std::size_t i = 0; i < scored.values.columns(); ++i)
      if (labels.mask(first + row, i) != 0)
        scored.values(row, i) = labels.forward_return(first + row, i);
  return scored;
}

void evaluate(const Arguments& arguments, bool json) {
  Problems problems;
  const auto file = arguments.formulas.empty()
                        ? std::nullopt
                        : std::optional<std::filesystem::path>(arguments.formulas);
  const std::vector<ListedFormula> formulas = list_formulas(arguments.texts, file, problems);
  problems.throw_if_any<ConfigError>();
  if (formulas.empty())
    throw ConfigError("no formula to evaluate: give --formula TEXT or --formulas FILE");

  const std::vector<std::string> columns = headings(formulas);
  if (arguments.with_label)
    for (std::size_t i = 0; i < formulas.size(); ++i)
      if (columns[i] == kLabel)
        problems.add("{}: a formula cannot be called {} beside --with-label; give it another name",
                     formulas[i].place, kLabel);

  const PanelHeader header = read_panel_header(arguments.panel);
  const Span span = span_of(arguments, header, formulas);
  const Panel panel = read_panel(arguments.panel, span.loaded);
  const Market market = make_market(panel, arguments.market);
  check_against_panel(formulas, market, header.calendar.size(), problems);
  problems.throw_if_any<ConfigError>();
  const Labels labels = make_labels(panel, market, arguments.label, arguments.mask);
  const fitness::RankIcScorer scorer(labels, arguments.label.horizon, arguments.score);

  const auto in_market = [&](DayRange days) {
    return DayRange{days.first - span.loaded.first, days.last - span.loaded.first};
  };
  const DayRange valued = in_market(span.valued), scored = in_market(span.scored);
  const bool keep = !arguments.values.empty();
  std::vector<fitness::ScoreSummary> scores(formulas.size());
  std::vector<FactorValues> values(keep ? formulas.size() : 0);
  {
    CountBar bar("formulas", formulas.size());
    tbb::parallel_for(std::size_t{0}, formulas.size(), [&](std::size_t i) {
      FactorValues factor = formula::evaluate(formulas[i].program, market, keep ? valued : scored);
      scores[i] = scorer.score(factor, scored);
      if (keep) values[i] = std::move(factor);
      bar.advance();
    });
  }

  if (json)
    print_lines(formulas, scores);
  else
    print_table(formulas, scores);
  if (scored.size() == 0)
    fmt::print(stderr, "warning: no day from {} to {} has a label: it ends {} days later\n",
               to_string(market.calendar[valued.first]),
               to_string(market.calendar[valued.last - 1]), label_reach(arguments.label));
  else
    fmt::print(stderr, "{} to {}, {} days; universe {}, label {} over {} days, mask {}\n",
               to_string(market.calendar[scored.first]),
               to_string(market.calendar[scored.last - 1]), scored.size(), market.universe,
               name_in(kLabels, arguments.label.kind), arguments.label.horizon,
               name_in(kMasks, arguments.mask.kind));
  if (!keep) return;
  FactorTable table{valued, {}};
  for (std::size_t i = 0; i < values.size(); ++i)
    table.columns.emplace_back(columns[i], &values[i]);
  FactorValues label;
  if (arguments.with_label) {
    label = scored_labels(labels, valued);
    table.columns.emplace_back(kLabel, &label);
  }
  write_factors(arguments.values, market, rows_of(market, values), table);
  fmt::print(stderr, "{}: values of {} formulas on {} days\n", arguments.values, values.size(),
             valued.size());
}

template <class Enum>
void add_choice(CLI::App& command, const std::string& option, Enum& value,
                const std::map<std::string, Enum>& names, const std::string& doc) {
  std::string all;
  for (const auto& [name, unused] : names) all += (all.empty() ? "" : ", ") + name;
  const auto to_number = [&names, all](std::string& text) {
    const auto found = names.find(text);
    if (found == names.end()) return fmt::format("expected one of {}, got \"{}\"", all, text);
    text = std::to_string(static_cast<int>(found->second));
    return std::string();
  };
  command
      .add_option(option, value,
                  fmt::format("{}: {} (default {})", doc, all, name_in(names, value)))
      ->transform(CLI::Validator(to_number, ""))
      ->option_text("NAME");
}

}  // namespace

void add_eval(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "eval", "Score formulas on a panel without a run: exact rank IC and its companions.");
  auto arguments = std::make_shared<Arguments>();
  Arguments& a = *arguments;
  command->add_option("--panel", a.panel, "panel.h5")->required();
  command->add_option("--formula", a.texts, "formulas to score")->option_text("TEXT ...");
  command->add_option("--formulas", a.formulas,
                      "file of formulas, one a line: formula, or name<TAB>formula");
  command->add_option("--from", a.from, "first day (default: the panel's first)");
  command->add_option("--to", a.to,
                      "last day (default: the panel's last); labels may reach beyond");
  command->add_option("--universe", a.market.universe,
                      "default: csi800, else the only one, else all");
  add_choice(*command, "--label", a.label.kind, kLabels, "entry and exit price");
  command->add_option("--horizon", a.label.horizon, "trading days (default 5)")
      ->check(CLI::Range(1, 250));
  add_choice(*command, "--mask", a.mask.kind, kMasks, "stocks that are scored");
  add_choice(*command, "--cross-section", a.market.cross_section, kCrossSections,
             "stocks that cross-sectional operators see");
  add_choice(*command, "--suspended", a.market.suspended, kSuspended, "prices on suspended days");
  command
      ->add_option("--min-stocks", a.score.min_stocks,
                   "days with fewer scored stocks are skipped (default 30)")
      ->check(CLI::Range(2, 100000));
  auto* values = command->add_option(
      "--values", a.values,
      "also write date, code and a column per formula: .parquet, .csv or .csv.gz");
  command
      ->add_flag("--with-label", a.with_label,
                 "and a column \"label\": the return that scores are taken with, none for stocks "
                 "that are not scored that day")
      ->needs(values);
  command->add_option("--threads", a.threads, "0 = all cores (default)")
      ->check(CLI::Range(0, 4096));
  command->add_flag("--json", context.json, "one line of JSON per formula on stdout");
  command->callback([arguments, &context] {
    std::unique_ptr<tbb::global_control> limit;
    if (arguments->threads > 0)
      limit = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                    static_cast<std::size_t>(arguments->threads));
    evaluate(*arguments, context.json);
  });
}

}  // namespace evofactor::app
