#include "experiments/report/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "engine/core/error.hpp"
#include "engine/store/atomic_file.hpp"
#include "experiments/report/diversity.hpp"
#include "experiments/report/figures.hpp"
#include "experiments/report/format.hpp"
#include "experiments/report/formula_drawing.hpp"
#include "experiments/report/formulas.hpp"
#include "experiments/report/headline.hpp"
#include "experiments/report/html.hpp"
#include "experiments/report/network_svg.hpp"
#include "experiments/report/page_assets.hpp"
#include "experiments/report/stages.hpp"
#include "experiments/report/tables.hpp"

namespace evofactor::report {
namespace {

namespace fs = std::filesystem;

/// HTML that may stand as text inside a script element: nothing in it can end or comment the
/// element.
std::string script_safe(std::string text) {
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>{"</", "<\\/"}, {"<!--", "<\\!--"}})
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  return text;
}

std::string plotly_source() {
  const char* chosen = std::getenv("EVOFACTOR_PLOTLY");
  const fs::path file = chosen && *chosen ? chosen : PLOTLY_JS;
  try {
    return read_text(file);
  } catch (const StoreError&) {
    throw StoreError(
        fmt::format("{}: plotly.min.js cannot be read; run scripts/bootstrap, or set "
                    "EVOFACTOR_PLOTLY to a copy of it",
                    file.string()));
  }
}

std::string mark(Verdict v) {
  const char* style = v == Verdict::kBetter  ? "good"
                      : v == Verdict::kWorse ? "bad"
                      : v == Verdict::kOpen  ? "none"
                                             : "open";
  return fmt::format("<span class=\"mark {}\">{}</span>", style, spoken(v));
}

std::string key_of(const Analysis& analysis, const std::string& scheme) {
  return fmt::format("<span class=\"key\" style=\"background:{}\"></span>",
                     style_of(analysis, scheme).color);
}

/// ".045 ±.003"
std::string with_spread(const Spread& spread, int digits = 3) {
  std::string text = decimal(spread.mean, digits);
  if (std::isfinite(spread.spread))
    text += " <small>±" + decimal(spread.spread, digits) + "</small>";
  return text;
}

/// Sections in order, with the entries of the table of contents.
class Sections {
 public:
  void add(const std::string& id, const std::string& title, const std::string& body) {
    body_ +=
        fmt::format("<section><h2 id=\"{}\">{}</h2>\n{}</section>\n", id, escape_html(title), body);
    contents_ += fmt::format("<li><a href=\"#{}\">{}</a></li>", id, escape_html(title));
  }
  [[nodiscard]] const std::string& body() const { return body_; }
  [[nodiscard]] const std::string& contents() const { return contents_; }

 private:
  std::string body_, contents_;
};

// ---- first screen

std::string card(const HeadlineItem& item) {
  std::string html =
      fmt::format("<div class=\"card\"><h3>against {}</h3>", escape_html(item.against));
  if (!item.row) return html + fmt::format("<p>{}</p></div>", escape_html(item.words));
  html +=
      fmt::format("<div class=\"big\">{}</div>{}<p>95 % interval {} to {}, {} test days</p></div>",
                  signed_decimal(item.row->difference), mark(item.verdict), decimal(item.row->low),
                  decimal(item.row->high), item.row->days);
  return html;
}

std::string fact(const std::string& name, const std::string& value) {
  return value.empty() ? std::string()
                       : fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", escape_html(name),
                                     escape_html(value));
}

std::string label_words(const Json& config) {
  const std::string kind = setting(config, "/label/kind");
  if (kind.empty()) return {};
  std::string words = kind;
  std::replace(words.begin(), words.end(), '_', ' ');
  return fmt::format("{}, {} trading days", words, setting(config, "/label/horizon", "5"));
}

