#include "baselines/gp/score.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace evofactor::gp {
namespace {

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

/// Rank ICs of a part's used days, and what it covers.
struct PartScore {
  std::vector<double> rank_ic;
  std::int64_t stocks = 0, mask_stocks = 0;
};

PartScore score_part(const FactorValues& values, const FormulaFold& fold, const SplitPart& part) {
  PartScore score;
  for (const fitness::DayScore& day : fold.scorer->daily(values, part.days)) {
    score.stocks += day.stocks;
    score.mask_stocks += day.mask_stocks;
    if (day.used) score.rank_ic.push_back(day.rank_ic);
  }
  return score;
}

Failure degenerate(std::string message) {
  return {FailureKind::kDegenerate, "score", std::move(message)};
}

}  // namespace

double spread_of_sub_periods(std::span<const double> values) {
  const std::size_t blocks = std::min<std::size_t>(kSubPeriods, values.size());
  std::vector<double> means;
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::size_t first = b * values.size() / blocks;
    const std::size_t last = (b + 1) * values.size() / blocks;
    means.push_back(mean_of(values.subspan(first, last - first)));
  }
  return std_of(means);
}

Outcome score_formula(const formula::Program& program, const FactorValues& values,
                      const FormulaFold& fold) {
  const PartScore train = score_part(values, fold, fold.split.train);
  const PartScore validate = score_part(values, fold, fold.split.validate);
  const bool both = fold.days == FitnessDays::kTrainAndValidate;

  const std::int64_t stocks = validate.stocks + (both ? train.stocks : 0);
  const std::int64_t mask_stocks = validate.mask_stocks + (both ? train.mask_stocks : 0);
  const double coverage =
      mask_stocks > 0 ? static_cast<double>(stocks) / static_cast<double>(mask_stocks) : 0;
  if (!(coverage >= fold.scorer->settings().min_coverage))
    return degenerate(fmt::format("values for {:.1f} % of the scored stock-days, {:.1f} % needed",
                                  100 * coverage, 100 * fold.scorer->settings().min_coverage));
  std::vector<double> rank_ic = both ? train.rank_ic : std::vector<double>{};
  rank_ic.insert(rank_ic.end(), validate.rank_ic.begin(), validate.rank_ic.end());
  if (validate.rank_ic.empty() || (both && train.rank_ic.empty()))
    return degenerate("constant, or too few stocks, on every day of a part");

  double mean = mean_of(rank_ic);
  const int sign = mean < 0 ? -1 : 1;
  mean *= sign;
  const double std = std_of(rank_ic);
  Evaluation evaluation;
  evaluation.sign = sign;
  evaluation.fitness = both ? mean - fold.penalty * spread_of_sub_periods(rank_ic) : mean;
  evaluation.metrics = {
      {"train_rank_ic", sign * mean_of(train.rank_ic)},
      {"validate_rank_ic", sign * mean_of(validate.rank_ic)},
      {"icir", std > 0 ? mean / std : std::numeric_limits<double>::quiet_NaN()},
      {"coverage", coverage},
      {"nodes", static_cast<double>(program.tokens.size())},
      {"look_back", static_cast<double>(formula::look_back(program))},
  };
  return evaluation;
}

}  // namespace evofactor::gp
