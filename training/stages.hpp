#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/core/lane.hpp"
#include "engine/core/outcome.hpp"
#include "training/develop.hpp"

namespace evofactor::training {

/// A network when it reached a stage. Rank ICs and saliency are of the network's output as it is,
/// without a sign.
struct StageRecord {
  Stage stage = Stage::kInitial;
  std::int64_t step = 0;  ///< of training: 0 before it, at the end the one whose weights were kept
  double train_rank_ic = 0, validate_rank_ic = 0;  ///< mean over days; NaN if no day could be used
  /// Mean squared difference from the prior's z-scores (pretrain.hpp) over training days, and 1
  /// minus the mean daily rank correlation with the prior; NaN without a prior.
  double prior_mse = 0, prior_distance = 0;
  /// [features * window] as saliency.hpp; empty for epochs.
  std::vector<double> saliency;
};

struct StageHistory {
  std::vector<StageRecord> records;  ///< in the order of training
  /// Whether the replay ended with the very weights that the search stored. Always so on a CPU of
  /// the same instruction set; a GPU that trained several candidates in one stack may differ.
  bool equal = false;
  std::optional<Failure> failure;  ///< of the replay
  double seconds = 0;
};

/// Trains a network of a finished search once more and looks at it on the way: a candidate's
/// training is a pure function of its genome and of the weights it inherited, which are stored with
/// its own, so nothing need be recorded for the many that leave no trace.
/// @param evaluation of the search, with weights @param n_days training days, evenly spaced, that
/// saliency is the mean over
[[nodiscard]] StageHistory replay_stages(const NetworkSettings& settings, const NetworkFold& fold,
                                         InputStore& inputs, const genome::NetGenome& genome,
                                         const Evaluation& evaluation, const Lane& lane,
                                         int n_days = 20);

}  // namespace evofactor::training
