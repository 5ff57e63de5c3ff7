#include "experiments/report/formulas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "experiments/report/figures.hpp"
#include "experiments/report/format.hpp"
#include "experiments/report/formula_drawing.hpp"
#include "experiments/report/html.hpp"

namespace evofactor::report {
namespace {

/// A formula with its ancestors takes a few kilobytes of the page.
constexpr std::size_t kMostFormulas = 1000;
constexpr std::size_t kMostOfPool = 50, kFewestOfPool = 5;

/// [text, middle, top, width, is leaf, [children]] of each node.
Json tree_json(const std::string& formula) {
  const FormulaDrawing drawing = draw_formula(formula);
  if (drawing.nodes.empty()) return {};
  Json nodes = Json::array();
  for (const FormulaDrawing::Node& node : drawing.nodes)
    nodes.push_back({node.text, shortest(node.x, 0), 1 + node.depth * kLevel,
                     shortest(node.width, 0), node.leaf ? 1 : 0, node.children});
  return {{"width", shortest(drawing.width, 0)},
          {"height", drawing.depth * kLevel + kBox + 2},
          {"box", kBox},
          {"nodes", nodes}};
}

Json score_row(const char* part, const Score& score, double neutral_rank_ic) {
  return {part,
          shortest(score.rank_ic.mean),
          shortest(score.rank_ic.icir, 3),
          shortest(score.rank_ic.t, 2),
          shortest(score.rank_ic.positive, 3),
          shortest(neutral_rank_ic),
          shortest(score.ic.mean),
          shortest(score.coverage, 4),
          shortest(score.turnover, 3),
          shortest(score.days, 0)};
}

Json likeness_json(const std::vector<Likeness>& likeness) {
  Json list = Json::array();
  for (const Likeness& one : likeness) list.push_back({one.name, shortest(one.correlation, 3)});
  return list;
}

Json member_json(const Member& m) {
  Json years = Json::array(), decay = Json::array();
  for (const YearPoint& year : m.years)
    years.push_back({year.year, year.part, shortest(year.rank_ic), shortest(year.days, 0)});
  for (const DecayPoint& point : m.decay)
    decay.push_back({point.horizon, shortest(point.rank_ic), shortest(point.days, 0)});
  std::vector<Likeness> known = m.known;
  if (known.empty() && !m.nearest_known.empty())
    known.push_back({m.nearest_known, m.nearest_correlation});
  return {{"id", m.id},
          {"text", m.text},
          {"sign", m.sign},
          {"weight", shortest(m.weight, 3)},
          {"fitness", shortest(m.fitness)},
          {"base", m.base_dependent},
          {"op", m.op},
          {"generation", m.generation},
          {"tree", tree_json(m.text)},
          {"scores",
           {score_row("training", m.train, kUnknown),
            score_row("validation", m.validate, m.neutral_validate.rank_ic.mean),
            score_row("test", m.test, m.neutral_test.rank_ic.mean)}},
          {"years", years},
          {"decay", decay},
          {"known", likeness_json(known)},
          {"styles", likeness_json(m.styles)},
          {"parents", m.parents},
          {"ancestors", m.ancestors}};
}

Json search_json(const SearchData& search, std::size_t most) {
  Json members = Json::array(), ancestors = Json::object();
  for (std::size_t i = 0; i < std::min(most, search.members.size()); ++i) {
    members.push_back(member_json(search.members[i]));
    for (const std::int64_t id : search.members[i].ancestors) {
      const Ancestor& a = search.ancestors.at(id);
      ancestors[fmt::to_string(id)] = {a.op, a.generation, shortest(a.fitness), a.text, a.parents};
    }
  }
  return {{"size", search.members.size()}, {"members", members}, {"ancestors", ancestors}};
}

/// Traces without points; the script puts in those of the formula that is chosen.
Figure years_figure() {
  Figure figure{.id = "formula-years", .title = "Rank IC by year", .height = 260};
  figure.caption =
      "Mean rank IC over the scored days of each calendar year, by the part of the fold that they "
      "belong to.";
  for (const auto& [name, color] : {std::pair{"training", "var(--random-0)"},
                                    {"validation", "var(--arm-5)"},
                                    {"test", "var(--arm-0)"}})
    figure.data.push_back(
        {{"type", "bar"},
         {"name", name},
         {"x", Json::array()},
         {"y", Json::array()},
         {"customdata", Json::array()},
         {"marker", {{"color", color}}},
         {"hovertemplate",
          std::string("%{x}, ") + name + ": %{y:.3f} over %{customdata} days<extra></extra>"}});
  figure.layout = base_layout();
  figure.layout["barmode"] = "group";
  figure.layout["showlegend"] = true;
  figure.layout["xaxis"] = {{"type", "category"}, {"showgrid", false}, {"zeroline", false}};
  figure.layout["yaxis"] = {{"title", {{"text", "rank IC"}}}, {"zeroline", true}};
  return figure;
}

Figure decay_figure(const RunData& run) {
  const std::string own = setting(run.config, "/label/horizon", "5");
  Figure figure{.id = "formula-decay", .title = "Decay", .height = 260};
  figure.caption = fmt::format(
      "Mean rank IC when the return reaches over more or fewer days than the {} of the label. "
      "Training and validation days alone; long horizons lose the last of them.",
      own);
  figure.data.push_back(
      {{"type", "scatter"},
       {"mode", "lines+markers"},
       {"name", "rank IC"},
       {"x", Json::array()},
       {"y", Json::array()},
       {"customdata", Json::array()},
       {"line", {{"color", "var(--arm-0)"}, {"width", 2}}},
       {"marker", {{"size", 7}}},
       {"hovertemplate", "%{x} days: %{y:.3f} over %{customdata} days<extra></extra>"}});
  figure.layout = base_layout();
  figure.layout["showlegend"] = false;
  figure.layout["xaxis"] = {{"type", "category"},
                            {"title", {{"text", "horizon, trading days"}}},
                            {"showgrid", false},
                            {"zeroline", false}};
  figure.layout["yaxis"] = {
      {"title", {{"text", "rank IC"}}}, {"zeroline", true}, {"rangemode", "tozero"}};
  return figure;
}

}  // namespace

std::string formulas_section(const RunData& run, const Analysis& analysis) {
  std::vector<const SearchData*> searches;
  for (const Scheme& scheme : analysis.schemes)
    for (const SearchData& search : run.searches)
      if (search.arm == scheme.name && search.kind == "formula" && !search.members.empty())
        searches.push_back(&search);
  if (searches.empty()) return {};
  const std::size_t most = std::clamp(kMostFormulas / searches.size(), kFewestOfPool, kMostOfPool);
  std::string options, data;
  for (std::size_t i = 0; i < searches.size(); ++i) {
    const SearchData& search = *searches[i];
    options += fmt::format("<option value=\"{}\">{}, seed {}, fold {}</option>", i,
                           escape_html(search.arm), search.seed, search.fold);
    data += fmt::format("<script type=\"application/json\" id=\"formulas-{}\">{}</script>\n", i,
                        script_json(search_json(search, most)));
  }
  return fmt::format(
             R"html(<p>One factor of a pool at a time, best fitness first{}. All numbers are of the factor with its sign. What a run did not store is left out.</p>
<div class="choices"><label class="choice">Pool of <select id="formula-pool">{}</select></label><label class="choice">Factor <select id="formula-member"></select></label></div>
<div id="formula-about"></div>
<div id="formula-tree" class="drawing-box"></div>
<div id="formula-scores" class="scroll"></div>
)html",
             most < kMostOfPool ? fmt::format(" (the best {} of each)", most) : std::string(),
             options) +
         side_by_side(years_figure(), decay_figure(run)) +
         R"html(<div class="pair"><div id="formula-known"></div><div id="formula-styles"></div></div>
<div id="formula-lineage"></div>
)html" + data;
}

}  // namespace evofactor::report
