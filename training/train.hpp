#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "data/market.hpp"
#include "engine/core/outcome.hpp"
#include "engine/core/rng.hpp"
#include "fitness/rank_ic.hpp"
#include "genome/net/stacked_net.hpp"
#include "training/inputs.hpp"

namespace evofactor::training {

/// What training reads, shared by all candidates of a stack.
struct TrainData {
  const InputSet& inputs;
  const fitness::RankIcScorer& scorer;
  DayRange train, validate;
  int n_stocks = 0;
  Seed root;
};
struct TrainSettings {
  int validate_every = 10;
  int patience = 6;
  double steps_share = 1;       ///< of each candidate's own steps
  bool by_device_step = false;  ///< steps as on a GPU (DeviceStep) on a CPU, too; for tests
};
struct TrainReport {
  std::optional<Failure> failure;
  std::int64_t steps = 0;       ///< taken
  std::int64_t best_step = 0;   ///< whose weights were kept
  double validate_rank_ic = 0;  ///< exact, of those weights
};

/// Trains each candidate of the stack on the rank-IC loss for at most its own number of steps and
/// leaves it with the weights of its best validation rank IC. One that stops early is frozen while
/// the others go on; one that turns non-finite fails alone.
/// @param on_look called after each look at the validation days with the step, while the stack
/// holds that step's weights; must leave them as they are
/// Source: Fang et al. 2020, sections 3.2-4.1.
[[nodiscard]] std::vector<TrainReport> train(net::StackedNet& net, const TrainData& data,
                                             const TrainSettings& settings,
                                             const std::function<void(std::int64_t)>& on_look = {});

}  // namespace evofactor::training
