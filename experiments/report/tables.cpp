#include "experiments/report/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/store/atomic_file.hpp"
#include "experiments/report/format.hpp"
#include "experiments/report/headline.hpp"

namespace evofactor::report {
namespace {

/// Rows of cells to CSV text (RFC 4180 quoting, \n).
class Csv {
 public:
  explicit Csv(std::vector<std::string> header) { row(header); }
  void row(const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) text_ += ',';
      text_ += quoted(cells[i]);
    }
    text_ += '\n';
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  static std::string quoted(const std::string& cell) {
    if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
    std::string safe = "\"";
    for (const char c : cell) {
      if (c == '"') safe += '"';
      safe += c;
    }
    return safe + '"';
  }
  std::string text_;
};

std::string_view name_of(Role role) {
  switch (role) {
    case Role::kEvolved:
      return "evolved";
    case Role::kFixed:
      return "fixed";
    case Role::kRandom:
      return "random";
    case Role::kShuffled:
      return "shuffled";
    case Role::kBaseline:
      return "baseline";
  }
  return "";
}

std::string schemes_csv(const Analysis& analysis) {
  Csv csv({"scheme", "role", "kind", "searches", "seeds", "train_rank_ic", "validate_rank_ic",
           "test_rank_ic", "test_rank_ic_spread", "test_icir", "test_ic", "neutral_test_rank_ic",
           "neutral_test_rank_ic_spread", "coverage", "turnover", "evaluations", "seconds",
           "pool_size", "total_evaluations"});
  for (const Scheme* s : compared_schemes(analysis))
    csv.row({s->name, std::string(name_of(s->role)), s->kind, fmt::to_string(s->searches),
             fmt::to_string(s->seeds), plain(s->train_rank_ic.mean),
             plain(s->validate_rank_ic.mean), plain(s->rank_ic.mean), plain(s->rank_ic.spread),
             plain(s->icir.mean), plain(s->ic.mean), plain(s->neutral_rank_ic.mean),
             plain(s->neutral_rank_ic.spread), plain(s->coverage.mean), plain(s->turnover.mean),
             plain(s->evaluations.mean), plain(s->seconds.mean), plain(s->pool_size.mean),
             fmt::to_string(s->total_evaluations)});
  return csv.text();
}

std::string folds_csv(const Analysis& analysis) {
  Csv csv({"scheme", "fold", "seeds", "train_rank_ic", "validate_rank_ic", "test_rank_ic",
           "test_icir", "neutral_test_rank_ic"});
  for (const Scheme& s : analysis.schemes)
    for (const auto& [fold, means] : s.folds)
      csv.row({s.name, fmt::to_string(fold), fmt::to_string(means.seeds), plain(means.train),
               plain(means.validate), plain(means.test), plain(means.icir),
               plain(means.neutral_test)});
  return csv.text();
}

std::string baselines_csv(const Analysis& analysis) {
  Csv csv({"name", "label", "kind", "formula", "train_rank_ic", "validate_rank_ic", "test_rank_ic",
           "test_icir", "test_ic", "neutral_test_rank_ic", "coverage", "turnover"});
  for (const Scheme& s : analysis.schemes)
    if (s.role == Role::kBaseline)
      csv.row({s.name, s.label, s.kind, s.formula, plain(s.train_rank_ic.mean),
               plain(s.validate_rank_ic.mean), plain(s.rank_ic.mean), plain(s.icir.mean),
               plain(s.ic.mean), plain(s.neutral_rank_ic.mean), plain(s.coverage.mean),
               plain(s.turnover.mean)});
  return csv.text();
}

std::string paired_csv(const Analysis& analysis) {
  Csv csv({"scheme", "against", "measure", "days", "difference", "low95", "high95", "verdict"});
  for (const PairedRow& row : analysis.paired)
    csv.row({row.scheme, row.against, row.neutral ? "neutral_rank_ic" : "rank_ic",
             fmt::to_string(row.days), plain(row.difference), plain(row.low), plain(row.high),
             spoken(verdict(row))});
  return csv.text();
}

std::string generations_csv(const RunData& run) {
  Csv csv({"arm", "seed", "fold", "generation", "best", "median", "mean", "pool", "evaluations",
           "seconds"});
  for (const SearchData& s : run.searches)
    for (const Generation& g : s.history)
      csv.row({s.arm, fmt::to_string(s.seed), fmt::to_string(s.fold), fmt::to_string(g.generation),
               plain(g.best), plain(g.median), plain(g.mean), plain(g.pool), plain(g.evaluations),
               plain(g.seconds)});
  return csv.text();
}

std::string daily_csv(const Analysis& analysis) {
  Csv csv({"scheme", "fold", "part", "date", "rank_ic", "neutral_rank_ic"});
  for (const Scheme* s : compared_schemes(analysis))
    for (const auto& [part, days] :
         {std::pair{"validate", &s->validate_days}, std::pair{"test", &s->test_days}})
      for (const SchemeDay& day : *days)
        csv.row({s->name, fmt::to_string(day.fold), part, day.date, plain(day.rank_ic),
                 plain(day.neutral_rank_ic)});
  return csv.text();
}

std::string combinations_csv(const RunData& run) {
  Csv csv({"arm", "seed", "fold", "rule", "train_rank_ic", "validate_rank_ic", "test_rank_ic",
           "test_icir", "neutral_test_rank_ic", "turnover"});
  for (const SearchData& s : run.searches)
    for (const Combination& c : s.combinations)
      csv.row({s.arm, fmt::to_string(s.seed), fmt::to_string(s.fold), c.rule,
               plain(c.train.rank_ic.mean), plain(c.validate.rank_ic.mean),
               plain(c.test.rank_ic.mean), plain(c.test.rank_ic.icir),
               plain(c.neutral_test.rank_ic.mean), plain(c.test.turnover)});
  return csv.text();
}

std::string diversity_csv(const Analysis& analysis) {
  Csv csv({"scheme", "searches", "test_ic", "test_rank_ic", "diversity", "diversity_spread",
           "mean_correlation", "pool_size", "evaluations", "seconds", "hours_for_50",
           "hours_scaled", "map_spread", "map_overlap"});
  for (const Scheme& s : analysis.schemes)
    if (s.role != Role::kBaseline)
      csv.row({s.name, fmt::to_string(s.searches), plain(s.ic.mean), plain(s.rank_ic.mean),
               plain(s.diversity.mean), plain(s.diversity.spread), plain(s.mean_correlation.mean),
               plain(s.pool_size.mean), plain(s.evaluations.mean), plain(s.seconds.mean),
               plain(s.hours_for_50.mean), s.hours_scaled ? "1" : "0", plain(s.map_spread),
               plain(s.map_overlap)});
  return csv.text();
}

std::string pool_csv(const RunData& run, const std::string& arm) {
  Csv csv({"arm",
           "seed",
           "fold",
           "place",
           "id",
           "sign",
           "weight",
           "fitness",
           "selected_fitness",
           "replicate_std",
           "train_rank_ic",
           "validate_rank_ic",
           "test_rank_ic",
           "test_icir",
           "neutral_test_rank_ic",
           "coverage",
           "turnover",
           "nearest_known",
           "nearest_correlation",
           "base_dependent",
           "generation",
           "operator",
           "text"});
  for (const SearchData& s : run.searches) {
    if (s.arm != arm) continue;
    for (std::size_t i = 0; i < s.members.size(); ++i) {
      const Member& m = s.members[i];
      csv.row({s.arm,
               fmt::to_string(s.seed),
               fmt::to_string(s.fold),
               fmt::to_string(i + 1),
               fmt::to_string(m.id),
               fmt::to_string(m.sign),
               plain(m.weight),
               plain(m.fitness),
               plain(m.selected_fitness),
               plain(m.replicate_std),
               plain(m.train.rank_ic.mean),
               plain(m.validate.rank_ic.mean),
               plain(m.test.rank_ic.mean),
               plain(m.test.rank_ic.icir),
               plain(m.neutral_test.rank_ic.mean),
               plain(m.test.coverage),
               plain(m.test.turnover),
               m.nearest_known,
               plain(m.nearest_correlation),
               m.base_dependent ? "1" : "0",
               m.generation < 0 ? "" : fmt::to_string(m.generation),
               m.op,
               m.text});
    }
  }
  return csv.text();
}

/// Terminals that know no other signs get ASCII.
std::string ascii(std::string text) {
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>{"−", "-"}, {"–", "-"}, {"±", "+-"}})
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from))
      text.replace(at, from.size(), to);
  return text;
}

