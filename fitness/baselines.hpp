#pragma once
#include <span>

#include "data/market.hpp"
#include "engine/core/json.hpp"
#include "fitness/neutralise.hpp"
#include "fitness/rank_ic.hpp"

namespace evofactor::fitness {

/// {"train","validate","test","neutral_validate","neutral_test"} of a factor whose sign is already
/// applied: scores over each part's days after purging, and of what the neutraliser leaves on
/// validation and test days.
[[nodiscard]] Json part_scores(const FactorValues& factor, const RankIcScorer& scorer,
                               const StyleNeutraliser& neutraliser, const Split& split);

/// [{"date","part","rank_ic","neutral_rank_ic"}] of the validation and test days; null on skipped
/// days.
[[nodiscard]] Json daily_series(const FactorValues& factor, const RankIcScorer& scorer,
                                const StyleNeutraliser& neutraliser, const Split& split,
                                const Calendar& calendar);

/// -1 where the factor's mean rank IC over `days` is negative, else 1.
[[nodiscard]] int sign_on(const FactorValues& factor, const RankIcScorer& scorer, DayRange days);

/// "methods" of baselines/fold-<k>.json (docs/run-folder.md): the equal-weight composite of the 20
/// classic factors, then each of them, signs chosen on training days alone. `neutraliser` must
/// cover the validation and test days.
[[nodiscard]] Json classic_baselines(const Market& market, const RankIcScorer& scorer,
                                     const StyleNeutraliser& neutraliser, const Split& split);

}  // namespace evofactor::fitness
