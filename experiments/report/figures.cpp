#include "experiments/report/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "experiments/report/format.hpp"
#include "experiments/report/headline.hpp"
#include "experiments/report/tables.hpp"

namespace evofactor::report {
namespace {

constexpr int kArmColors = 6;
constexpr int kMovingDays = 20;

Json line_of(const LineStyle& style, double width = 2) {
  return {{"color", style.color}, {"dash", style.dash}, {"width", width}};
}

/// Trading days of several folds laid one after the other on one axis.
class DayAxis {
 public:
  using Key = std::pair<int, std::string>;
  explicit DayAxis(const std::vector<const std::vector<SchemeDay>*>& series) {
    std::set<Key> keys;
    for (const auto* days : series)
      for (const SchemeDay& day : *days) keys.insert({day.fold, day.date});
    for (const Key& key : keys) {
      places_[key] = static_cast<int>(days_.size());
      days_.push_back(key);
    }
  }
  [[nodiscard]] int place(int fold, const std::string& date) const {
    const auto found = places_.find({fold, date});
    return found == places_.end() ? -1 : found->second;
  }
  [[nodiscard]] const std::vector<Key>& days() const { return days_; }
  /// Ticks at each fold's first day, or spread over the only fold; folds are parted by lines.
  void describe(Json& layout) const {
    Json places = Json::array(), texts = Json::array(), shapes = Json::array();
    std::vector<std::size_t> starts;
    for (std::size_t i = 0; i < days_.size(); ++i)
      if (i == 0 || days_[i].first != days_[i - 1].first) starts.push_back(i);
    if (starts.size() == 1)
      for (std::size_t tick = 0; tick < 4; ++tick) {
        const std::size_t i = tick * (days_.size() - 1) / 4;
        places.push_back(i);
        texts.push_back(days_[i].second);
      }
    else
      for (const std::size_t start : starts) {
        places.push_back(start);
        texts.push_back(days_[start].second.substr(0, 7));
        if (start > 0)
          shapes.push_back({{"type", "line"},
                            {"xref", "x"},
                            {"yref", "paper"},
                            {"x0", static_cast<double>(start) - 0.5},
                            {"x1", static_cast<double>(start) - 0.5},
                            {"y0", 0},
                            {"y1", 1},
                            {"line", {{"color", "var(--rule)"}, {"width", 1}, {"dash", "dot"}}}});
      }
    layout["xaxis"] = {{"tickvals", places},
                       {"ticktext", texts},
                       {"showgrid", false},
                       {"zeroline", false},
                       {"range", {-1, static_cast<double>(days_.size())}}};
    layout["shapes"] = shapes;
  }

