#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "experiments/report/format.hpp"
#include "experiments/report/headline.hpp"
#include "experiments/report/html.hpp"
#include "experiments/report/page_sections.hpp"

namespace evofactor::report {
namespace {

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

}  // namespace

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

}  // namespace evofactor::report
