#pragma once
#include "engine/core/lane.hpp"
#include "engine/core/outcome.hpp"
#include "training/develop.hpp"

namespace evofactor::training {

/// Trains a network of a finished search from a fresh start: other weights, dropout masks and
/// batches of days than the search saw, so that no luck of the start was selected for. A pure
/// function of fold, genome and replicate on a CPU. One that started from a parent starts from
/// random weights and learns its prior here, and is trained for the steps of its whole line.
/// @param sign of the factor as the search chose it; fitness and metrics are of the replicate with
/// it, and may be negative
/// @param replicate at least 1
[[nodiscard]] Outcome train_replicate(const NetworkSettings& settings, const NetworkFold& fold,
                                      InputStore& inputs, const genome::NetGenome& genome, int sign,
                                      int replicate, const Lane& lane);

}  // namespace evofactor::training
