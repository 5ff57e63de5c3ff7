#include "baselines/gp/score.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "fitness/kernels/day.hpp"

namespace evofactor::gp {
namespace {

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
  /// Mean over the rows.
  [[nodiscard]] double correlation(const evolve::UnitRows& rival) const {
    double sum = 0;
    for (std::size_t k = 0; k < rows_.size(); ++k)
      sum += fitness::kernels::dot(steps_.data() + k * width_,
                                   rival.values.data() + rows_[k] * width_, width_);
    return sum / static_cast<double>(rows_.size());
  }
  /// Mean correlation of each row with the next, over those that hold anything.
  [[nodiscard]] double mean_of_neighbours() const {
    double sum = 0;
    int pairs = 0;
    for (std::size_t k = 1; k < rows_.size(); ++k) {
      const float* a = steps_.data() + (k - 1) * width_;
      const float* b = a + width_;
      if (fitness::kernels::dot(a, a, width_) == 0 || fitness::kernels::dot(b, b, width_) == 0)
        continue;
      sum += fitness::kernels::dot(a, b, width_);
      ++pairs;
    }
    return pairs == 0 ? 0 : sum / pairs;
  }

 private:
  std::size_t width_;
  std::vector<std::size_t> rows_;
  std::vector<float> steps_;
};

/// The factor's values on the days of a rival's, as the screen stands in for their ranks.
class Resemblance {
 public:
  Resemblance(const Stakes& stakes, const FactorView& values, const FormulaFold& fold)
      : stakes_(stakes), values_(values), fold_(fold) {}

  /// Whether the factor correlates so much with a rival of higher fitness that the pool will not
  /// have it.
  [[nodiscard]] bool to_better(double fitness) {
    const evolve::Hurdle& hurdle = *stakes_.hurdle;
    std::vector<const evolve::UnitRows*> better;
    for (const auto& rival : hurdle.rivals)
      if (rival.fitness > fitness) better.push_back(rival.values);
    std::erase_if(better, [&](const evolve::UnitRows* rival) {
      return std::abs(some_days().correlation(*rival)) < hurdle.max_correlation - kSampleMargin;
    });
    return std::ranges::any_of(better, [&](const evolve::UnitRows* rival) {
      return std::abs(all_days().correlation(*rival)) > hurdle.max_correlation + kStepMargin;
    });
  }

  /// What the factor adds to the pool's combination: its fitness beyond their correlation.
  [[nodiscard]] double contribution(double fitness, int sign) {
    return evolve::contribution(*stakes_.hurdle, fitness, [&](const evolve::UnitRows& other) {
      return sign * all_days().correlation(other);
    });
  }

  [[nodiscard]] double novelty() {
    return evolve::novelty(*stakes_.hurdle, [&](const evolve::UnitRows& other) {
      return some_days().correlation(other);
    });
  }

  [[nodiscard]] double turnover() { return 1 - all_days().mean_of_neighbours(); }

 private:
  const Steps& some_days() {
    if (!some_) some_.emplace(*fold_.scorer, values_, stakes_.days, width(), kSampleStep);
    return *some_;
  }
  const Steps& all_days() {
    if (!all_) all_.emplace(*fold_.scorer, values_, stakes_.days, width(), 1);
    return *all_;
  }
  [[nodiscard]] std::size_t width() const {
    return evolve::unit_row_stride(fold_.scorer->labels().mask.columns());
  }

