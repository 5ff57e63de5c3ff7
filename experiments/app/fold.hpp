#pragma once
#include <memory>
#include <vector>

#include "data/market.hpp"
#include "data/panel_store.hpp"
#include "experiments/app/experiment.hpp"
#include "fitness/neutralise.hpp"
#include "fitness/profile.hpp"
#include "fitness/rank_ic.hpp"

namespace evofactor::app {

/// One fold's data, cut so that it holds the days it should and no later one. Day indices are those
/// of `market`.
struct Fold {
  int index = 0;
  Market market;
  Labels labels;
  int horizon = 0;  ///< of the labels, trading days
  std::unique_ptr<fitness::RankIcScorer> scorer;
  Split split;
  std::unique_ptr<fitness::Decay> decay;  ///< of a fold for the final report
};

/// Days that must lie before the first training day: the longest look-back of anything that will be
/// valued.
[[nodiscard]] int look_back_days(const Arm& arm);

/// Splits of an arm on its panel's calendar.
[[nodiscard]] std::vector<Split> splits_of(const Arm& arm, const PanelHeader& header);

/// What a search sees: data up to the last validation day. Test days are not loaded, so nothing can
/// read them. Labels are free of styles where that is what is measured.
[[nodiscard]] std::unique_ptr<Fold> load_search_fold(const Arm& arm, const Split& split, int index);
/// What the final report sees: data up to the last test day.
[[nodiscard]] std::unique_ptr<Fold> load_final_fold(const Arm& arm, const Split& split, int index);

/// Equal keys mean equal folds: panel, universe, label, mask, split.
[[nodiscard]] std::string fold_key(const Arm& arm);
/// The same of what a search sees.
[[nodiscard]] std::string search_fold_key(const Arm& arm);

}  // namespace evofactor::app
