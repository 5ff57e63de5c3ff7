#pragma once
#include "baselines/gp/formula_genome.hpp"
#include "baselines/gp/gp_settings.hpp"
#include "data/market.hpp"
#include "engine/evolve/objective_metrics.hpp"
#include "engine/evolve/problem.hpp"
#include "fitness/measure.hpp"
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
  fitness::MeasureSettings measure;  ///< the spread penalty applies to kTrainAndValidate only
  /// Of the pool before the candidate's generation, and from the screen's stand-in for ranks;
  /// novelty on every eighth day, turnover also if it is penalised.
  evolve::ObjectiveMetrics metrics;
};

/// The search for formulas on one fold.
///
/// Fitness, after the sign was chosen so that the mean is positive: the measure
/// (fitness/measure.hpp) of the daily rank ICs of the training and validation days, or of the
/// validation days, that are used, less the penalties. Metrics: train_rank_ic, validate_rank_ic,
/// icir (over the fitness days), coverage, nodes, look_back, and the sub-periods' means period_1,
/// period_2, ... Coverage below the scorer's bar, or no usable day in a part, is a degenerate
/// Failure of stage "score". Pool values cover training to validation days.
/// @throws ConfigError if the market lacks a field, an initial formula does not fit, or the
/// settings allow no formula
[[nodiscard]] evolve::Problem<FormulaGenome> make_formula_problem(const GpSettings& settings,
                                                                  const FormulaFold& fold);

}  // namespace evofactor::gp
