#include <fmt/format.h>

#include <cmath>
#include <map>

#include "experiments/report/format.hpp"
#include "experiments/report/html.hpp"
#include "experiments/report/page_sections.hpp"

namespace evofactor::report {
namespace {

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

}  // namespace

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
<dt>Neutralised</dt><dd>What is left after known styles are taken out of the factor each day: volatility, past returns, traded value, and size and industry where the panel has them. A factor that keeps its rank IC says something these do not.</dd>
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

}  // namespace evofactor::report