 private:
  std::vector<Key> days_;
  std::map<Key, int> places_;
};

const std::vector<SchemeDay>& days_of(const Scheme& scheme, Part part) {
  return part == Part::kTest ? scheme.test_days : scheme.validate_days;
}
std::string words_for(Part part) { return part == Part::kTest ? "test" : "validation"; }
std::string id_for(Part part) { return part == Part::kTest ? "test" : "validation"; }

DayAxis axis_of(const std::vector<const Scheme*>& schemes, Part part) {
  std::vector<const std::vector<SchemeDay>*> series;
  for (const Scheme* scheme : schemes) series.push_back(&days_of(*scheme, part));
  return DayAxis(series);
}

/// Searches of an arm on the compared folds.
std::vector<const SearchData*> searches_of(const RunData& run, const Analysis& analysis,
                                           const std::string& arm) {
  std::vector<const SearchData*> searches;
  for (const SearchData& search : run.searches)
    if (search.arm == arm &&
        std::binary_search(analysis.folds.begin(), analysis.folds.end(), search.fold))
      searches.push_back(&search);
  return searches;
}

std::vector<double> mean_columns(const std::vector<std::vector<double>>& rows) {
  std::vector<double> sums;
  std::vector<int> counts;
  for (const auto& row : rows) {
    sums.resize(std::max(sums.size(), row.size()), 0.0);
    counts.resize(sums.size(), 0);
    for (std::size_t i = 0; i < row.size(); ++i)
      if (std::isfinite(row[i])) {
        sums[i] += row[i];
        ++counts[i];
      }
  }
  for (std::size_t i = 0; i < sums.size(); ++i)
    sums[i] = counts[i] == 0 ? kUnknown : sums[i] / counts[i];
  return sums;
}

}  // namespace

Json shortest(double value, int digits) {
  if (!std::isfinite(value)) return Json();
  const double step = std::pow(10.0, -digits);
  return Json::parse(fmt::format("{:.10g}", std::round(value / step) * step));
}

Json base_layout() {
  return {{"margin", {{"l", 56}, {"r", 12}, {"t", 8}, {"b", 44}}},
          {"hovermode", "closest"},
          {"legend", {{"orientation", "h"}, {"x", 0}, {"y", 1.02}, {"yanchor", "bottom"}}}};
}

LineStyle style_at(int i) {
  static constexpr std::array kDashes{"solid", "dash", "dot", "dashdot"};
  return {fmt::format("var(--arm-{})", i % kArmColors),
          kDashes[static_cast<std::size_t>(i / kArmColors) % kDashes.size()]};
}

LineStyle style_of(const Analysis& analysis, const std::string& scheme) {
  int contenders = 0, controls = 0;
  for (const Scheme& s : analysis.schemes) {
    const bool found = s.name == scheme;
    if (is_contender(s.role)) {
      if (found) return style_at(contenders);
      ++contenders;
    } else if (s.role != Role::kBaseline) {
      if (found)
        return {fmt::format("var(--random-{})", controls % 2),
                controls % 2 == 0 ? "dashdot" : "longdash"};
      ++controls;
    }
  }
  if (scheme == kComposite) return {"var(--composite)", "dash"};
  return {"var(--volatility)", "dot"};
}

Figure fold_figure(const Analysis& analysis) {
  Figure figure{.id = "folds", .title = "Test rank IC, fold by fold"};
  figure.caption =
      "Each small dot is one fold (mean over its seeds), each diamond the mean over folds. A "
      "method that only "
      "wins in one fold has one dot far to the right. Higher is better; 0 is what a factor reaches "
      "that "
      "knows nothing.";
  std::vector<const Scheme*> schemes = compared_schemes(analysis);
  std::reverse(schemes.begin(), schemes.end());
  Json labels = Json::array(), places = Json::array();
  for (std::size_t i = 0; i < schemes.size(); ++i) {
    const Scheme& scheme = *schemes[i];
    const LineStyle style = style_of(analysis, scheme.name);
    Json x = Json::array(), y = Json::array(), hover = Json::array();
    for (const int fold : analysis.folds) {
      const auto found = scheme.folds.find(fold);
      if (found == scheme.folds.end() || !std::isfinite(found->second.test)) continue;
      x.push_back(shortest(found->second.test));
      y.push_back(i);
      hover.push_back(fmt::format("fold {}", fold));
    }
    places.push_back(i);
    labels.push_back(escape_html(scheme.name));
    if (x.empty()) continue;
    figure.data.push_back({{"type", "scatter"},
                           {"mode", "markers"},
                           {"x", x},
                           {"y", y},
                           {"text", hover},
                           {"name", escape_html(scheme.name)},
                           {"hovertemplate", "%{text}: %{x:.3f}<extra></extra>"},
                           {"marker", {{"color", style.color}, {"size", 8}, {"opacity", 0.45}}}});
    figure.data.push_back({{"type", "scatter"},
                           {"mode", "markers"},
                           {"x", {shortest(scheme.rank_ic.mean)}},
                           {"y", {i}},
                           {"name", escape_html(scheme.name)},
                           {"hovertemplate", "mean: %{x:.3f}<extra></extra>"},
                           {"marker",
                            {{"color", style.color},
                             {"size", 13},
                             {"symbol", "diamond"},
                             {"line", {{"color", "var(--paper)"}, {"width", 1}}}}}});
  }
  figure.layout = base_layout();
  figure.layout["showlegend"] = false;
  figure.layout["xaxis"] = {{"title", {{"text", "mean rank IC on test days"}}},
                            {"zeroline", true},
                            {"rangemode", "tozero"}};
  figure.layout["yaxis"] = {
      {"tickvals", places}, {"ticktext", labels},
      {"automargin", true}, {"showgrid", false},
      {"zeroline", false},  {"range", {-0.6, static_cast<double>(schemes.size()) - 0.4}}};
  figure.height = 110 + 40 * static_cast<int>(schemes.size());
  return figure;
}

Figure paired_figure(const Analysis& analysis) {
  Figure figure{.id = "paired", .title = "Differences on the same test days"};
  figure.caption =
      "Daily rank IC of one method minus that of another, averaged over the test days both have; "
      "the bar is the 95 % "
      "interval of a block bootstrap, which draws runs of neighbouring days together. A bar that "
      "crosses the line at 0 is inside "
      "the noise. Hollow marks: the same after neutralising both to known styles.";
  std::vector<const PairedRow*> rows;
  for (const PairedRow& row : analysis.paired)
    if (!row.neutral) rows.push_back(&row);
  std::reverse(rows.begin(), rows.end());
  Json labels = Json::array(), places = Json::array();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    places.push_back(i);
    labels.push_back(escape_html(rows[i]->scheme) + " − " + escape_html(rows[i]->against));
    const std::string color = style_of(analysis, rows[i]->scheme).color;
    for (const bool neutral : {false, true}) {
      const PairedRow* row = analysis.pair(rows[i]->scheme, rows[i]->against, neutral);
      if (!row || !std::isfinite(row->difference)) continue;
      Json error = {{"type", "data"},
                    {"symmetric", false},
                    {"array", {shortest(row->high - row->difference)}},
                    {"arrayminus", {shortest(row->difference - row->low)}},
                    {"color", color},
                    {"thickness", neutral ? 1 : 2},
                    {"width", 0}};
      figure.data.push_back(
          {{"type", "scatter"},
           {"mode", "markers"},
           {"x", {shortest(row->difference)}},
           {"y", {static_cast<double>(i) + (neutral ? -0.22 : 0.1)}},
           {"error_x", error},
           {"hovertemplate",
            fmt::format("{}{} (95 % {} to {})<extra></extra>", neutral ? "neutralised: " : "",
                        decimal(row->difference), decimal(row->low), decimal(row->high))},
           {"marker",
            {{"color", color},
             {"size", neutral ? 7 : 9},
             {"symbol", neutral ? "circle-open" : "circle"}}}});
    }
  }
  figure.layout = base_layout();
  figure.layout["showlegend"] = false;
  figure.layout["xaxis"] = {{"title", {{"text", "difference in mean rank IC"}}},
                            {"zeroline", true},
                            {"zerolinewidth", 2},
                            {"tickformat", "+~g"}};
  figure.layout["yaxis"] = {
      {"tickvals", places}, {"ticktext", labels},
      {"automargin", true}, {"showgrid", false},
      {"zeroline", false},  {"range", {-0.7, static_cast<double>(rows.size()) - 0.4}}};
  figure.height = 110 + 34 * static_cast<int>(rows.size());
  return figure;
}

