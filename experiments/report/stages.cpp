#include "experiments/report/stages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "experiments/report/figures.hpp"
#include "experiments/report/format.hpp"
#include "experiments/report/html.hpp"

namespace evofactor::report {
namespace {

constexpr double kTitle = 30;                              ///< CSS pixels above a heat map
constexpr double kRow = 18;                                ///< of a feature
constexpr std::size_t kLongLabel = 24, kLongHeading = 70;  ///< characters

/// A network that is shown, and where it is from.
struct Shown {
  std::string name;  ///< "seed 1, fold 0, factor 2"
  const StageHistory* history = nullptr;
};

std::vector<Shown> shown_of(const RunData& run, const std::string& arm) {
  std::vector<Shown> shown;
  for (const SearchData& search : run.searches) {
    if (search.arm != arm) continue;
    for (const StageHistory& history : search.stages) {
      const auto member = std::find_if(search.members.begin(), search.members.end(),
                                       [&](const Member& m) { return m.id == history.id; });
      if (history.points.empty() || member == search.members.end()) continue;
      shown.push_back({fmt::format("seed {}, fold {}, factor {}", search.seed, search.fold,
                                   1 + (member - search.members.begin())),
                       &history});
    }
  }
  return shown;
}

std::string shortened(const std::string& text, std::size_t most) {
  return text.size() <= most ? text : text.substr(0, most - 1) + "…";
}

/// Two digits, no zero before the point: ".079", "1.4e-05".
std::string two_digits(double value) {
  const std::string text = fmt::format("{:.2g}", value);
  return text.starts_with("0.") ? text.substr(1) : text;
}

std::string heading(const StagePoint& point, const StageHistory& history) {
  if (point.stage == "initial") return "Initial weights";
  if (point.stage == "pretrained") return "After pre-training on " + history.prior;
  if (point.stage == "pruned") return "After pruning";
  return fmt::format("After training, step {}", point.step);
}

double largest(const std::vector<std::vector<double>>& rows) {
  double most = 0;
  for (const auto& row : rows)
    for (const double value : row)
      if (std::isfinite(value)) most = std::max(most, std::abs(value));
  return most;
}

/// One heat map below the other, one for each stage; each has its own scale.
Json saliency_version(const Shown& shown, double height) {
  const StageHistory& history = *shown.history;
  std::vector<const StagePoint*> stages;
  for (const StagePoint& point : history.points)
    if (!point.saliency.empty()) stages.push_back(&point);
  Json data = Json::array(), titles = Json::array(), layout = base_layout();
  Json features = Json::array();
  for (const std::string& feature : history.features)
    features.push_back(escape_html(shortened(feature, kLongLabel)));
  const double part = 1.0 / static_cast<double>(std::max<std::size_t>(1, stages.size()));
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const StagePoint& point = *stages[i];
    const double most = largest(point.saliency), top = 1 - static_cast<double>(i) * part;
    const auto window = static_cast<int>(point.saliency.front().size());
    Json z = Json::array(), days = Json::array();
    for (const auto& row : point.saliency) {
      Json cells = Json::array();
      for (const double value : row) cells.push_back(shortest(most > 0 ? value / most : 0, 3));
      z.push_back(std::move(cells));
    }
    for (int lag = window - 1; lag >= 0; --lag) days.push_back(-lag);
    const std::string number = i == 0 ? "" : fmt::to_string(i + 1);
    Json map = {{"type", "heatmap"},
                {"z", z},
                {"x", days},
                {"y", features},
                {"yaxis", "y" + number},
                {"zmin", -1},
                {"zmax", 1},
                {"xgap", 1},
                {"ygap", 1},
                {"showscale", i == 0},
                {"colorscale",
                 {{0.0, "var(--heat-low)"}, {0.5, "var(--heat-mid)"}, {1.0, "var(--heat-red)"}}},
                {"hovertemplate", fmt::format("%{{y}}, day %{{x}}: %{{z:.0%}} of {}<extra></extra>",
                                              two_digits(most))}};
    if (i == 0)
      map["colorbar"] = {{"thickness", 10},
                         {"outlinewidth", 0},
                         {"tickvals", {-1, 0, 1}},
                         {"ticktext", {"− largest", "0", "+ largest"}}};
    data.push_back(std::move(map));
    layout["yaxis" + number] = {{"domain", {top - part, top - kTitle / height}},
                                {"autorange", "reversed"},
                                {"showgrid", false},
                                {"zeroline", false},
                                {"ticks", ""}};
    titles.push_back(
        {{"xref", "paper"},
         {"yref", "paper"},
         {"x", 0},
         {"xanchor", "left"},
         {"y", top - kTitle / height},
         {"yanchor", "bottom"},
         {"showarrow", false},
         {"text", fmt::format("<b>{}</b>  largest {}",
                              escape_html(shortened(heading(point, history), kLongHeading)),
                              two_digits(most))}});
  }
  layout["annotations"] = titles;
  layout["margin"] = {{"l", 60}, {"r", 8}, {"t", 4}, {"b", 44}};
  layout["xaxis"] = {
      {"title", {{"text", "day of the window, 0 = the day of the factor"}}},
      {"anchor", stages.size() > 1 ? fmt::format("y{}", stages.size()) : std::string("y")},
      {"showgrid", false},
      {"zeroline", false}};
  return {{"name", shown.name}, {"data", data}, {"layout", layout}};
}

Figure saliency_figure(const std::vector<Shown>& all, int number) {
  Figure figure{.id = fmt::format("saliency-{}", number), .title = "Saliency", .choice = ""};
  figure.caption =
      "Gradient of the factor, with its sign, with respect to each standardised input, mean over "
      "stocks and a sample of training days. Red: a higher input makes a higher factor; blue: a "
      "lower one. Each stage has its own scale, symmetric about zero, and names its largest value.";
  std::size_t features = 1, stages = 1;
  for (const Shown& shown : all) {
    features = std::max(features, shown.history->features.size());
    stages = std::max(stages, static_cast<std::size_t>(std::count_if(
                                  shown.history->points.begin(), shown.history->points.end(),
                                  [](const StagePoint& p) { return !p.saliency.empty(); })));
  }
  const double plot = static_cast<double>(stages) * (kTitle + kRow * static_cast<double>(features));
  figure.height = static_cast<int>(plot) + 48;
  for (const Shown& shown : all) figure.variants.push_back(saliency_version(shown, plot));
  figure.data = figure.variants[0]["data"];
  return figure;
}

/// Places of a history's points on the axis of training steps: what comes before training stands
/// left of it, the last of it at 0.
class StageAxis {
 public:
  explicit StageAxis(const StageHistory& history) {
    int before = 0, last = 1;
    for (const StagePoint& point : history.points) {
      before += is_before(point) ? 1 : 0;
      last = std::max(last, point.step);
    }
    slot_ = std::max(1.0, last / 4.0);
    int seen = 0;
    for (const StagePoint& point : history.points) {
      const double place = is_before(point) ? -slot_ * (before - ++seen) : point.step;
      places_.push_back(place);
      if (!is_before(point)) continue;
      values_.push_back(place);
      texts_.push_back(point.stage == "pretrained" ? "pre-trained" : point.stage);
    }
    for (const int step : {last / 2, last}) {
      values_.push_back(step);
      texts_.push_back(fmt::to_string(step));
    }
  }
  [[nodiscard]] double place(std::size_t i) const { return places_[i]; }
  [[nodiscard]] Json layout() const {
    return {{"title", {{"text", "step of training"}}},
            {"tickvals", values_},
            {"ticktext", texts_},
            {"showgrid", false},
            {"zeroline", false}};
  }

