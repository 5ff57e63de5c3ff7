#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "experiments/report/figures.hpp"
#include "experiments/report/format.hpp"
#include "experiments/report/formula_drawing.hpp"
#include "experiments/report/html.hpp"
#include "experiments/report/network_svg.hpp"
#include "experiments/report/page_sections.hpp"

namespace evofactor::report {
namespace {

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
    html += "<tr>" + heading_of(analysis, scheme.name);
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

}  // namespace

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

}  // namespace evofactor::report