Figure fitness_figure(const RunData& run, const Analysis& analysis) {
  Figure figure{.id = "fitness", .title = "Fitness by generation"};
  figure.caption =
      "Solid: the best candidate of each generation; thin: the median. Both are means over an "
      "arm's searches, on the "
      "days the search was allowed to see. Rising lines show that the search works, not that its "
      "factors do: that is decided "
      "on test days. Arms of another kind may measure fitness on other days, so compare shapes, "
      "not heights.";
  for (const Scheme& scheme : analysis.schemes) {
    if (scheme.role == Role::kBaseline) continue;
    std::map<int, std::vector<std::vector<double>>> by_generation;
    for (const SearchData* search : searches_of(run, analysis, scheme.name))
      for (const Generation& g : search->history)
        by_generation[g.generation].push_back({g.best, g.median});
    if (by_generation.empty()) continue;
    Json x = Json::array(), best = Json::array(), median = Json::array();
    for (const auto& [generation, rows] : by_generation) {
      const std::vector<double> means = mean_columns(rows);
      x.push_back(generation);
      best.push_back(shortest(means[0]));
      median.push_back(shortest(means[1]));
    }
    const LineStyle style = style_of(analysis, scheme.name);
    const std::string name = escape_html(scheme.name);
    const std::string mode = x.size() > 1 ? "lines" : "markers";
    figure.data.push_back(
        {{"type", "scatter"},
         {"mode", mode},
         {"x", x},
         {"y", best},
         {"name", name},
         {"legendgroup", name},
         {"line", line_of(style)},
         {"hovertemplate", name + ", best of generation %{x}: %{y:.3f}<extra></extra>"}});
    figure.data.push_back(
        {{"type", "scatter"},
         {"mode", mode},
         {"x", x},
         {"y", median},
         {"name", name + " median"},
         {"legendgroup", name},
         {"showlegend", false},
         {"opacity", 0.6},
         {"line", line_of(style, 1)},
         {"hovertemplate", name + ", median of generation %{x}: %{y:.3f}<extra></extra>"}});
  }
  figure.layout = base_layout();
  figure.layout["showlegend"] = true;
  figure.layout["xaxis"] = {
      {"title", {{"text", "generation"}}}, {"zeroline", false}, {"showgrid", false}};
  figure.layout["yaxis"] = {{"title", {{"text", "fitness"}}}};
  return figure;
}