/// Columns as wide as their widest cell: the first flush left, others flush right.
std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c)
      text += c == 0 ? fmt::format("{:<{}}", row[c], widths[c])
                     : fmt::format("  {:>{}}", row[c], widths[c]);
    text += '\n';
  }
  return text;
}

Json number_json(double value) { return std::isfinite(value) ? Json(value) : Json(); }
Json spread_json(const Spread& spread) {
  return {{"mean", number_json(spread.mean)}, {"spread", number_json(spread.spread)}};
}
Json pair_json(const PairedRow& row) {
  return {{"scheme", row.scheme},
          {"against", row.against},
          {"measure", row.neutral ? "neutral_rank_ic" : "rank_ic"},
          {"days", row.days},
          {"difference", number_json(row.difference)},
          {"interval", {number_json(row.low), number_json(row.high)}},
          {"verdict", spoken(verdict(row))}};
}

}  // namespace

std::vector<const Scheme*> compared_schemes(const Analysis& analysis) {
  std::vector<const Scheme*> schemes;
  for (const Scheme& scheme : analysis.schemes)
    if (scheme.role != Role::kBaseline || scheme.name == kComposite || scheme.name == kVolatility)
      schemes.push_back(&scheme);
  return schemes;
}

std::string pool_file_name(const std::string& arm) {
  std::string name = "pool_" + arm;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '_' && c != '-') c = '_';
  return name + ".csv";
}

