#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/market.hpp"
#include "engine/core/grid.hpp"

namespace evofactor::fitness {

struct ScoreSettings {
  int min_stocks = 30;  ///< days with fewer scored stocks are skipped
  /// Finite / mask over all days, and share of days that are used, below which a candidate is
  /// degenerate: leaving out hard stocks or hard days cannot pay.
  double min_coverage = 0.8;
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
  [[nodiscard]] std::vector<DayScore> daily(const FactorView& factor, DayRange days) const;
  /// As daily, without ic (NaN).
  [[nodiscard]] std::vector<DayScore> rank_ics(const FactorView& factor, DayRange days) const;
  /// As daily, but rank_ic is a correlation that needs no sorting, fifteen times as fast: the
  /// values go through a smooth step instead of their ranks. `ic` is NaN. Over the days of a fold
  /// the mean is within about .002 of the exact one (docs/fitness.md). Days it cannot tell are
  /// exact.
  [[nodiscard]] std::vector<DayScore> screen(const FactorView& factor, DayRange days) const;
  /// The screen's stand-in for a day's ranks: centred and scaled to unit length, 0 where a stock is
  /// not scored; all 0 on a day that is constant but for rounding.
  /// @param out as long as a padded row of labels().mask's width
  void step(const FactorView& factor, int day, std::span<float> out) const;
  [[nodiscard]] ScoreSummary summarise(std::span<const DayScore> daily) const;
  /// daily, summarised, with turnover.
  [[nodiscard]] ScoreSummary score(const FactorView& factor, DayRange days) const;
  [[nodiscard]] const Labels& labels() const { return labels_; }
  [[nodiscard]] const ScoreSettings& settings() const { return settings_; }

 private:
  /// What every factor's score on one day shares.
  struct LabelDay {
    std::vector<std::int32_t> stocks;  ///< in the mask, ascending
    std::vector<std::int32_t> order;   ///< the same, by ascending return
    bool tied = false;                 ///< some returns are equal
    double rank_squares = 0;           ///< sum of squares of label_ranks_
  };
  struct Scratch;
  [[nodiscard]] DayScore score_day(const FactorView& factor, int day, bool with_ic,
                                   Scratch& scratch) const;
  double rank_labels_of(const float* factor, std::size_t n, std::size_t day,
                        std::span<float> ranks) const;
  [[nodiscard]] double pearson(const float* factor, std::size_t day, Scratch& scratch) const;
  template <class AfterDay>
  std::vector<DayScore> walk(const FactorView& factor, DayRange days, bool with_ic,
                             AfterDay after_day) const;
  [[nodiscard]] DayRange covered(const FactorView& factor, DayRange days) const;

  const Labels& labels_;
  int horizon_;
  ScoreSettings settings_;
  std::vector<LabelDay> days_;  ///< [D]
  /// [D, N padded] ranks of the labels, doubled and centred, 2 r - (n + 1): whole numbers, so that
  /// sums of their products are exact. NaN outside the mask.
  Grid<float> label_ranks_;
};

/// Finite / mask, over all days; NaN if nothing is in the mask.
[[nodiscard]] double coverage(std::span<const DayScore> days);

/// Why a factor with these scores is degenerate; nothing if it is not. Days that no factor could be
/// scored on, because too few stocks are in the mask, do not count.
[[nodiscard]] std::optional<std::string> degeneracy(std::span<const DayScore> days,
                                                    const ScoreSettings& settings);

/// Mean rank IC over the used days of all `ranges` together; NaN if there is none.
[[nodiscard]] double mean_rank_ic(const RankIcScorer& scorer, const FactorView& factor,
                                  std::initializer_list<DayRange> ranges);

/// Mean, spread and t of a daily series in day order; NaN where fewer than two values leave it
/// undefined.
/// @param lag of the Newey-West standard error of the mean: Bartlett weights 1 - l / (lag + 1),
/// autocovariances divided by n, no small-sample factor; consecutive values are taken as one step
/// apart
[[nodiscard]] IcSummary summarise_series(std::span<const double> values, int lag);

}  // namespace evofactor::fitness
