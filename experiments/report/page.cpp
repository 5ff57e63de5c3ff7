#include "experiments/report/page.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "engine/core/error.hpp"
#include "engine/store/atomic_file.hpp"
#include "experiments/report/diversity.hpp"
#include "experiments/report/figures.hpp"
#include "experiments/report/format.hpp"
#include "experiments/report/formulas.hpp"
#include "experiments/report/html.hpp"
#include "experiments/report/page_assets.hpp"
#include "experiments/report/page_sections.hpp"
#include "experiments/report/stages.hpp"

namespace evofactor::report {
namespace {

namespace fs = std::filesystem;

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
