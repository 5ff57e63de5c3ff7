#pragma once
#include "baselines/gp/formula_genome.hpp"
#include "baselines/gp/gp_settings.hpp"
#include "data/market.hpp"
#include "engine/evolve/problem.hpp"
#include "fitness/rank_ic.hpp"

namespace evofactor::gp {

/// Days whose rank IC is a formula's fitness.
enum class FitnessDays { kValidate, kTrainAndValidate };

/// The data of one fold. What is pointed to must outlive the problem; test days are never looked
/// at.
struct FormulaFold {
  const Market* market = nullptr;
  const fitness::RankIcScorer* scorer = nullptr;
  Split split;  ///< on the market's calendar
  FitnessDays days = FitnessDays::kTrainAndValidate;
  double penalty = 0.5;  ///< of the standard deviation over sub-periods; kTrainAndValidate only
};

/// The search for formulas on one fold.
///
/// Fitness, after the sign was chosen so that the mean is positive: kTrainAndValidate: mean daily
/// rank IC over the training and validation days that are used, minus `penalty` times the standard
/// deviation (n-1) of its means over five sub-periods (consecutive blocks of used days, equal but
/// for one day); kValidate: mean over the validation days. Metrics: train_rank_ic,
/// validate_rank_ic, icir (over the fitness days), coverage, nodes, look_back, and the sub-periods'
/// means period_1 to period_5. Coverage below the scorer's bar, or no usable day in a part, is a
/// degenerate Failure of stage "score". Pool values cover training to validation days.
/// @throws ConfigError if the market lacks a field, an initial formula does not fit, or the
/// settings allow no formula
[[nodiscard]] evolve::Problem<FormulaGenome> make_formula_problem(const GpSettings& settings,
                                                                  const FormulaFold& fold);

}  // namespace evofactor::gp
