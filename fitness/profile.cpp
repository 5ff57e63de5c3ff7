#include "fitness/profile.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/core/error.hpp"
#include "fitness/json.hpp"

namespace evofactor::fitness {
namespace {

int year_of(Date date) { return date / 10000; }

}  // namespace

std::vector<YearScore> by_year(const RankIcScorer& scorer, const FactorView& factor,
                               const Split& split, const Calendar& calendar) {
  std::vector<YearScore> years;
  const auto add = [&](std::string_view part, DayRange days) {
    for (const DayScore& day : scorer.rank_ics(factor, days)) {
      if (!day.used) continue;
      const int year = year_of(calendar[day.day]);
      if (years.empty() || years.back().year != year || years.back().part != part)
        years.push_back({.year = year, .part = part});
      ++years.back().days;
      years.back().rank_ic += day.rank_ic;
    }
  };
  add("train", split.train.days);
  add("validate", split.validate.days);
  add("test", split.test.part.days);
  for (YearScore& year : years) year.rank_ic /= year.days;
  return years;
}

std::vector<int> decay_horizons(int own) {
  std::vector<int> horizons{1, 2, 3, 5, 10, 20, 40, 60, own};
  std::ranges::sort(horizons);
  horizons.erase(std::unique(horizons.begin(), horizons.end()), horizons.end());
  return horizons;
}

Decay::Decay(const Split& split, const LabelSettings& label, std::vector<Labels> labels,
             const ScoreSettings& settings) {
  const std::vector<int> horizons = decay_horizons(label.horizon);
  EVOFACTOR_CHECK(labels.size() == horizons.size(), "{} labels of {} horizons", labels.size(),
                  horizons.size());
  for (std::size_t i = 0; i < horizons.size(); ++i) {
    auto made = std::make_unique<Horizon>();
    made->days = horizons[i];
    made->labels = std::move(labels[i]);
    made->scorer = std::make_unique<RankIcScorer>(made->labels, horizons[i], settings);
    const int last =
        split.validate.whole.last - label_reach({.kind = label.kind, .horizon = horizons[i]});
    for (const DayRange part : {split.train.days, split.validate.days})
      made->parts.push_back({part.first, std::max(part.first, std::min(part.last, last))});
    horizons_.push_back(std::move(made));
  }
}

std::vector<Decay::Point> Decay::operator()(const FactorView& factor) const {
  std::vector<Point> points;
  for (const auto& horizon : horizons_) {
    Point point{.horizon = horizon->days};
    for (const DayRange part : horizon->parts)
      for (const DayScore& day : horizon->scorer->rank_ics(factor, part)) {
        if (!day.used) continue;
        ++point.days;
        point.rank_ic += day.rank_ic;
      }
    point.rank_ic =
        point.days > 0 ? point.rank_ic / point.days : std::numeric_limits<double>::quiet_NaN();
    points.push_back(point);
  }
  return points;
}

Json to_json(const std::vector<YearScore>& years) {
  Json json = Json::array();
  for (const YearScore& year : years)
    json.push_back({{"year", year.year},
                    {"part", year.part},
                    {"days", year.days},
                    {"rank_ic", number_or_null(year.rank_ic)}});
  return json;
}

Json to_json(const std::vector<Decay::Point>& points) {
  Json json = Json::array();
  for (const Decay::Point& point : points)
    json.push_back({{"horizon", point.horizon},
                    {"days", point.days},
                    {"rank_ic", number_or_null(point.rank_ic)}});
  return json;
}

Json to_json(const std::vector<KnownFactors::Likeness>& likeness) {
  Json json = Json::array();
  for (const KnownFactors::Likeness& one : likeness)
    json.push_back({{"name", one.name}, {"correlation", number_or_null(one.correlation)}});
  return json;
}

}  // namespace evofactor::fitness