void write_tables(const RunData& run, const Analysis& analysis,
                  const std::filesystem::path& folder) {
  write_text(folder / "schemes.csv", schemes_csv(analysis));
  write_text(folder / "folds.csv", folds_csv(analysis));
  write_text(folder / "baselines.csv", baselines_csv(analysis));
  write_text(folder / "paired_differences.csv", paired_csv(analysis));
  write_text(folder / "generations.csv", generations_csv(run));
  write_text(folder / "daily.csv", daily_csv(analysis));
  write_text(folder / "combinations.csv", combinations_csv(run));
  write_text(folder / "diversity.csv", diversity_csv(analysis));
  for (const Scheme& scheme : analysis.schemes)
    if (scheme.role != Role::kBaseline)
      write_text(folder / pool_file_name(scheme.name), pool_csv(run, scheme.name));
}

std::string summary_table(const RunData& run, const Analysis& analysis) {
  std::vector<std::vector<std::string>> rows{{"scheme", "validate", "test", "+-seeds", "ICIR", "IC",
                                              "neutral", "coverage", "turnover", "pool", "evals",
                                              "seconds", "-composite", "-vol60", "-random"}};
  for (const Scheme* s : compared_schemes(analysis)) {
    const auto against = [&](const Scheme* other) {
      const PairedRow* row = other ? analysis.pair(s->name, other->name) : nullptr;
      if (!row) return std::string("-");
      const Verdict v = verdict(*row);
      return signed_decimal(row->difference) +
             (v == Verdict::kBetter || v == Verdict::kWorse ? " *" : "  ");
    };
    rows.push_back({s->name, decimal(s->validate_rank_ic.mean), decimal(s->rank_ic.mean),
                    decimal(s->rank_ic.spread), decimal(s->icir.mean, 2), decimal(s->ic.mean),
                    decimal(s->neutral_rank_ic.mean), percent(s->coverage.mean),
                    decimal(s->turnover.mean, 2), decimal(s->pool_size.mean, 0),
                    thousands(s->evaluations.mean), decimal(s->seconds.mean, 0),
                    against(analysis.find(kComposite)), against(analysis.find(kVolatility)),
                    is_contender(s->role) ? against(analysis.random_for(*s)) : "-"});
  }
  for (auto& row : rows)
    for (std::string& cell : row) cell = ascii(cell);
  const Headline head = headline(analysis);
  std::string text = aligned(rows) +
                     "rank IC on validation and test days; means over folds and seeds, evals and "
                     "seconds per search; "
                     "differences on test days, * = 95 % interval without 0\n";
  text += ascii(fmt::format("{}. {}\n", head.title, head.meaning));
  text += fmt::format("{} evaluations stand behind this choice.\n",
                      thousands(static_cast<double>(analysis.evaluations)));
  for (const Unfinished& u : run.unfinished)
    text += fmt::format("unfinished: {} seed {} fold {}: {}\n", u.arm, u.seed, u.fold, u.why);
  return text;
}

