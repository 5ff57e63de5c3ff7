#include "experiments/report/diversity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <set>
#include <utility>

#include "experiments/report/format.hpp"
#include "experiments/report/html.hpp"
#include "experiments/report/network_family.hpp"

namespace evofactor::report {
namespace {

constexpr std::size_t kHoverLetters = 70;
constexpr const char* kFormulas = "formula";  ///< their family

/// What tells an arm from others of its colour.
std::string symbol_of(const LineStyle& style) {
  static constexpr std::array kSymbols{std::pair{"dash", "square"}, std::pair{"dot", "diamond"},
                                       std::pair{"dashdot", "triangle-up"},
                                       std::pair{"longdash", "triangle-down"}};
  for (const auto& [dash, symbol] : kSymbols)
    if (style.dash == dash) return symbol;
  return "circle";
}

std::string name_of(const ArmsMap& map) {
  return fmt::format("{}seed {}, fold {}", map.run.empty() ? "" : map.run + ", ", map.seed,
                     map.fold);
}

/// The beginning of a long text, in whole UTF-8 letters.
std::string shortened(const std::string& text) {
  if (text.size() <= kHoverLetters) return text;
  std::size_t end = kHoverLetters;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

/// A factor on a map.
struct Mark {
  std::string arm, family;
  Json x, y;
  std::string hover;
};

/// All factors of the map that are placed.
std::vector<Mark> marks_of(const RunData& run, const ArmsMap& map) {
  struct Known {
    std::string text, family;
  };
  std::map<std::pair<std::string, std::int64_t>, Known> members;
  for (const SearchData& search : run.searches)
    if (search.seed == map.seed && search.fold == map.fold)
      for (const Member& member : search.members)
        members[{search.arm, member.id}] = {escape_html(shortened(member.text)),
                                            family_of(search, member)};
  std::vector<Mark> marks;
  for (const ArmsMap::Factor& factor : map.factors) {
    if (factor.cluster < 0) continue;
    const auto known = members.find({factor.arm, factor.id});
    const bool found = known != members.end();
    marks.push_back({factor.arm, found ? known->second.family : "network", shortest(factor.x),
                     shortest(factor.y),
                     fmt::format("group {}: {}", factor.cluster + 1,
                                 found ? known->second.text : fmt::to_string(factor.id))});
  }
  return marks;
}

/// The marks of one arm or family.
Json trace_of(const std::vector<Mark>& marks, std::string Mark::*by, const std::string& name,
              const LineStyle& style) {
  Json x = Json::array(), y = Json::array(), hover = Json::array();
  for (const Mark& mark : marks) {
    if (mark.*by != name) continue;
    x.push_back(mark.x);
    y.push_back(mark.y);
    hover.push_back(by == &Mark::arm ? mark.hover : escape_html(mark.arm) + ", " + mark.hover);
  }
  if (x.empty()) return {};
  const std::string shown = escape_html(name);
  return {{"type", "scatter"},
          {"mode", "markers"},
          {"x", x},
          {"y", y},
          {"text", hover},
          {"name", shown},
          {"hovertemplate", shown + ", %{text}<extra></extra>"},
          {"marker",
           {{"color", style.color},
            {"symbol", symbol_of(style)},
            {"size", 8},
            {"opacity", 0.75},
            {"line", {{"color", "var(--paper)"}, {"width", 0.5}}}}}};
}

/// A circle as wide as the group's spread.
Json circle_of(const ArmsMap::Cluster& cluster) {
  constexpr int kSteps = 48;
  Json x = Json::array(), y = Json::array();
  for (int step = 0; step <= kSteps; ++step) {
    const double angle = 2 * std::numbers::pi * step / kSteps;
    x.push_back(shortest(cluster.x + cluster.spread * std::cos(angle), 3));
    y.push_back(shortest(cluster.y + cluster.spread * std::sin(angle), 3));
  }
  return {{"type", "scatter"},
          {"mode", "lines"},
          {"x", x},
          {"y", y},
          {"showlegend", false},
          {"hoverinfo", "skip"},
          {"line", {{"color", "var(--soft)"}, {"width", 1}, {"dash", "dot"}}}};
}

Json circles_of(const ArmsMap& map) {
  Json circles = Json::array();
  for (const ArmsMap::Cluster& cluster : map.clusters)
    if (cluster.factors > 1) circles.push_back(circle_of(cluster));
  return circles;
}

Json centres_of(const ArmsMap& map) {
  Json x = Json::array(), y = Json::array(), names = Json::array(), hover = Json::array();
  for (std::size_t c = 0; c < map.clusters.size(); ++c) {
    const ArmsMap::Cluster& cluster = map.clusters[c];
    x.push_back(shortest(cluster.x));
    y.push_back(shortest(cluster.y));
    names.push_back(fmt::format("<b>{}</b>", c + 1));
    hover.push_back(fmt::format("centre of group {}: {} {}, spread {}", c + 1, cluster.factors,
                                cluster.factors == 1 ? "factor" : "factors",
                                decimal(cluster.spread, 2)));
  }
  return {{"type", "scatter"},
          {"mode", "markers+text"},
          {"x", x},
          {"y", y},
          {"text", names},
          {"textposition", "top right"},
          {"textfont", {{"color", "var(--ink)"}, {"size", 15}}},
          {"hovertext", hover},
          {"hovertemplate", "%{hovertext}<extra></extra>"},
          {"name", "centre of a group"},
          {"marker",
           {{"color", "var(--ink)"},
            {"symbol", "x"},
            {"size", 11},
            {"line", {{"color", "var(--paper)"}, {"width", 1.5}}}}}};
}

/// Everything on the map, coloured by arm.
Json map_by_arm(const std::vector<Mark>& marks, const Analysis& analysis, const ArmsMap& map) {
  Json data = circles_of(map);
  // The first arms over the last: those that others are held against end the list.
  for (std::size_t s = analysis.schemes.size(); s-- > 0;) {
    if (analysis.schemes[s].role == Role::kBaseline) continue;
    const std::string& arm = analysis.schemes[s].name;
    Json trace = trace_of(marks, &Mark::arm, arm, style_of(analysis, arm));
    if (trace.is_null()) continue;
    trace["legendrank"] = s + 1;
    data.push_back(std::move(trace));
  }
  data.push_back(centres_of(map));
  return data;
}

/// The same, coloured by what the factors are made of.
/// @param families of all maps, so that one has one colour
Json map_by_family(const std::vector<Mark>& marks, const std::set<std::string>& families,
                   const ArmsMap& map) {
  Json data = circles_of(map);
  int place = 1;
  for (const std::string& family : families) {
    const LineStyle style = style_at(family == kFormulas ? 0 : place++);
    Json trace = trace_of(marks, &Mark::family, family, style);
    if (!trace.is_null()) data.push_back(std::move(trace));
  }
  data.push_back(centres_of(map));
  return data;
}

std::string hours(const Scheme& scheme) {
  const double value = scheme.hours_for_50.mean;
  std::string text = decimal(value, value < 0.1 ? 4 : value < 10 ? 2 : 1);
  if (scheme.hours_scaled && std::isfinite(value)) text += " <small>scaled</small>";
  return text;
}

std::string arms_table(const Analysis& analysis) {
  std::string html =
      "<div class=\"scroll\"><table><thead><tr><th>arm</th><th>IC test</th><th>rank IC test</th>"
      "<th>diversity</th><th>mean correlation</th><th>spread</th><th>overlap</th>"
      "<th>pool size</th><th>evaluations per search</th><th>seconds per search</th>"
      "<th>hours for 50 factors</th></tr></thead><tbody>";
  for (const Scheme& s : analysis.schemes) {
    if (s.role == Role::kBaseline) continue;
    html +=
        "<tr>" + heading_of(analysis, s.name) + cell(decimal(s.ic.mean)) +
        cell(decimal(s.rank_ic.mean)) + cell(with_spread(s.diversity, 2, true)) +
        cell(decimal(s.mean_correlation.mean, 2)) + cell(decimal(s.map_spread, 2)) +
        cell(percent(s.map_overlap, 0)) +
        cell(decimal(s.pool_size.mean, s.pool_size.mean == std::round(s.pool_size.mean) ? 0 : 1)) +
        cell(thousands(s.evaluations.mean)) + cell(decimal(s.seconds.mean, 0)) + cell(hours(s)) +
        "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string column_words() {
  return R"html(<details><summary>What the columns say</summary><dl class="glossary">
<dt>Diversity</dt><dd>The factors of a pool are put into three groups by how differently they weigh the stocks; this is the mean distance between the groups' centres. Copies have 0, three groups of like factors that have nothing in common .92.</dd>
<dt>Mean correlation</dt><dd>The size of the rank correlation of two factors, over all pairs of a pool. It needs no groups.</dd>
<dt>Spread, overlap</dt><dd>Among the factors of all arms: mean distance of the arm's factors to their common centre, and how many of them lie nearer to the centre of another arm. About half do where two arms find alike factors, all where they find the very same.</dd>
<dt>Hours for 50 factors</dt><dd>Time of a search. Scaled: its pool had another size, and this is as if every factor took as long.</dd>
</dl></details>
)html";
}

}  // namespace

Figure map_figure(const RunData& run, const Analysis& analysis) {
  Figure figure{.id = "map", .title = "Which factors say the same"};
  figure.caption =
      "Each mark is a factor of one arm, as it weighs the stocks on test days. A cross is the "
      "centre of a group, numbered by size; the dotted circle is as wide as the group's spread. "
      "Lengths between centres and from a factor to the centre of its group are true; a factor "
      "stands to the side to which it leans. Arms whose marks mix found the same; a circle wider "
      "than the way to the next centre is hardly a group.";
  figure.choice = "Map of";
  figure.height = 560;
  figure.square = true;
  std::vector<std::vector<Mark>> marks;
  std::set<std::string> families;
  for (const ArmsMap& map : run.maps) {
    marks.push_back(marks_of(run, map));
    for (const Mark& mark : marks.back()) families.insert(mark.family);
    figure.variants.push_back(
        {{"name", name_of(map)}, {"data", map_by_arm(marks.back(), analysis, map)}});
  }
  // Formulas and networks of one family are told apart by their arms.
  if (families.size() > (families.contains(kFormulas) ? 2U : 1U)) {
    figure.caption +=
        " By kind of factor, networks are told apart by the layers they hold beside dense ones.";
    for (std::size_t i = 0; i < run.maps.size(); ++i)
      figure.variants.push_back({{"name", name_of(run.maps[i]) + ", by kind of factor"},
                                 {"data", map_by_family(marks[i], families, run.maps[i])}});
  }
  if (!figure.variants.empty()) figure.data = figure.variants[0]["data"];
  if (figure.variants.size() < 2) figure.variants = Json::array();
  figure.layout = base_layout();
  figure.layout["showlegend"] = true;
  figure.layout["xaxis"] = {{"zeroline", false}, {"constrain", "domain"}};
  figure.layout["yaxis"] = {{"zeroline", false}, {"scaleanchor", "x"}, {"constrain", "domain"}};
  return figure;
}

std::string diversity_section(const RunData& run, const Analysis& analysis) {
  const bool known = std::ranges::any_of(analysis.schemes, [](const Scheme& s) {
    return std::isfinite(s.diversity.mean) || std::isfinite(s.mean_correlation.mean);
  });
  if (!known && run.maps.empty()) return {};
  return "<p>Pools that score alike may be many ways to say one thing, or say many. Means over "
         "folds and seeds, on test days. Hold only pools of one size against each other: the more "
         "unlike factors a group has, the nearer its centre is to those of other groups.</p>\n" +
         arms_table(analysis) + column_words() + figure_html(map_figure(run, analysis));
}

}  // namespace evofactor::report
