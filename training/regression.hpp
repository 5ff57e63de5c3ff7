#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/rng.hpp"
#include "genome/net/stacked_net.hpp"
#include "training/inputs.hpp"

namespace evofactor::training {

/// Mean and standard deviation of some values.
struct Moments {
  double mean = 0;
  double deviation = 0;  ///< 0 for fewer than two values and for values that are all alike
};
/// @param values finite
[[nodiscard]] Moments moments_of(std::span<const double> values);

/// (value - mean) / deviation of the stocks listed, NaN where the value is missing or an outlier:
/// more than 3 deviations from the mean. All NaN where the deviation is 0.
[[nodiscard]] std::vector<float> z_scores(std::span<const float> values,
                                          std::span<const std::int32_t> stocks,
                                          const Moments& moments);

/// What a network is to give on some days: a number for each row of the day's inputs, NaN where
/// anything will do.
struct RegressionTarget {
  DayRange days;
  std::vector<std::vector<float>> rows;  ///< [days][rows of the day's inputs]
};

/// Fits each candidate of a stack to its target by mean squared error (eq. 15 of Fang et al. 2020)
/// with its own learning rate and weight decay, over the pre-training steps of its prior gene.
/// Candidates without rows stay as they are. @param targets one a candidate; those with rows hold
/// `days` @param days to draw batches from
/// @param by_device_step TrainSettings::by_device_step
/// @returns mean squared error over the last ten steps of each; NaN without a target, non-finite if
/// it diverged
std::vector<double> regress(net::StackedNet& net, const InputSet& inputs,
                            std::span<const RegressionTarget> targets, DayRange days, Seed root,
                            bool by_device_step = false);

}  // namespace evofactor::training
