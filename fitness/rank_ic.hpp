#pragma once
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "data/market.hpp"
#include "engine/core/grid.hpp"

namespace evofactor::fitness {

struct ScoreSettings {
  int min_stocks = 30;  ///< days with fewer scored stocks are skipped
  double min_coverage =
      0.8;  ///< finite / mask over all days, below which a candidate is degenerate
};

/// One day's agreement of a factor with the forward return.
struct DayScore {
  int day = 0;          ///< index into the market's calendar
  int stocks = 0;       ///< scored: in the mask, with a finite value
  int mask_stocks = 0;  ///< in the mask
  bool used = false;    ///< false: too few stocks or constant factor; rank_ic and ic are NaN
  double rank_ic = 0;   ///< Spearman, average ranks for ties
  double ic = 0;        ///< Pearson
};

/// Over days: mean, std (n-1), icir = mean / std, t with Newey-West standard error (lag horizon -
/// 1), share of days > 0.
struct IcSummary {
  double mean = 0, std = 0, icir = 0, t = 0, positive = 0;
};
struct ScoreSummary {
  IcSummary rank_ic, ic;
  int days = 0;  ///< used
  int skipped_days = 0;
  double coverage = 0;     ///< finite / mask, over all days
  double mean_stocks = 0;  ///< over used days
  double turnover = 0;     ///< 1 - mean rank correlation of consecutive days' values over stocks
                           ///< masked on both; NaN if not computed
};

/// Scores factors against one set of labels. The ranks of the labels are made once here and shared
/// by every factor. Read-only after construction; score from any number of threads.
class RankIcScorer {
 public:
  /// `labels` must outlive the scorer.
  RankIcScorer(const Labels& labels, int horizon, ScoreSettings settings = {});

  /// One row per day of `days` that `factor` covers. Deterministic: double accumulation in stock
  /// order.
  [[nodiscard]] std::vector<DayScore> daily(const FactorValues& factor, DayRange days) const;
  [[nodiscard]] ScoreSummary summarise(std::span<const DayScore> daily) const;
  /// daily, summarised, with turnover.
  [[nodiscard]] ScoreSummary score(const FactorValues& factor, DayRange days) const;
  [[nodiscard]] const Labels& labels() const { return labels_; }
  [[nodiscard]] const ScoreSettings& settings() const { return settings_; }

 private:
  /// What every factor's score on one day shares. Ranks are doubled and centred, 2 r - (n + 1):
  /// whole numbers, so their sums are exact.
  struct LabelDay {
    std::vector<std::int32_t> stocks;  ///< in the mask, ascending
    std::vector<float> returns;        ///< of `stocks`
    std::vector<std::int32_t> order;   ///< positions in `stocks`, by ascending return
    std::vector<double> ranks;         ///< of `stocks`
    double rank_squares = 0;           ///< sum of squares of ranks
    double mean_return = 0;
    double return_squares = 0;  ///< sum of squared deviations of the returns
  };
  struct Scratch;
  [[nodiscard]] DayScore score_day(std::span<const float> factor, int day, Scratch& scratch) const;
  template <class AfterDay>
  std::vector<DayScore> walk(const FactorValues& factor, DayRange days, AfterDay after_day) const;

  const Labels& labels_;
  int horizon_;
  ScoreSettings settings_;
  std::vector<LabelDay> days_;  ///< [D]
};

/// Mean rank IC over the used days of all `ranges` together; NaN if there is none.
[[nodiscard]] double mean_rank_ic(const RankIcScorer& scorer, const FactorValues& factor,
                                  std::initializer_list<DayRange> ranges);

/// Mean, spread and t of a daily series in day order; NaN where fewer than two values leave it
/// undefined.
/// @param lag of the Newey-West standard error of the mean: Bartlett weights 1 - l / (lag + 1),
/// autocovariances divided by n, no small-sample factor; consecutive values are taken as one step
/// apart
[[nodiscard]] IcSummary summarise_series(std::span<const double> values, int lag);

}  // namespace evofactor::fitness
