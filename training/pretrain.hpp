#pragma once
#include <string>
#include <vector>

#include "data/market.hpp"
#include "engine/core/rng.hpp"
#include "genome/net/stacked_net.hpp"
#include "training/inputs.hpp"
#include "training/regression.hpp"

namespace evofactor::training {

/// A prior as regression target: on each day its z-score over the inputs' stocks, NaN where the
/// prior is missing or more than 3 standard deviations from the mean (eq. 15 of Fang et al. 2020
/// with outliers removed).
/// @throws ConfigError if the market lacks a field of the formula
[[nodiscard]] RegressionTarget prior_target(const std::string& formula, const Market& market,
                                            const InputSet& inputs, DayRange days);

/// Regresses each candidate on its own prior by mean squared error, for its own number of steps;
/// candidates without a prior, and those that start from a parent, stay as they are. @param days to
/// draw batches from
/// @returns mean squared error over the last ten steps of each; NaN without a prior, non-finite if
/// it diverged
std::vector<double> pretrain(net::StackedNet& net, const Market& market, const InputSet& inputs,
                             DayRange days, Seed root);

}  // namespace evofactor::training
