#include "data/import_checks.hpp"

#include <fmt/format.h>

#include <cmath>

#include "data/import_issues.hpp"

namespace evofactor {
namespace {

/// Rounding that published average prices and f32 cells carry.
constexpr float kPriceSlack = 1e-3F;
constexpr float kLimitSlack = 1e-3F;
constexpr float kFactorSlack = 1e-4F;
/// Share of rows from which a suspected error is no accident but a wrong unit or meaning.
constexpr double kSystematic = 0.5;

class Suspects {
 public:
  Suspects(const Panel& panel, ImportReport& report) : panel_(panel), report_(report) {}

  void scan() {
    const auto& open = panel_.field("open");
    const auto& high = panel_.field("high");
    const auto& low = panel_.field("low");
    const auto& close = panel_.field("close");
    const auto& volume = panel_.field("volume");
    const Grid<float>* vwap = panel_.has("vwap") ? &panel_.field("vwap") : nullptr;
    const Grid<float>* factor = panel_.has("adj_factor") ? &panel_.field("adj_factor") : nullptr;
    std::vector<float> last_factor(close.columns(), 0);
    for (std::size_t d = 0; d < close.rows(); ++d)
      for (std::size_t s = 0; s < close.columns(); ++s) {
        const float top = high(d, s) * (1 + kPriceSlack), bottom = low(d, s) * (1 - kPriceSlack);
        const auto outside = [&](float price) { return price > top || price < bottom; };
        const bool row = !std::isnan(close(d, s));
        if (row) ++report_.rows;
        if (!row && !(std::isnan(open(d, s)) && std::isnan(volume(d, s)))) note("no_close", d, s);
        if (outside(open(d, s)) || outside(close(d, s)))
          note("open_or_close_outside_high_low", d, s);
        if (vwap != nullptr && outside((*vwap)(d, s))) note("vwap_outside_high_low", d, s);
        if (row && volume(d, s) == 0) note("no_volume", d, s);
        if (close(d, s) > panel_.limit_up(d, s) * (1 + kLimitSlack) ||
            close(d, s) < panel_.limit_down(d, s) * (1 - kLimitSlack))
          note("close_beyond_limit", d, s);
        if (factor == nullptr || std::isnan((*factor)(d, s))) continue;
        if ((*factor)(d, s) < last_factor[s] * (1 - kFactorSlack)) note("adj_factor_falls", d, s);
        last_factor[s] = (*factor)(d, s);
      }
  }

 private:
  void note(const char* kind, std::size_t day, std::size_t stock) {
    Finding& finding = report_.suspected[kind];
    ++finding.count;
    if (finding.examples.size() < Issues::kExamples)
      finding.examples.push_back(fmt::format("{} {}", panel_.stocks[stock],
                                             to_string(panel_.calendar[static_cast<int>(day)])));
  }
  const Panel& panel_;
  ImportReport& report_;
};

MemberGaps gaps_of(const Panel& panel, const Grid<std::uint8_t>& members) {
  MemberGaps gaps;
  int days = 0;
  const auto& close = panel.field("close");
  for (std::size_t d = 0; d < members.rows(); ++d) {
    std::int64_t n = 0;
    for (std::size_t s = 0; s < members.columns(); ++s) {
      if (members(d, s) == 0) continue;
      ++n;
      if (std::isnan(close(d, s))) ++gaps.without_row;
    }
    gaps.member_days += n;
    if (n > 0) ++days;
  }
  if (days > 0) gaps.mean_members = static_cast<double>(gaps.member_days) / days;
  return gaps;
}

void warn_of_the_systematic(const Panel& panel, ImportReport& report) {
  const auto share = [&](const char* kind) {
    const auto found = report.suspected.find(kind);
    if (found == report.suspected.end() || report.rows == 0) return 0.0;
    return static_cast<double>(found->second.count) / static_cast<double>(report.rows);
  };
  if (share("vwap_outside_high_low") > kSystematic)
    report.warnings.emplace_back(
        "vwap lies outside [low, high] on most rows: volume or amount may be in another unit "
        "(--volume-unit lots, --amount-unit thousand_cny), or prices are adjusted and amounts not");
  if (share("no_volume") > 0)
    report.warnings.push_back(fmt::format(
        "{} rows have no volume: if the source fills suspended days in, leave such rows "
        "out, or the stock counts as traded then",
        report.suspected["no_volume"].count));
  std::size_t bare = 0;
  for (const auto& stock : panel.stocks)
    if (!stock.ends_with(".SH") && !stock.ends_with(".SZ") && !stock.ends_with(".BJ")) ++bare;
  if (bare > 0)
    report.warnings.push_back(
        fmt::format("{} of {} codes name no exchange (.SH, .SZ, .BJ): they have no price limits",
                    bare, panel.stocks.size()));
}

Json to_json(const Finding& finding) {
  return Json{{"count", finding.count}, {"examples", finding.examples}};
}

}  // namespace

void describe_panel(const Panel& panel, ImportReport& report) {
  report.days = panel.n_days();
  report.stocks = panel.n_stocks();
  report.rows = 0;
  report.first = panel.calendar[0];
  report.last = panel.calendar[panel.n_days() - 1];
  for (const auto& [name, values] : panel.fields) report.fields.push_back(name);
  for (const auto& [name, members] : panel.universes) report.gaps[name] = gaps_of(panel, members);
  Suspects(panel, report).scan();
  warn_of_the_systematic(panel, report);
}

Json ImportReport::to_json() const {
  Json json{
      {"days", days},          {"stocks", stocks}, {"rows", rows},  {"from", to_string(first)},
      {"to", to_string(last)}, {"fields", fields}, {"files", files}};
  auto& universes = json["universes"] = Json::object();
  for (const auto& [name, universe] : gaps)
    universes[name] = {{"mean_members", universe.mean_members},
                       {"member_days", universe.member_days},
                       {"member_days_without_row", universe.without_row}};
  auto& odd = json["suspected"] = Json::object();
  for (const auto& [kind, finding] : suspected) odd[kind] = evofactor::to_json(finding);
  auto& lenient = json["made_missing"] = Json::object();
  for (const auto& [kind, finding] : made_missing) lenient[kind] = evofactor::to_json(finding);
  json["warnings"] = warnings;
  return json;
}

}  // namespace evofactor
