#include "fitness/measure.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "engine/core/settings.hpp"
#include "fitness/neutralise.hpp"
#include "fitness/ranks.hpp"

namespace evofactor::fitness {
namespace {

constexpr std::array<std::pair<std::string_view, Measure>, 4> kMeasures{
    {{"rank_ic", Measure::kRankIc},
     {"icir", Measure::kIcir},
     {"worst_period", Measure::kWorstPeriod},
     {"neutral_rank_ic", Measure::kNeutralRankIc}}};

}  // namespace

void describe(FieldVisitor& v, MeasureSettings& s) {
  v.choice("measure", s.measure, kMeasures,
           "What is maximised: mean rank IC; its mean over its standard deviation; its lowest mean "
           "over sub-periods; or rank IC against labels free of known styles.");
  v.field("periods", s.periods, {2, 100}, "Sub-periods: blocks of days whose means are compared.");
  v.field("spread_penalty", s.spread_penalty, {0, 100},
          "Times the standard deviation over sub-periods, off rank_ic and neutral_rank_ic on "
          "training and validation days.");
  v.field("turnover_penalty", s.turnover_penalty, {0, 100},
          "Times 1 minus the day-to-day rank correlation of a formula's values, off its fitness.");
  v.field("size_penalty", s.size_penalty, {0, 1},
          "Times the number of a formula's nodes, off its fitness.");
}

std::vector<double> used_rank_ics(std::span<const DayScore> days) {
  std::vector<double> rank_ics;
  for (const DayScore& day : days)
    if (day.used) rank_ics.push_back(day.rank_ic);
  return rank_ics;
}

double mean_of(std::span<const double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double std_of(std::span<const double> values) {
  if (values.size() < 2) return 0;
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

std::vector<double> sub_period_means(std::span<const double> values, int periods) {
  const std::size_t blocks = std::min(static_cast<std::size_t>(periods), values.size());
  std::vector<double> means;
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::size_t first = b * values.size() / blocks;
    const std::size_t last = (b + 1) * values.size() / blocks;
    means.push_back(mean_of(values.subspan(first, last - first)));
  }
  return means;
}

double measured(std::span<const double> rank_ics, const MeasureSettings& settings) {
  switch (settings.measure) {
    case Measure::kIcir: {
      const double std = std_of(rank_ics);
      return std > 0 ? mean_of(rank_ics) / std : std::numeric_limits<double>::quiet_NaN();
    }
    case Measure::kWorstPeriod: {
      const std::vector<double> means = sub_period_means(rank_ics, settings.periods);
      return means.empty() ? std::numeric_limits<double>::quiet_NaN() : std::ranges::min(means);
    }
    case Measure::kRankIc:
    case Measure::kNeutralRankIc:
      break;
  }
  const double spread = std_of(sub_period_means(rank_ics, settings.periods));
  return mean_of(rank_ics) - settings.spread_penalty * spread;
}

Labels neutral_labels(const Market& market, const Labels& labels, DayRange days) {
  const FactorView returns({0, static_cast<int>(labels.mask.rows())}, labels.forward_return.data(),
                           labels.forward_return.stride(), labels.forward_return.columns());
  const Grid<float> ranks = centred_ranks(returns, labels.mask, days, 1);
  FactorValues signal{days, Grid<float>(ranks.rows(), ranks.columns())};
  constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t r = 0; r < ranks.rows(); ++r) {
    const auto day = static_cast<std::size_t>(days.first) + r;
    for (std::size_t c = 0; c < ranks.columns(); ++c)
      signal.values(r, c) = labels.mask(day, c) != 0 ? ranks(r, c) : kMissing;
  }
  const FactorValues rest = StyleNeutraliser(market, labels, days, false)(signal);
  Labels result;
  result.forward_return = Grid<float>(labels.mask.rows(), labels.mask.columns());
  result.mask = Grid<std::uint8_t>(labels.mask.rows(), labels.mask.columns());
  for (std::size_t d = 0; d < labels.mask.rows(); ++d) {
    const bool inside = static_cast<int>(d) >= days.first && static_cast<int>(d) < days.last;
    for (std::size_t c = 0; c < labels.mask.columns(); ++c) {
      const float value =
          inside ? rest.values(d - static_cast<std::size_t>(days.first), c) : kMissing;
      const bool scored = inside && labels.mask(d, c) != 0 && std::isfinite(value);
      result.forward_return(d, c) = scored ? value : kMissing;
      result.mask(d, c) = scored ? 1 : 0;
    }
  }
  return result;
}

}  // namespace evofactor::fitness
