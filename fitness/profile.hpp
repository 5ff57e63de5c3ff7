#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "data/market.hpp"
#include "engine/core/json.hpp"
#include "fitness/known_factors.hpp"
#include "fitness/rank_ic.hpp"

namespace evofactor::fitness {

/// Mean rank IC over the used days of one calendar year within one part of a split.
struct YearScore {
  int year = 0;
  std::string_view part;  ///< "train", "validate", "test"
  int days = 0;           ///< used
  double rank_ic = 0;
};
/// In order of days; years without a used day are left out.
[[nodiscard]] std::vector<YearScore> by_year(const RankIcScorer& scorer, const FactorView& factor,
                                             const Split& split, const Calendar& calendar);

/// Horizons over which a factor's decay is told, trading days, ascending: 1, 2, 3, 5, 10, 20, 40,
/// 60 and the label's own.
[[nodiscard]] std::vector<int> decay_horizons(int own);

/// How a factor's rank IC changes with the horizon of the label, everything else as in the fold.
/// Read-only after construction; call from any number of threads.
class Decay {
 public:
  struct Point {
    int horizon = 0;
    int days = 0;        ///< used
    double rank_ic = 0;  ///< NaN without a used day
  };

  /// @param label of the fold
  /// @param labels one for each of decay_horizons(label.horizon), of the fold's market
  Decay(const Split& split, const LabelSettings& label, std::vector<Labels> labels,
        const ScoreSettings& settings);

  /// Over the training and validation days whose label of that horizon ends before the first test
  /// day: of the label's own horizon these are all of them.
  [[nodiscard]] std::vector<Point> operator()(const FactorView& factor) const;

 private:
  struct Horizon {
    int days = 0;
    std::vector<DayRange> parts;
    Labels labels;
    std::unique_ptr<RankIcScorer> scorer;
  };
  std::vector<std::unique_ptr<Horizon>> horizons_;
};

/// [{"year","part","days","rank_ic"}]
[[nodiscard]] Json to_json(const std::vector<YearScore>& years);
/// [{"horizon","days","rank_ic"}]
[[nodiscard]] Json to_json(const std::vector<Decay::Point>& points);
/// [{"name","correlation"}]
[[nodiscard]] Json to_json(const std::vector<KnownFactors::Likeness>& likeness);

}  // namespace evofactor::fitness