std::string test_dates(const RunData& run) {
  std::map<int, DateSpan> spans;
  for (const BaselineFold& fold : run.baselines) spans[fold.fold] = fold.split.test;
  for (const SearchData& search : run.searches) spans[search.fold] = search.split.test;
  if (spans.empty()) return {};
  if (spans.size() == 1) return spans.begin()->second.first + " to " + spans.begin()->second.last;
  return fmt::format("{} folds, first {} to {}, last {} to {}", spans.size(),
                     spans.begin()->second.first, spans.begin()->second.last,
                     spans.rbegin()->second.first, spans.rbegin()->second.last);
}

/// The first value in the environment whose key contains `part`.
std::string environment_value(const Json& environment, const std::string& part) {
  if (!environment.is_object()) return {};
  for (const auto& [key, value] : environment.items()) {
    if (key.find(part) != std::string::npos && !value.is_structured())
      return value.is_string() ? value.get<std::string>() : value.dump();
    if (const std::string inner = environment_value(value, part); !inner.empty()) return inner;
  }
  return {};
}

std::string evaluations_words(const RunData& run, const Analysis& analysis) {
  std::set<std::string> arms;
  for (const SearchData& search : run.searches) arms.insert(search.arm);
  return fmt::format("{} in {} {} of {} {}", thousands(static_cast<double>(analysis.evaluations)),
                     run.searches.size(), run.searches.size() == 1 ? "search" : "searches",
                     arms.size(), arms.size() == 1 ? "arm" : "arms");
}

std::string facts(const RunData& run, const Analysis& analysis) {
  std::set<std::string> seeds, fingerprints, universes;
  for (const SearchData& search : run.searches) {
    seeds.insert(fmt::to_string(search.seed));
    if (!search.fingerprint.empty()) fingerprints.insert(search.fingerprint);
    if (!search.universe.empty()) universes.insert(search.universe);
  }
  if (universes.empty()) universes.insert(setting(run.config, "/data/universe"));
  std::string html = "<dl class=\"facts\">";
  if (!run.searches.empty()) {
    html += fact("Evaluations behind the choice", evaluations_words(run, analysis));
    html += fact("Test days", "scored once, after every pool was fixed");
  }
  html += fact("Test period", test_dates(run));
  html += fact("Return to rank (label)", label_words(run.config));
  html += fact("Stocks scored (mask)", setting(run.config, "/mask/kind"));
  html += fact("Universe", listed(universes));
  html += fact("Data fingerprint", listed(fingerprints));
  html += fact("Seeds", listed(seeds));
  html += fact("Instruction set", environment_value(run.environment, "instruction"));
  return html + "</dl>\n";
}

std::string notices(const RunData& run, const Analysis& analysis) {
  std::vector<std::string> notes = run.notes;
  notes.insert(notes.end(), analysis.notes.begin(), analysis.notes.end());
  std::string html;
  for (const std::string& note : notes) html += "<p>" + escape_html(note) + "</p>";
  if (!run.unfinished.empty())
    html += fmt::format(
        "<p>{} of {} searches have no results. <a href=\"#unfinished\">Which ones</a></p>",
        run.unfinished.size(), run.unfinished.size() + run.searches.size());
  return html.empty() ? html : "<div class=\"notice\" role=\"note\">" + html + "</div>\n";
}

std::string first_screen(const RunData& run, const Analysis& analysis) {
  const Headline head = headline(analysis);
  std::string html = fmt::format(
      "<header><p class=\"over\">evofactor report · {}</p><h1>{}</h1><p class=\"lead\">{}</p>",
      escape_html(run.name), escape_html(head.title), escape_html(head.meaning));
  if (!head.items.empty()) {
    html += "<div class=\"cards\">";
    for (const HeadlineItem& item : head.items) html += card(item);
    html += "</div>";
    html += fmt::format(
        "<p class=\"over\">Difference in mean daily rank IC on the same test days, {} minus the "
        "other. The best "
        "arm is named by its test result, which flatters it a little when there are several.</p>",
        escape_html(head.best));
  }
  return html + facts(run, analysis) + notices(run, analysis) + "</header>\n";
}

// ---- tables

std::string cell(const std::string& content, const char* style = "") {
  return *style ? fmt::format("<td class=\"{}\">{}</td>", style, content)
                : "<td>" + content + "</td>";
}