  const Stakes& stakes_;
  const FactorView& values_;
  const FormulaFold& fold_;
  std::optional<Steps> some_, all_;
};

/// Whether a factor of this sign and at most this fitness can become an elite or a member of the
/// pool.
bool may_take(const evolve::Hurdle& hurdle, double fitness, int sign, Resemblance& resemblance) {
  if (fitness >= hurdle.elite) return true;
  if (fitness < hurdle.pool) return false;
  if (!hurdle.contribution) return !resemblance.to_better(fitness);
  const double more = resemblance.contribution(fitness, sign);
  return more * more >= *hurdle.contribution;
}

struct Days {
  std::vector<fitness::DayScore> train, validate;
};

Outcome outcome_of(const formula::Program& program, const Days& days, const FormulaFold& fold) {
  const bool both = fold.days == FitnessDays::kTrainAndValidate;
  std::vector<fitness::DayScore> all = both ? days.train : std::vector<fitness::DayScore>{};
  all.insert(all.end(), days.validate.begin(), days.validate.end());
  if (auto why = fitness::degeneracy(all, fold.scorer->settings()))
    return degenerate(*std::move(why));
  std::vector<double> rank_ic = fitness::used_rank_ics(all);
  const std::vector<double> train_rank_ic = fitness::used_rank_ics(days.train);
  const std::vector<double> validate_rank_ic = fitness::used_rank_ics(days.validate);
  if (validate_rank_ic.empty() || (both && train_rank_ic.empty()))
    return degenerate("constant, or too few stocks, on every day of a part");

  const int sign = fitness::mean_of(rank_ic) < 0 ? -1 : 1;
  for (double& value : rank_ic) value *= sign;
  fitness::MeasureSettings measure = fold.measure;
  if (!both) measure.spread_penalty = 0;
  const double mean = fitness::mean_of(rank_ic);
  const double std = fitness::std_of(rank_ic);
  Evaluation evaluation;
  evaluation.sign = sign;
  evaluation.fitness = fitness::measured(rank_ic, measure) -
                       measure.size_penalty * static_cast<double>(program.tokens.size());
  evaluation.metrics = {
      {"train_rank_ic", sign * fitness::mean_of(train_rank_ic)},
      {"validate_rank_ic", sign * fitness::mean_of(validate_rank_ic)},
      {"icir", std > 0 ? mean / std : std::numeric_limits<double>::quiet_NaN()},
      {"coverage", fitness::coverage(all)},
      {"nodes", static_cast<double>(program.tokens.size())},
      {"look_back", static_cast<double>(formula::look_back(program))},
  };
  evolve::add_periods(evaluation, fitness::sub_period_means(rank_ic, measure.periods));
  return evaluation;
}

/// The metrics asked for that need more than daily rank ICs, and the penalty of turnover.
void complete(Evaluation& evaluation, const FormulaFold& fold, Resemblance& resemblance) {
  if (fold.metrics.turnover || fold.measure.turnover_penalty > 0) {
    const double turnover = resemblance.turnover();
    evaluation.fitness -= fold.measure.turnover_penalty * turnover;
    evaluation.metrics.emplace_back("turnover", turnover);
  }
  if (fold.metrics.novelty) evaluation.metrics.emplace_back("novelty", resemblance.novelty());
  if (fold.metrics.contribution)
    evaluation.metrics.emplace_back("contribution",
                                    resemblance.contribution(evaluation.fitness, evaluation.sign));
}

/// The screen's error, which is one of rank ICs, in units of the measure.
double in_units_of(const fitness::MeasureSettings& measure, double margin,
                   const Evaluation& screened) {
  if (measure.measure != fitness::Measure::kIcir) return margin;
  double mean = 0;
  int periods = 0;
  for (const auto& [name, value] : screened.metrics)
    if (name.starts_with("period_")) mean += value, ++periods;
  mean /= periods;
  return mean > 0 ? margin * screened.metric("icir") / mean : margin;
}

}  // namespace

Outcome score_formula(const formula::Program& program, const FactorView& values,
                      const FormulaFold& fold, const Stakes& stakes) {
  const fitness::RankIcScorer& scorer = *fold.scorer;
  const Split& split = fold.split;
  Resemblance resemblance(stakes, values, fold);
  const auto scored = [&](const Days& days) {
    Outcome outcome = outcome_of(program, days, fold);
    if (auto* evaluation = std::get_if<Evaluation>(&outcome))
      complete(*evaluation, fold, resemblance);
    return outcome;
  };
  const auto exact = [&] {
    return scored(
        {scorer.rank_ics(values, split.train.days), scorer.rank_ics(values, split.validate.days)});
  };
  if (!stakes.margin) return exact();
  Outcome outcome =
      scored({scorer.screen(values, split.train.days), scorer.screen(values, split.validate.days)});
  auto* screened = std::get_if<Evaluation>(&outcome);
  if (screened == nullptr) return outcome;
  const double margin = in_units_of(fold.measure, *stakes.margin, *screened);
  if (may_take(*stakes.hurdle, screened->fitness + margin, screened->sign, resemblance))
    return exact();
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