Figure cumulative_figure(const Analysis& analysis, Part part) {
  Figure figure{.id = "cumulative-" + id_for(part),
                .title = fmt::format("Cumulative rank IC, {} days", words_for(part))};
  figure.caption =
      part == Part::kTest
          ? "Sum of the daily rank ICs on test days, seeds averaged first, folds one after the "
            "other (dotted rules). "
            "A steady climb is a factor that works all the time; the steeper, the better. Skipped "
            "days add nothing."
          : "The same sum on validation days. Arms may have chosen their factors on these days, so "
            "they look better here "
            "than they are; the classic factors chose only their signs, on training days.";
  const std::vector<const Scheme*> schemes = compared_schemes(analysis);
  const DayAxis axis = axis_of(schemes, part);
  for (const Scheme* scheme : schemes) {
    const std::vector<SchemeDay>& days = days_of(*scheme, part);
    if (days.empty()) continue;
    // Every second day is enough beyond a screen's width.
    const std::size_t step = 1 + days.size() / 1500;
    Json x = Json::array(), y = Json::array(), dates = Json::array();
    double sum = 0;
    for (std::size_t i = 0; i < days.size(); ++i) {
      if (std::isfinite(days[i].rank_ic)) sum += days[i].rank_ic;
      if (i % step != 0 && i + 1 != days.size()) continue;
      x.push_back(axis.place(days[i].fold, days[i].date));
      y.push_back(shortest(sum, 3));
      dates.push_back(days[i].date);
    }
    const std::string name = escape_html(scheme->name);
    figure.data.push_back({{"type", "scatter"},
                           {"mode", "lines"},
                           {"x", x},
                           {"y", y},
                           {"text", dates},
                           {"name", name},
                           {"line", line_of(style_of(analysis, scheme->name),
                                            is_contender(scheme->role) ? 2.5 : 1.75)},
                           {"hovertemplate", name + " %{text}: %{y:.2f}<extra></extra>"}});
  }
  figure.layout = base_layout();
  figure.layout["showlegend"] = true;
  axis.describe(figure.layout);
  figure.layout["yaxis"] = {{"title", {{"text", "sum of daily rank IC"}}}, {"zeroline", true}};
  return figure;
}

Figure daily_figure(const Analysis& analysis, Part part) {
  Figure figure{.id = "daily-" + id_for(part),
                .title = fmt::format("Daily rank IC, {} days", words_for(part))};
  figure.caption = fmt::format(
      "Dots: one trading day, seeds averaged. Lines: mean of the last {} days of the same fold. "
      "Single days "
      "scatter widely; that is why a difference needs an interval.",
      kMovingDays);
  std::vector<const Scheme*> schemes;
  for (const Scheme* scheme : compared_schemes(analysis))
    if (is_contender(scheme->role) || scheme->name == kComposite) schemes.push_back(scheme);
  const DayAxis axis = axis_of(schemes, part);
  for (const Scheme* scheme : schemes) {
    const std::vector<SchemeDay>& days = days_of(*scheme, part);
    if (days.empty()) continue;
    Json x = Json::array(), y = Json::array(), moving = Json::array(), dates = Json::array();
    for (std::size_t i = 0; i < days.size(); ++i) {
      double sum = 0;
      int count = 0;
      for (std::size_t j = i + 1; j-- > 0 && i - j < kMovingDays && days[j].fold == days[i].fold;)
        if (std::isfinite(days[j].rank_ic)) {
          sum += days[j].rank_ic;
          ++count;
        }
      // A line from fewer days than half a window would be as noisy as the dots; the gap also parts
      // the folds.
      moving.push_back(count < kMovingDays / 2 ? Json() : shortest(sum / count, 3));
      x.push_back(axis.place(days[i].fold, days[i].date));
      y.push_back(shortest(days[i].rank_ic, 3));
      dates.push_back(days[i].date);
    }
    const LineStyle style = style_of(analysis, scheme->name);
    const std::string name = escape_html(scheme->name);
    if (is_contender(scheme->role))
      figure.data.push_back({{"type", "scatter"},
                             {"mode", "markers"},
                             {"x", x},
                             {"y", y},
                             {"text", dates},
                             {"legendgroup", name},
                             {"showlegend", false},
                             {"marker", {{"color", style.color}, {"size", 4}, {"opacity", 0.28}}},
                             {"hovertemplate", name + " %{text}: %{y:.3f}<extra></extra>"}});
    figure.data.push_back({{"type", "scatter"},
                           {"mode", "lines"},
                           {"x", x},
                           {"y", moving},
                           {"name", name},
                           {"legendgroup", name},
                           {"line", line_of(style)},
                           {"hoverinfo", "skip"}});
  }
  figure.layout = base_layout();
  figure.layout["showlegend"] = true;
  axis.describe(figure.layout);
  figure.layout["yaxis"] = {{"title", {{"text", "rank IC"}}}, {"zeroline", true}};
  return figure;
}

