#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "experiments/report/figures.hpp"
#include "experiments/report/format.hpp"
#include "experiments/report/headline.hpp"
#include "experiments/report/html.hpp"
#include "experiments/report/page_sections.hpp"
#include "experiments/report/tables.hpp"

namespace evofactor::report {
namespace {

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
    const bool is_base = !is_contender(s->role);
    html += fmt::format("<tr class=\"{}{}\">", is_base ? "base" : "",
                        is_base && !base ? " first-base" : "");
    base = base || is_base;
    html += heading_of(analysis, s->name);
    html += cell(with_spread(s->rank_ic, 3, true));
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
    html += "<tr>" + heading_of(analysis, s.name) +
            against_cell(analysis, s, analysis.find(kComposite)) +
            against_cell(analysis, s, analysis.find(kVolatility)) +
            against_cell(analysis, s, is_contender(s.role) ? analysis.random_for(s) : nullptr) +
            "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

}  // namespace

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
    html += fmt::format("<tr class=\"{}\">", is_contender(scheme->role) ? "" : "base") +
            heading_of(analysis, scheme->name);
    for (const int fold : folds) {
      const auto found = scheme->folds.find(fold);
      html += cell(found == scheme->folds.end() ? "–" : decimal(found->second.test));
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

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

}  // namespace evofactor::report
