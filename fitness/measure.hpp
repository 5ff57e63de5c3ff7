#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "data/market.hpp"
#include "fitness/rank_ic.hpp"

namespace evofactor {
class FieldVisitor;
}

namespace evofactor::fitness {

/// What a candidate is scored by, from the daily rank ICs of its fitness days:
/// - kRankIc: their mean, less the spread penalty;
/// - kIcir: their mean over their standard deviation (n-1);
/// - kWorstPeriod: the lowest mean of the sub-periods;
/// - kNeutralRankIc: as kRankIc, against labels out of which styles were regressed
///   (neutral_labels).
enum class Measure { kRankIc, kIcir, kWorstPeriod, kNeutralRankIc };

struct MeasureSettings {
  Measure measure = Measure::kRankIc;
  int periods = 5;              ///< sub-periods: consecutive blocks of used days
  double spread_penalty = 0.5;  ///< times the standard deviation (n-1) over sub-periods
  double turnover_penalty = 0;  ///< times 1 minus the mean day-to-day rank correlation
  double size_penalty = 0;      ///< times the number of nodes
};
/// Keys of the experiment file's "fitness".
void describe(FieldVisitor& v, MeasureSettings& settings);

/// Rank ICs of the used days.
[[nodiscard]] std::vector<double> used_rank_ics(std::span<const DayScore> days);
/// Means of `values` over `periods` consecutive blocks, whose sizes differ by at most one; as many
/// blocks as values if those are fewer.
[[nodiscard]] std::vector<double> sub_period_means(std::span<const double> values, int periods);
/// Mean; NaN of none.
[[nodiscard]] double mean_of(std::span<const double> values);
/// Standard deviation (n-1); 0 of fewer than two.
[[nodiscard]] double std_of(std::span<const double> values);

/// The measure of a factor whose mean rank IC is not negative, before the penalties of turnover and
/// size. @param rank_ics of the used days, in order
[[nodiscard]] double measured(std::span<const double> rank_ics, const MeasureSettings& settings);

/// Labels of `days` as what is left of their centred ranks once known styles (StyleNeutraliser,
/// without industries, which may be of a later date) are regressed out; other days are in no mask.
/// A factor made of styles alone has no rank IC against them.
[[nodiscard]] Labels neutral_labels(const Market& market, const Labels& labels, DayRange days);

}  // namespace evofactor::fitness