Figure quantile_figure(const RunData& run, const Analysis& analysis) {
  Figure figure{.id = "quantiles", .title = "Returns by factor value"};
  figure.caption = fmt::format(
      "Each test day the stocks are sorted by the combined factor into equal groups, 1 with the "
      "lowest values. Bars: mean "
      "return over the label's {} days in excess of all stocks of the day, averaged over seeds and "
      "folds, before "
      "any cost. Bars that rise from left to right say that the whole order carries information.",
      setting(run.config, "/label/horizon", "5"));
  for (const Scheme& scheme : analysis.schemes) {
    if (scheme.role == Role::kBaseline) continue;
    std::vector<std::vector<double>> rows;
    for (const SearchData* search : searches_of(run, analysis, scheme.name))
      rows.push_back(search->quantiles.mean_excess);
    const std::vector<double> means = mean_columns(rows);
    if (means.empty()) continue;
    Json x = Json::array(), y = Json::array();
    for (std::size_t q = 0; q < means.size(); ++q) {
      x.push_back(q + 1);
      y.push_back(shortest(100 * means[q], 3));
    }
    const std::string name = escape_html(scheme.name);
    figure.data.push_back({{"type", "bar"},
                           {"x", x},
                           {"y", y},
                           {"name", name},
                           {"marker", {{"color", style_of(analysis, scheme.name).color}}},
                           {"hovertemplate", name + ", group %{x}: %{y:.2f} %<extra></extra>"}});
  }
  figure.layout = base_layout();
  figure.layout["showlegend"] = true;
  figure.layout["barmode"] = "group";
  figure.layout["xaxis"] = {{"title", {{"text", "group, 1 = lowest factor values"}}},
                            {"dtick", 1},
                            {"showgrid", false},
                            {"zeroline", false}};
  figure.layout["yaxis"] = {{"title", {{"text", "excess return, %"}}}, {"zeroline", true}};
  return figure;
}