std::string against_cell(const Analysis& analysis, const Scheme& scheme, const Scheme* other) {
  const PairedRow* row = other ? analysis.pair(scheme.name, other->name) : nullptr;
  if (!row) return cell("–");
  const Verdict v = verdict(*row);
  const std::string value = signed_decimal(row->difference) + " " + mark(v);
  return cell(value);
}

std::string schemes_table(const Analysis& analysis) {
  std::string html =
      "<div class=\"scroll\"><table><thead><tr><th>method</th><th>rank IC test</th>"
      "<th>rank IC validation</th><th>ICIR test</th><th>IC test</th><th>neutralised rank IC "
      "test</th>"
      "<th>coverage</th><th>turnover</th><th>pool size</th><th>evaluations per search</th>"
      "<th>time per search</th></tr></thead><tbody>";
  bool base = false;
  for (const Scheme* s : compared_schemes(analysis)) {
    const bool is_base = s->role != Role::kEvolved;
    html += fmt::format("<tr class=\"{}{}\">", is_base ? "base" : "",
                        is_base && !base ? " first-base" : "");
    base = base || is_base;
    html += fmt::format("<th scope=\"row\">{}{}</th>", key_of(analysis, s->name),
                        breakable_html(s->name));
    html += cell("<b>" + decimal(s->rank_ic.mean) + "</b>" +
                 (std::isfinite(s->rank_ic.spread)
                      ? " <small>±" + decimal(s->rank_ic.spread) + "</small>"
                      : ""));
    html += cell(with_spread(s->validate_rank_ic)) + cell(with_spread(s->icir, 2)) +
            cell(with_spread(s->ic)) + cell(with_spread(s->neutral_rank_ic)) +
            cell(percent(s->coverage.mean)) + cell(decimal(s->turnover.mean, 2)) +
            cell(decimal(s->pool_size.mean,
                         s->pool_size.mean == std::round(s->pool_size.mean) ? 0 : 1)) +
            cell(thousands(s->evaluations.mean)) + cell(duration(s->seconds.mean)) + "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string bar_table(const Analysis& analysis) {
  std::string html =
      "<h3>Does it beat the bar?</h3><div "
      "class=\"scroll\"><table><thead><tr><th>arm</th><th>against the classic "
      "composite</th><th>against 60-day volatility</th><th>against random "
      "search</th></tr></thead><tbody>";
  for (const Scheme& s : analysis.schemes) {
    if (s.role == Role::kBaseline) continue;
    html += fmt::format("<tr><th scope=\"row\">{}{}</th>", key_of(analysis, s.name),
                        breakable_html(s.name)) +
            against_cell(analysis, s, analysis.find(kComposite)) +
            against_cell(analysis, s, analysis.find(kVolatility)) +
            against_cell(analysis, s, s.role == Role::kEvolved ? analysis.random_for(s) : nullptr) +
            "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string schemes_section(const Analysis& analysis) {
  std::string html =
      "<p>Means over folds and seeds; ± is the spread of the seeds' own means. Arms are compared "
      "on test days only. "
      "Below the rule stand the methods nobody should be able to ignore.</p>";
  html += schemes_table(analysis);
  if (std::any_of(analysis.schemes.begin(), analysis.schemes.end(),
                  [](const Scheme& s) { return s.role != Role::kBaseline; }))
    html += bar_table(analysis);
  return html;
}

std::string paired_section(const Analysis& analysis) {
  std::string html = figure_html(paired_figure(analysis));
  html +=
      "<details><summary>All differences as a table</summary><div "
      "class=\"scroll\"><table><thead><tr>"
      "<th>method</th><th class=\"text\">against</th><th>days</th><th>difference</th><th>95 % "
      "interval</th>"
      "<th class=\"text\">verdict</th><th>neutralised difference</th><th>95 % "
      "interval</th></tr></thead><tbody>";
  for (const PairedRow& row : analysis.paired) {
    if (row.neutral) continue;
    const PairedRow* neutral = analysis.pair(row.scheme, row.against, true);
    const auto interval = [](const PairedRow* r) {
      return r ? decimal(r->low) + " to " + decimal(r->high) : std::string("–");
    };
    html += fmt::format("<tr><th scope=\"row\">{}</th>", breakable_html(row.scheme)) +
            cell(escape_html(row.against), "text") + cell(fmt::to_string(row.days)) +
            cell(signed_decimal(row.difference)) + cell(interval(&row)) +
            cell(mark(verdict(row)), "text") +
            cell(signed_decimal(neutral ? neutral->difference : kUnknown)) +
            cell(interval(neutral)) + "</tr>\n";
  }
  return html + "</tbody></table></div></details>\n";
}

std::string folds_section(const Analysis& analysis) {
  std::set<int> folds;
  for (const Scheme* scheme : compared_schemes(analysis))
    for (const auto& [fold, _] : scheme->folds) folds.insert(fold);
  std::string html = figure_html(fold_figure(analysis));
  html += "<div class=\"scroll\"><table><thead><tr><th>rank IC test</th>";
  for (const int fold : folds) html += fmt::format("<th>fold&nbsp;{}</th>", fold);
  html += "</tr></thead><tbody>";
  for (const Scheme* scheme : compared_schemes(analysis)) {
    html += fmt::format("<tr class=\"{}\"><th scope=\"row\">{}{}</th>",
                        scheme->role == Role::kEvolved ? "" : "base",
                        key_of(analysis, scheme->name), breakable_html(scheme->name));
    for (const int fold : folds) {
      const auto found = scheme->folds.find(fold);
      html += cell(found == scheme->folds.end() ? "–" : decimal(found->second.test));
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

// ---- pools

std::string drawing_of(const SearchData& search, const Member& member) {
  return search.kind == "formula" ? formula_svg(member.text) : network_svg(member.genome);
}

/// ".041 ±.004 chosen at .052": of a network trained again, median, spread and what chose it.
std::string fitness_words(const Member& m) {
  std::string text = decimal(m.fitness);
  if (std::isfinite(m.replicate_std)) text += " <small>±" + decimal(m.replicate_std) + "</small>";
  if (std::isfinite(m.selected_fitness))
    text += " <small>chosen at " + decimal(m.selected_fitness) + "</small>";
  return text;
}

/// The factor's row, and below it one with its drawing that shows when the first is opened.
std::string member_rows(const SearchData& search, std::size_t place, bool draw) {
  const Member& m = search.members[place];
  const std::string text = breakable_html((m.sign < 0 ? "− " : "") + m.text, "(");
  const std::string drawing = draw ? drawing_of(search, m) : std::string();
  const std::string base =
      m.base_dependent ? " <span class=\"mark open\" title=\"reads price levels\">base</span>" : "";
  std::string html = fmt::format("<tr><td>{}</td>", place + 1);
  html += cell(fmt::format("<details><summary><code class=\"cut\">{}</code>{}</summary></details>",
                           text, base),
               "text");
  html += cell(decimal(m.test.rank_ic.mean)) + cell(decimal(m.neutral_test.rank_ic.mean)) +
          cell(decimal(m.validate.rank_ic.mean)) + cell(decimal(m.train.rank_ic.mean)) +
          cell(fitness_words(m)) + cell(decimal(m.test.turnover, 2)) + cell(decimal(m.weight, 2)) +
          cell(m.nearest_known.empty() ? std::string("–")
                                       : fmt::format("{} {}", breakable_html(m.nearest_known, "_"),
                                                     decimal(m.nearest_correlation, 2))) +
          cell(m.generation < 0 ? "–" : fmt::to_string(m.generation)) + "</tr>\n";
  if (!drawing.empty())
    html += fmt::format(
        "<tr class=\"drawn\"><td colspan=\"11\"><div class=\"drawing-box\">{}</div></td></tr>\n",
        drawing);
  return html;
}

std::string pool_table(const SearchData& search, bool draw) {
  if (search.members.empty()) return "<p>The pool is empty: no candidate met its bars.</p>";
  // The spread of fresh trainings stands beside the fitness.
  const bool trained_again = std::any_of(search.members.begin(), search.members.end(),
                                         [](const Member& m) { return !m.replicates.empty(); });
  std::string html = fmt::format(
      "<div class=\"scroll tall\"><table class=\"pool\"><colgroup><col style=\"width:34px\"><col>"
      "<col span=\"4\" style=\"width:76px\"><col style=\"width:{}px\"><col span=\"4\" "
      "style=\"width:76px\"></colgroup><thead><tr><th>#</th><th "
      "class=\"text\">factor</th>"
      "<th>test</th><th>neutral "
      "test</th><th>validate</th><th>train</th><th>fitness</th><th>turnover</th>"
      "<th>weight</th><th>nearest known</th><th>made in gen.</th></tr></thead><tbody>",
      trained_again ? 112 : 76);
  for (std::size_t i = 0; i < search.members.size(); ++i) html += member_rows(search, i, draw);
  return html + "</tbody></table></div>";
}

std::string pool_details(const SearchData& search, bool first) {
  return fmt::format(
      "<details{}><summary>Seed {}, fold {}: {} {}, combined rank IC {} on test, {} on validation "
      "days"
      "</summary>{}</details>\n",
      first ? " open" : "", search.seed, search.fold, search.members.size(),
      search.members.size() == 1 ? "factor" : "factors", decimal(search.test.rank_ic.mean),
      decimal(search.validate.rank_ic.mean), pool_table(search, first));
}

std::string pools_of(const RunData& run, const Analysis& analysis, const Scheme& scheme,
                     int number) {
  std::string first, others;
  int n_others = 0;
  for (const SearchData& search : run.searches) {
    if (search.arm != scheme.name) continue;
    if (first.empty()) {
      first = pool_details(search, true);
    } else {
      others += pool_details(search, false);
      ++n_others;
    }
  }
  if (n_others > 0)
    // As text until opened: a page of a hundred pools would be slow to lay out.
    others = fmt::format(
        "<details class=\"later\"><summary>{} more {}</summary><script "
        "type=\"text/html\">{}</script></details>\n",
        n_others, n_others == 1 ? "pool" : "pools", script_safe(others));
  return fmt::format("<h3>{}{}</h3>", key_of(analysis, scheme.name), breakable_html(scheme.name)) +
         first + others + figure_html(correlation_figure(run, scheme.name, number));
}

/// Mean test rank IC over searches, of each arm's pools combined by each rule.
std::string combinations_table(const RunData& run, const Analysis& analysis) {
  std::map<std::string, std::map<std::string, std::vector<double>>> test;  // by arm and rule
  std::vector<std::string> rules;
  for (const SearchData& search : run.searches)
    for (const Combination& c : search.combinations) {
      if (std::find(rules.begin(), rules.end(), c.rule) == rules.end()) rules.push_back(c.rule);
      test[search.arm][c.rule].push_back(c.test.rank_ic.mean);
    }
  if (rules.empty()) return {};
  std::string html =
      "<h3>Ways to combine a pool</h3><p>Mean rank IC on test days of the same pools combined by "
      "each rule; weights are fitted on training and validation days. The tables above use the "
      "rule of the experiment.</p><div class=\"scroll\"><table><thead><tr><th>arm</th>";
  for (const std::string& rule : rules) html += fmt::format("<th>{}</th>", escape_html(rule));
  html += "</tr></thead><tbody>";
  for (const Scheme& scheme : analysis.schemes) {
    const auto arm = test.find(scheme.name);
    if (arm == test.end()) continue;
    html += fmt::format("<tr><th scope=\"row\">{}{}</th>", key_of(analysis, scheme.name),
                        breakable_html(scheme.name));
    for (const std::string& rule : rules) {
      const std::vector<double>& values = arm->second[rule];
      double sum = 0;
      for (const double value : values) sum += value;
      html += cell(decimal(sum / static_cast<double>(values.size())));
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string pools_section(const RunData& run, const Analysis& analysis) {
  std::string html = fmt::format(
      "<p>The factors each search kept, best fitness first; columns are mean rank ICs of the "
      "factor alone. A minus before a factor: it is used negated. "
      "<span class=\"mark open\">base</span>: it reads price levels, which depend on the day "
      "prices are adjusted to. Nearest known: the classic or given factor that it correlates with "
      "most by day-ranks on training and validation days. Each pool is combined by {} into one "
      "factor. Open a row of an arm's "
      "first pool for its drawing; all pools are in "
      "<code>tables/</code>.</p>",
      std::any_of(run.searches.begin(), run.searches.end(),
                  [](const SearchData& s) { return !s.combine.empty() && s.combine != "equal"; })
          ? "the rule in the experiment"
          : "equal weights of day-ranks");
  if (std::any_of(run.searches.begin(), run.searches.end(),
                  [](const SearchData& s) { return s.replicate_trainings > 0; }))
    html +=
        "<p>Networks were trained again from fresh starts that took no part in the search: "
        "fitness is their median, ± their standard deviation, and “chosen at” what the search saw, "
        "lucky starts included. The other columns are of the factor that is used, which is made of "
        "the fresh trainings.</p>";
  html += combinations_table(run, analysis);
  int number = 0;
  for (const Scheme& scheme : analysis.schemes)
    if (scheme.role != Role::kBaseline) html += pools_of(run, analysis, scheme, number++);
  return html;
}

// ---- the rest

std::string baselines_section(const Analysis& analysis) {
  std::vector<const Scheme*> methods;
  for (const Scheme& scheme : analysis.schemes)
    if (scheme.role == Role::kBaseline) methods.push_back(&scheme);
  std::stable_sort(methods.begin(), methods.end(), [](const Scheme* a, const Scheme* b) {
    return std::isfinite(a->rank_ic.mean) &&
           (!std::isfinite(b->rank_ic.mean) || a->rank_ic.mean > b->rank_ic.mean);
  });
  std::string html =
      "<p>Methods that need no search, on the same days and stocks, by test rank IC. The sign of "
      "each comes from training "
      "days alone. A pool that cannot beat these has found nothing new.</p><div "
      "class=\"scroll\"><table><thead><tr>"
      "<th>method</th><th>rank IC test</th><th>validation</th><th>training</th><th>ICIR test</th>"
      "<th>neutralised test</th><th>turnover</th><th "
      "class=\"text\">formula</th></tr></thead><tbody>";
  for (const Scheme* s : methods)
    html += fmt::format("<tr><th scope=\"row\">{}</th>", escape_html(s->name)) +
            cell("<b>" + decimal(s->rank_ic.mean) + "</b>") +
            cell(decimal(s->validate_rank_ic.mean)) + cell(decimal(s->train_rank_ic.mean)) +
            cell(decimal(s->icir.mean, 2)) + cell(decimal(s->neutral_rank_ic.mean)) +
            cell(decimal(s->turnover.mean, 2)) +
            cell(s->formula.empty() ? escape_html(s->label)
                                    : "<code>" + escape_html(s->formula) + "</code>",
                 "text wrap") +
            "</tr>\n";
  return html + "</tbody></table></div>\n";
}

std::string unfinished_section(const RunData& run) {
  std::string html =
      "<p>These searches belong to the experiment but have no results; nothing above counts them. "
      "<code>evofactor "
      "resume</code> goes on with them.</p><div "
      "class=\"scroll\"><table><thead><tr><th>arm</th><th>seed</th><th>fold</th>"
      "<th class=\"text\">state</th></tr></thead><tbody>";
  for (const Unfinished& u : run.unfinished)
    html += fmt::format(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"text wrap\">{}</td></tr>\n",
        escape_html(u.arm), u.seed, u.fold, escape_html(u.why));
  return html + "</tbody></table></div>\n";
}

std::string splits_table(const RunData& run) {
  std::map<int, SplitDates> splits;
  for (const BaselineFold& fold : run.baselines) splits[fold.fold] = fold.split;
  for (const SearchData& search : run.searches) splits[search.fold] = search.split;
  std::string html =
      "<div class=\"scroll\"><table><thead><tr><th>fold</th><th class=\"text\">training</th><th "
      "class=\"text\">validation"
      "</th><th class=\"text\">test</th></tr></thead><tbody>";
  const auto dates = [](const DateSpan& span) {
    return cell(escape_html(span.first + " to " + span.last), "text");
  };
  for (const auto& [fold, split] : splits)
    html += fmt::format("<tr><td>{}</td>", fold) + dates(split.train) + dates(split.validate) +
            dates(split.test) + "</tr>\n";
  return html + "</tbody></table></div>\n";
}

std::string counts_table(const RunData& run, const Analysis& analysis) {
  std::string html =
      "<div "
      "class=\"scroll\"><table><thead><tr><th>arm</th><th>searches</th><th>evaluations</"
      "th><th>failed</th>"
      "<th>from the cache</th><th>duplicates refused</th><th>time</th><th>fresh trainings</th>"
      "<th>time after the search</th></tr></thead><tbody>";
  for (const Scheme& scheme : analysis.schemes) {
    if (scheme.role == Role::kBaseline) continue;
    std::int64_t failed = 0, cached = 0, duplicates = 0;
    std::int64_t replicates = 0;
    double seconds = 0, after = kUnknown;
    for (const SearchData& search : run.searches)
      if (search.arm == scheme.name) {
        replicates += search.replicate_trainings;
        if (std::isfinite(search.after_seconds))
          after = (std::isfinite(after) ? after : 0) + search.after_seconds;
        failed += search.failed;
        cached += search.cached;
        duplicates += search.duplicates;
        seconds += std::isfinite(search.seconds) ? search.seconds : 0;
      }
    html += fmt::format("<tr><th scope=\"row\">{}</th>", escape_html(scheme.name)) +
            cell(fmt::to_string(scheme.searches)) +
            cell(thousands(static_cast<double>(scheme.total_evaluations))) +
            cell(thousands(static_cast<double>(failed))) +
            cell(thousands(static_cast<double>(cached))) +
            cell(thousands(static_cast<double>(duplicates))) + cell(duration(seconds)) +
            cell(thousands(static_cast<double>(replicates))) + cell(duration(after)) + "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string method_section(const RunData& run, const Analysis& analysis) {
  std::string html = splits_table(run);
  html +=
      "<p>Days before purging. The last days of each part whose label reaches past its end are "
      "left out, so no part "
      "knows a return of the next.</p>";
  if (!run.searches.empty()) html += counts_table(run, analysis);
  html +=
      "<p>Fresh trainings of a pool's networks and the telling of their stages come after the "
      "search and count in neither its evaluations nor its time. "
      "An evaluation is one candidate scored, failures included. The more candidates were "
      "tried, the better the best "
      "looks by luck on the days it was chosen on; test days played no part in any choice but the "
      "name in the headline.</p>";
  if (!run.environment.is_null())
    html += "<details><summary>Program and machine</summary><pre>" +
            escape_html(run.environment.dump(2)) + "</pre></details>";
  return html + "<details><summary>The whole experiment</summary><pre>" +
         escape_html(run.config.dump(2)) + "</pre></details>\n";
}

std::string glossary() {
  return R"html(<dl class="glossary">
<dt>Factor</dt><dd>A number per stock and day, made from the past alone, that is meant to order stocks by their coming return.</dd>
<dt>Rank IC</dt><dd>Rank correlation (Spearman) between factor and coming return over the scored stocks of one day; tables show its mean over days. 1 is a perfect order, 0 none. On daily stock data .05 is strong.</dd>
<dt>IC</dt><dd>The same with ordinary (Pearson) correlation of values.</dd>
<dt>ICIR</dt><dd>Mean of the daily rank IC divided by its standard deviation: steadiness.</dd>
<dt>Neutralised</dt><dd>What is left after known styles are taken out of the factor each day: volatility, past returns, traded value. A factor that keeps its rank IC says something these do not.</dd>
<dt>Training, validation, test days</dt><dd>Searches learn from the first two. Test days come after them and were scored once, when the pools were fixed.</dd>
<dt>Fold, seed</dt><dd>A fold is one period with its own three parts; a seed starts the random choices of a search. Both show how much a result depends on the period and on luck.</dd>
<dt>Pool</dt><dd>The factors a search keeps: good ones that do not repeat each other. They are combined into one factor, which is what the tables score.</dd>
<dt>Coverage</dt><dd>Share of scored stock-days on which the factor has a value.</dd>
<dt>Turnover</dt><dd>One minus the rank correlation of the factor from one day to the next: 0 never changes its mind, 1 starts anew each day.</dd>
<dt>Diversity</dt><dd>How differently the factors of a pool weigh the stocks: the mean distance between the centres of three groups of them. 0: they are copies.</dd>
<dt>Decay</dt><dd>How the rank IC changes when the return reaches over more days than the label's. A factor that fades fast must be traded fast.</dd>
<dt>Saliency</dt><dd>How much a network's factor rises where one of its inputs does, other things equal: the gradient with respect to the input.</dd>
<dt>Lineage</dt><dd>The candidates that a factor was bred from, with the operator that changed or joined them.</dd>
<dt>Classic composite, 60-day volatility, random search</dt><dd>Twenty well-known factors averaged; calm stocks before restless ones; and the same number of candidates drawn blindly. What evolution must beat to be worth its cost.</dd>
<dt>Block bootstrap</dt><dd>The mean is computed again on many samples drawn from the days in runs, since neighbouring days resemble each other. The middle 95 % of these means is the interval.</dd>
</dl>)html";
}

}  // namespace

std::string report_page(const RunData& run, const Analysis& analysis) {
  Sections sections;
  const bool finished = !run.searches.empty();
  sections.add("schemes", "Side by side", schemes_section(analysis));
  if (!analysis.paired.empty())
    sections.add("paired", "Is the difference real?", paired_section(analysis));
  if (!analysis.schemes.empty())
    sections.add("periods", "Period by period", folds_section(analysis));
  sections.add("days", "Day by day",
               figure_html(cumulative_figure(analysis, Part::kTest)) +
                   figure_html(daily_figure(analysis, Part::kTest)) +
                   side_by_side(cumulative_figure(analysis, Part::kValidate),
                                daily_figure(analysis, Part::kValidate)));
  if (finished) {
    sections.add("returns", "Returns",
                 side_by_side(quantile_figure(run, analysis), spread_figure(run, analysis)));
    sections.add("search", "How the search went", figure_html(fitness_figure(run, analysis)));
    sections.add("pools", "The factors found", pools_section(run, analysis));
    if (const std::string diversity = diversity_section(run, analysis); !diversity.empty())
      sections.add("diversity", "How much they differ", diversity);
    if (const std::string formulas = formulas_section(run, analysis); !formulas.empty())
      sections.add("formulas", "Formula by formula", formulas);
    if (const std::string stages = stages_section(run, analysis); !stages.empty())
      sections.add("stages", "What the networks went through", stages);
  }
  sections.add("baselines", "The plain methods", baselines_section(analysis));
  if (!run.unfinished.empty())
    sections.add("unfinished", "Unfinished searches", unfinished_section(run));
  sections.add("method", "How this was made", method_section(run, analysis));
  sections.add("glossary", "Words used here", glossary());
  const std::string title = escape_html(run.name);
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\"><title>{} · "
      "evofactor</title><style>{}</style></head>\n"
      "<body><div class=\"shell\"><nav aria-label=\"Contents\"><ol>{}</ol></nav><main>\n",
      title, page_style(), sections.contents());
  html +=
      "<noscript><p class=\"notice\">Figures need JavaScript; the tables do not.</p></noscript>";
  html += first_screen(run, analysis);
  html += sections.body();
  html += "</main></div>\n<script>";
  html += plotly_source();
  html += "</script>\n<script>";
  html += page_script();
  html += formulas_script();
  html += "</script>\n</body></html>\n";
  return html;
}

}  // namespace evofactor::report
