#include "baselines/gp/score.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "fitness/kernels/day.hpp"

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

std::vector<double> used_rank_ics(std::span<const fitness::DayScore> days) {
  std::vector<double> rank_ics;
  for (const fitness::DayScore& day : days)
    if (day.used) rank_ics.push_back(day.rank_ic);
  return rank_ics;
}

Failure degenerate(std::string message) {
  return {FailureKind::kDegenerate, "score", std::move(message)};
}

/// Resemblance to a rival is looked for on every kSampleStep-th day first, which may be off by
/// kSampleMargin, then on all days, which the step is not off by more than kStepMargin.
constexpr int kSampleStep = 8;
constexpr double kSampleMargin = 0.08;
constexpr double kStepMargin = 0.01;

/// A factor's stand-in for ranks on every `apart`-th day, against the ranks of rivals.
class Steps {
 public:
  Steps(const fitness::RankIcScorer& scorer, const FactorView& values, DayRange days,
        std::size_t width, int apart)
      : width_(width) {
    for (int row = apart / 2; row < days.size(); row += apart)
      rows_.push_back(static_cast<std::size_t>(row));
    steps_.resize(rows_.size() * width);
    for (std::size_t k = 0; k < rows_.size(); ++k)
      scorer.step(values, days.first + static_cast<int>(rows_[k]),
                  std::span(steps_).subspan(k * width, width));
  }
  [[nodiscard]] double correlation(const evolve::UnitRows& rival) const {
    double sum = 0;
    for (std::size_t k = 0; k < rows_.size(); ++k)
      sum += fitness::kernels::dot(steps_.data() + k * width_,
                                   rival.values.data() + rows_[k] * width_, width_);
    return std::abs(sum) / static_cast<double>(rows_.size());
  }

 private:
  std::size_t width_;
  std::vector<std::size_t> rows_;
  std::vector<float> steps_;
};

/// Whether the factor correlates so much with a rival of higher fitness that the pool will not have
/// it.
bool resembles_better(const Screen& screen, double fitness, const FactorView& values,
                      const FormulaFold& fold) {
  const evolve::Hurdle& hurdle = *screen.hurdle;
  std::vector<const evolve::UnitRows*> better;
  for (const auto& rival : hurdle.rivals)
    if (rival.fitness > fitness) better.push_back(rival.values);
  if (better.empty()) return false;
  const std::size_t width = better.front()->stride;
  const Steps some(*fold.scorer, values, screen.days, width, kSampleStep);
  std::erase_if(better, [&](const evolve::UnitRows* rival) {
    return some.correlation(*rival) < hurdle.max_correlation - kSampleMargin;
  });
  if (better.empty()) return false;
  const Steps all(*fold.scorer, values, screen.days, width, 1);
  return std::ranges::any_of(better, [&](const evolve::UnitRows* rival) {
    return all.correlation(*rival) > hurdle.max_correlation + kStepMargin;
  });
}

/// Whether a factor of at most this fitness can become an elite or a member of the pool.
bool may_take(const Screen& screen, double fitness, const FactorView& values,
              const FormulaFold& fold) {
  if (fitness >= screen.hurdle->elite) return true;
  return fitness >= screen.hurdle->pool && !resembles_better(screen, fitness, values, fold);
}

Outcome outcome_of(const formula::Program& program, const std::vector<fitness::DayScore>& train,
                   const std::vector<fitness::DayScore>& validate, const FormulaFold& fold) {
  const bool both = fold.days == FitnessDays::kTrainAndValidate;
  std::vector<fitness::DayScore> days = both ? train : std::vector<fitness::DayScore>{};
  days.insert(days.end(), validate.begin(), validate.end());
  if (auto why = fitness::degeneracy(days, fold.scorer->settings()))
    return degenerate(*std::move(why));
  const std::vector<double> rank_ic = used_rank_ics(days);
  const std::vector<double> train_rank_ic = used_rank_ics(train);
  const std::vector<double> validate_rank_ic = used_rank_ics(validate);
  if (validate_rank_ic.empty() || (both && train_rank_ic.empty()))
    return degenerate("constant, or too few stocks, on every day of a part");

  double mean = mean_of(rank_ic);
  const int sign = mean < 0 ? -1 : 1;
  mean *= sign;
  const double std = std_of(rank_ic);
  Evaluation evaluation;
  evaluation.sign = sign;
  evaluation.fitness = both ? mean - fold.penalty * spread_of_sub_periods(rank_ic) : mean;
  evaluation.metrics = {
      {"train_rank_ic", sign * mean_of(train_rank_ic)},
      {"validate_rank_ic", sign * mean_of(validate_rank_ic)},
      {"icir", std > 0 ? mean / std : std::numeric_limits<double>::quiet_NaN()},
      {"coverage", fitness::coverage(days)},
      {"nodes", static_cast<double>(program.tokens.size())},
      {"look_back", static_cast<double>(formula::look_back(program))},
  };
  const std::vector<double> periods = sub_period_means(rank_ic);
  for (std::size_t p = 0; p < periods.size(); ++p)
    evaluation.metrics.emplace_back(fmt::format("period_{}", p + 1), sign * periods[p]);
  return evaluation;
}

}  // namespace

std::vector<double> sub_period_means(std::span<const double> values) {
  const std::size_t blocks = std::min<std::size_t>(kSubPeriods, values.size());
  std::vector<double> means;
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::size_t first = b * values.size() / blocks;
    const std::size_t last = (b + 1) * values.size() / blocks;
    means.push_back(mean_of(values.subspan(first, last - first)));
  }
  return means;
}

double spread_of_sub_periods(std::span<const double> values) {
  return std_of(sub_period_means(values));
}

Outcome score_formula(const formula::Program& program, const FactorView& values,
                      const FormulaFold& fold, const std::optional<Screen>& screen) {
  const fitness::RankIcScorer& scorer = *fold.scorer;
  const Split& split = fold.split;
  const auto exact = [&] {
    return outcome_of(program, scorer.rank_ics(values, split.train.days),
                      scorer.rank_ics(values, split.validate.days), fold);
  };
  if (!screen) return exact();
  Outcome outcome = outcome_of(program, scorer.screen(values, split.train.days),
                               scorer.screen(values, split.validate.days), fold);
  auto* screened = std::get_if<Evaluation>(&outcome);
  if (screened == nullptr) return outcome;
  if (may_take(*screen, screened->fitness + screen->margin, values, fold)) return exact();
  if (formula::content_hash(program).value % kCheckOneIn == 0) {
    Outcome checked = exact();
    if (auto* evaluation = std::get_if<Evaluation>(&checked))
      evaluation->scoring = Scoring::kChecked;
    return checked;
  }
  screened->scoring = Scoring::kScreened;
  std::erase_if(screened->metrics, [](const auto& metric) {
    return metric.first == "train_rank_ic" || metric.first == "validate_rank_ic" ||
           metric.first == "icir";
  });
  return outcome;
}

}  // namespace evofactor::gp