 private:
  static bool is_before(const StagePoint& p) { return p.stage != "epoch" && p.stage != "trained"; }
  double slot_ = 1;
  std::vector<double> places_, values_;
  std::vector<std::string> texts_;
};

struct Mark {
  std::string_view symbol;
  int size;
};
Mark mark_of(const std::string& stage) {
  if (stage == "initial") return {"circle-open", 10};
  if (stage == "pretrained") return {"diamond", 11};
  if (stage == "pruned") return {"square", 9};
  if (stage == "trained") return {"star", 14};
  return {"circle", 4};
}

/// One measure along training as a line with a mark at each stage; nothing if it was not stored.
void add_line(Json& data, const StageHistory& history, const StageAxis& axis,
              const std::string& name, const std::string& color, double StagePoint::*value) {
  Json x = Json::array(), y = Json::array(), symbols = Json::array(), sizes = Json::array(),
       stages = Json::array();
  // The kept weights are a point of the line already and only marked.
  Json kept_x = Json::array(), kept_y = Json::array();
  bool any = false;
  for (std::size_t i = 0; i < history.points.size(); ++i) {
    const StagePoint& point = history.points[i];
    const bool kept = point.stage == "trained";
    any = any || std::isfinite(point.*value);
    (kept ? kept_x : x).push_back(shortest(axis.place(i), 2));
    (kept ? kept_y : y).push_back(shortest(point.*value));
    if (kept) continue;
    const Mark mark = mark_of(point.stage);
    symbols.push_back(std::string(mark.symbol));
    sizes.push_back(mark.size);
    stages.push_back(point.stage == "epoch" ? fmt::format("step {}", point.step) : point.stage);
  }
  if (!any) return;
  data.push_back({{"type", "scatter"},
                  {"mode", "lines+markers"},
                  {"name", name},
                  {"legendgroup", name},
                  {"x", x},
                  {"y", y},
                  {"text", stages},
                  {"line", {{"color", color}, {"width", 2}}},
                  {"marker",
                   {{"color", color},
                    {"symbol", symbols},
                    {"size", sizes},
                    {"opacity", 1},
                    {"line", {{"width", 0}}}}},
                  {"hovertemplate", name + ", %{text}: %{y:.3f}<extra></extra>"}});
  const Mark star = mark_of("trained");
  data.push_back({{"type", "scatter"},
                  {"mode", "markers"},
                  {"name", name},
                  {"legendgroup", name},
                  {"showlegend", false},
                  {"x", kept_x},
                  {"y", kept_y},
                  {"marker",
                   {{"color", color},
                    {"symbol", std::string(star.symbol)},
                    {"size", star.size},
                    {"line", {{"color", "var(--paper)"}, {"width", 1}}}}},
                  {"hovertemplate", name + ", kept weights: %{y:.3f}<extra></extra>"}});
}

Json line_version(const Shown& shown, const std::string& measure, const Json& data,
                  const StageAxis& axis) {
  Json layout = base_layout();
  layout["showlegend"] = true;
  layout["xaxis"] = axis.layout();
  layout["yaxis"] = {{"title", {{"text", measure}}}, {"zeroline", true}, {"rangemode", "tozero"}};
  if (data.empty()) {
    layout["xaxis"]["visible"] = layout["yaxis"]["visible"] = false;
    layout["annotations"] = Json::array({{{"xref", "paper"},
                                          {"yref", "paper"},
                                          {"x", 0.5},
                                          {"y", 0.5},
                                          {"showarrow", false},
                                          {"text", "this network has no prior"}}});
  }
  return {{"name", shown.name}, {"data", data}, {"layout", layout}};
}

Figure probe_figure(const std::vector<Shown>& all, int number) {
  Figure figure{.id = fmt::format("stages-{}", number),
                .title = "Rank IC along training",
                .choice = "",
                .height = 340};
  figure.caption =
      "Mean rank IC of the network, with the sign of the factor, as initialised (ring), after "
      "pre-training (diamond) and pruning (square), and at each look of training at the "
      "validation days. Star: the weights that were kept, those of the best look.";
  for (const Shown& shown : all) {
    const StageAxis axis(*shown.history);
    Json data = Json::array();
    add_line(data, *shown.history, axis, "training days", "var(--random-0)",
             &StagePoint::train_rank_ic);
    add_line(data, *shown.history, axis, "validation days", "var(--arm-5)",
             &StagePoint::validate_rank_ic);
    figure.variants.push_back(line_version(shown, "rank IC", data, axis));
  }
  figure.data = figure.variants[0]["data"];
  return figure;
}

/// Empty if no network has a prior.
Figure distance_figure(const std::vector<Shown>& all, int number) {
  Figure figure{.id = fmt::format("prior-{}", number),
                .title = "Distance to the prior",
                .choice = "",
                .height = 340};
  figure.caption =
      "On training days: mean squared difference of the network's output from the prior's "
      "z-scores, which pre-training makes small, and 1 minus their daily rank correlation. What "
      "training on returns adds moves the network away again; the loss sees order alone, so the "
      "first may grow without bound.";
  const bool any =
      std::any_of(all.begin(), all.end(), [](const Shown& s) { return !s.history->prior.empty(); });
  if (!any) return figure;
  for (const Shown& shown : all) {
    const StageAxis axis(*shown.history);
    Json data = Json::array();
    add_line(data, *shown.history, axis, "squared difference", "var(--arm-1)",
             &StagePoint::prior_mse);
    add_line(data, *shown.history, axis, "1 − rank correlation", "var(--arm-2)",
             &StagePoint::prior_distance);
    figure.variants.push_back(line_version(shown, "distance", data, axis));
  }
  // What stands first may have no prior; the figure is drawn by its versions.
  figure.data = Json::array({Json::object()});
  return figure;
}

}  // namespace

std::string stages_section(const RunData& run, const Analysis& analysis) {
  std::string html;
  int number = 0;
  bool all_equal = true;
  for (const Scheme& scheme : analysis.schemes) {
    const std::vector<Shown> all = shown_of(run, scheme.name);
    if (all.empty()) continue;
    const Figure saliency = saliency_figure(all, number), probe = probe_figure(all, number),
                 distance = distance_figure(all, number);
    std::vector<std::string> names;
    for (const Shown& shown : all) {
      names.push_back(shown.name);
      all_equal = all_equal && shown.history->equal;
    }
    html += fmt::format("<h3>{}</h3>", breakable_html(scheme.name)) +
            choice_html("Network of", {saliency.id, probe.id, distance.id}, names) +
            side_by_side(probe, distance) + figure_html(saliency);
    ++number;
  }
  if (html.empty()) return html;
  const std::string equal =
      all_equal ? "It ended with the very weights of the search."
                : "Not every one ended with the very weights of the search: they were trained on "
                  "another device or several in one stack.";
  return "<p>The search's own training of its best networks, run once more after it and looked at "
         "on the way. " +
         equal + "</p>\n" + html;
}

}  // namespace evofactor::report