Figure spread_figure(const RunData& run, const Analysis& analysis) {
  Figure figure{.id = "spread", .title = "Top group minus bottom group"};
  figure.caption =
      "Sum over test days of the top group's excess return minus the bottom group's, divided by "
      "the label's days, seeds "
      "averaged, folds one after the other. Not compounded and before any cost: a picture of "
      "steadiness, not an account.";
  struct Line {
    std::string name;
    std::vector<SchemeDay> days;  ///< rank_ic holds the day's step
  };
  std::vector<Line> lines;
  for (const Scheme& scheme : analysis.schemes) {
    if (scheme.role == Role::kBaseline) continue;
    std::map<DayAxis::Key, std::vector<std::vector<double>>> steps;
    for (const SearchData* search : searches_of(run, analysis, scheme.name)) {
      const Quantiles& q = search->quantiles;
      if (q.cumulative.size() < 2) continue;
      const std::vector<double>&top = q.cumulative.back(), &bottom = q.cumulative.front();
      double before = 0;
      for (std::size_t t = 0; t < q.dates.size() && t < top.size() && t < bottom.size(); ++t) {
        const double now = top[t] - bottom[t];
        if (!std::isfinite(now)) continue;
        steps[{search->fold, q.dates[t]}].push_back({now - before});
        before = now;
      }
    }
    Line line{.name = scheme.name, .days = {}};
    for (const auto& [key, values] : steps)
      line.days.push_back({key.first, key.second, mean_columns(values)[0], kUnknown});
    if (!line.days.empty()) lines.push_back(std::move(line));
  }
  std::vector<const std::vector<SchemeDay>*> series;
  for (const Line& line : lines) series.push_back(&line.days);
  const DayAxis axis(series);
  for (const Line& line : lines) {
    Json x = Json::array(), y = Json::array(), dates = Json::array();
    double sum = 0;
    for (const SchemeDay& day : line.days) {
      sum += day.rank_ic;
      x.push_back(axis.place(day.fold, day.date));
      y.push_back(shortest(100 * sum, 2));
      dates.push_back(day.date);
    }
    const std::string name = escape_html(line.name);
    figure.data.push_back({{"type", "scatter"},
                           {"mode", "lines"},
                           {"x", x},
                           {"y", y},
                           {"text", dates},
                           {"name", name},
                           {"line", line_of(style_of(analysis, line.name))},
                           {"hovertemplate", name + " %{text}: %{y:.1f} %<extra></extra>"}});
  }
  figure.layout = base_layout();
  figure.layout["showlegend"] = true;
  if (!lines.empty()) axis.describe(figure.layout);
  figure.layout["yaxis"] = {{"title", {{"text", "sum of daily excess return, %"}}},
                            {"zeroline", true}};
  return figure;
}

Figure correlation_figure(const RunData& run, const std::string& arm, int number) {
  Figure figure{.id = fmt::format("correlation-{}", number), .title = "Likeness of the factors"};
  figure.height = 420;
  figure.square = true;
  figure.caption =
      "Mean daily rank correlation between every two factors of one pool on training and "
      "validation days, in the order "
      "of the table. Pale cells are factors that say different things; deep ones repeat each "
      "other.";
  for (const SearchData& search : run.searches) {
    if (search.arm != arm || search.correlation.size() < 2) continue;
    Json z = Json::array(), ids = Json::array();
    for (const auto& row : search.correlation) {
      Json cells = Json::array();
      for (const double value : row) cells.push_back(shortest(value, 2));
      z.push_back(std::move(cells));
    }
    for (std::size_t i = 0; i < search.correlation.size(); ++i) ids.push_back(i + 1);
    Json data = Json::array(
        {{{"type", "heatmap"},
          {"z", z},
          {"x", ids},
          {"y", ids},
          {"zmin", -1},
          {"zmax", 1},
          {"colorscale",
           {{0.0, "var(--heat-low)"}, {0.5, "var(--heat-mid)"}, {1.0, "var(--heat-high)"}}},
          {"colorbar",
           {{"thickness", 10}, {"outlinewidth", 0}, {"tickvals", {-1, -0.5, 0, 0.5, 1}}}},
          {"hovertemplate", "factors %{x} and %{y}: %{z:.2f}<extra></extra>"}}});
    figure.variants.push_back(
        {{"name", fmt::format("seed {}, fold {}", search.seed, search.fold)}, {"data", data}});
  }
  if (!figure.variants.empty()) figure.data = figure.variants[0]["data"];
  if (figure.variants.size() < 2) figure.variants = Json::array();
  figure.layout = base_layout();
  figure.layout["margin"] = {{"l", 36}, {"r", 8}, {"t", 8}, {"b", 32}};
  figure.layout["xaxis"] = {{"showgrid", false}, {"zeroline", false}, {"constrain", "domain"}};
  figure.layout["yaxis"] = {{"showgrid", false},
                            {"zeroline", false},
                            {"autorange", "reversed"},
                            {"scaleanchor", "x"},
                            {"constrain", "domain"}};
  return figure;
}

bool is_empty(const Figure& figure) { return figure.data.empty(); }

Json to_json(const Figure& figure) {
  Json json = {{"data", figure.data}, {"layout", figure.layout}};
  if (!figure.variants.empty()) json["variants"] = figure.variants;
  return json;
}

}  // namespace evofactor::report
