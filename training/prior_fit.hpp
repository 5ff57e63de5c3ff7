#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/market.hpp"
#include "engine/core/rng.hpp"
#include "engine/formula/program.hpp"
#include "genome/genome.hpp"

namespace evofactor::training {

/// Prior knowledge to be learnt by a network.
struct PriorTask {
  std::string name;
  formula::Program program;
  double neutral = 0;  ///< buy on one side of this value, sell on the other
  bool cross_sectional = false;
};
/// The technical indicators of these names with their preset parameters, relative forms; all of
/// them if none is named. @throws ConfigError for an unknown name, telling those there are
[[nodiscard]] std::vector<PriorTask> indicator_tasks(std::span<const std::string> names);

struct PriorFitSettings {
  int steps = 500;  ///< of regression, 5 days each
  Seed seed{1};
  int input_cache_mb = 1024;  ///< most memory for prepared inputs shared between networks
};

/// How well the network stands in for the prior on some days. Stock-days count that have inputs and
/// a value of the prior that is no outlier: at most 3 standard deviations from the mean, both taken
/// over the training days. NaN if there are none.
struct PriorFitPart {
  double mse = 0;       ///< mean squared error in squared standard deviations of the training days
  double accuracy = 0;  ///< share on whose side of the neutral value both stand alike
  double majority = 0;  ///< share on the side of the prior that holds more: accuracy of a constant
  std::int64_t stock_days = 0;  ///< that count
  std::int64_t outliers = 0;    ///< stock-days with inputs and a value that do not
};

struct PriorFit {
  PriorTask task;
  genome::NetGenome network;
  PriorFitPart train{}, test{};
  double seconds = 0;
};

/// The network that learns `task`: the paper's fully connected one for a time series (its Figure
/// 4), one with convolutions over the day's stocks for a prior that compares them (Figure 5). It
/// sees open, high, low, close and volume of 30 days, or of as many as the prior reads, and what
/// else the prior reads: of raw fields the logarithm.
[[nodiscard]] genome::NetGenome prior_network(const PriorTask& task, int steps);
/// Days before t that the network and its prior read.
[[nodiscard]] int look_back(const PriorTask& task);

/// Trains a network of its own on each prior, standardised by its mean and deviation over the
/// training stock-days, and compares the two on training and test days (Tables 2 and 3 of Fang et
/// al. 2020). Test days are read for this alone. Priors are trained side by side, one thread each;
/// but for the seconds, results are the same for any number of threads.
/// @param train, test days of the market; test days follow the training days
/// @param on_done called from any thread as each is done; may be empty
/// @throws DataError if the market lacks a field that a prior or its network reads
[[nodiscard]] std::vector<PriorFit> fit_priors(std::span<const PriorTask> tasks,
                                               const Market& market, DayRange train, DayRange test,
                                               const PriorFitSettings& settings,
                                               const std::function<void()>& on_done = {});

}  // namespace evofactor::training