Json summary_json(const RunData& run, const Analysis& analysis) {
  const Headline head = headline(analysis);
  Json schemes = Json::array(), paired = Json::array(), unfinished = Json::array();
  for (const Scheme& s : analysis.schemes) {
    Json folds = Json::array();
    for (const auto& [fold, means] : s.folds)
      folds.push_back({{"fold", fold},
                       {"validate", number_json(means.validate)},
                       {"test", number_json(means.test)},
                       {"neutral_test", number_json(means.neutral_test)}});
    schemes.push_back({{"name", s.name},
                       {"label", s.label},
                       {"role", name_of(s.role)},
                       {"kind", s.kind},
                       {"searches", s.searches},
                       {"seeds", s.seeds},
                       {"train_rank_ic", spread_json(s.train_rank_ic)},
                       {"validate_rank_ic", spread_json(s.validate_rank_ic)},
                       {"test_rank_ic", spread_json(s.rank_ic)},
                       {"test_icir", spread_json(s.icir)},
                       {"test_ic", spread_json(s.ic)},
                       {"neutral_test_rank_ic", spread_json(s.neutral_rank_ic)},
                       {"coverage", spread_json(s.coverage)},
                       {"turnover", spread_json(s.turnover)},
                       {"evaluations", spread_json(s.evaluations)},
                       {"seconds", spread_json(s.seconds)},
                       {"pool_size", spread_json(s.pool_size)},
                       {"total_evaluations", s.total_evaluations},
                       {"diversity", spread_json(s.diversity)},
                       {"mean_correlation", spread_json(s.mean_correlation)},
                       {"hours_for_50", spread_json(s.hours_for_50)},
                       {"folds", folds}});
  }
  for (const PairedRow& row : analysis.paired) paired.push_back(pair_json(row));
  for (const Unfinished& u : run.unfinished)
    unfinished.push_back({{"arm", u.arm}, {"seed", u.seed}, {"fold", u.fold}, {"why", u.why}});
  Json notes = run.notes;
  for (const std::string& note : analysis.notes) notes.push_back(note);
  return {{"name", run.name},
          {"best", head.best.empty() ? Json() : Json(head.best)},
          {"headline", head.title},
          {"meaning", head.meaning},
          {"evaluations", analysis.evaluations},
          {"folds", analysis.folds},
          {"schemes", schemes},
          {"paired", paired},
          {"unfinished", unfinished},
          {"notes", notes}};
}

}  // namespace evofactor::report
