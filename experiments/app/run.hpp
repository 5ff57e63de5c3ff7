#pragma once
#include <filesystem>
#include <string>

#include "experiments/app/experiment.hpp"

namespace evofactor::app {

struct RunOptions {
  std::filesystem::path folder;
  int threads = 0;             ///< 0: one per processor
  std::string device = "cpu";  ///< "cpu" or "cuda:0"; formulas always run on CPU
  bool json = false;
};

/// Runs every arm, seed and fold of the experiment that the folder does not hold finished, then the
/// baselines and the report. Progress on stderr, the table (or with json one document) on stdout.
/// @returns exit status: 0 done, 3 stopped by a signal and resumable, 4 too many candidates failed
/// @throws ConfigError or DataError before anything is written if experiment, data or folder do not
/// fit
[[nodiscard]] int run_experiment(const Experiment& experiment, const RunOptions& options);

/// Differing JSON pointers with both values ("there" in a, "here" in b), one a line.
[[nodiscard]] std::vector<std::string> differences(const Json& a, const Json& b);

}  // namespace evofactor::app
