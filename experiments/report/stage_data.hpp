#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/report/json_fields.hpp"

namespace evofactor::report {

/// A network when it reached a stage of its training; NaN = not stored.
struct StagePoint {
  std::string stage;  ///< "initial", "pretrained", "pruned", "epoch", "trained"
  int step = 0;       ///< of training
  double train_rank_ic = kUnknown, validate_rank_ic = kUnknown;
  double prior_mse = kUnknown, prior_distance = kUnknown;
  std::vector<std::vector<double>> saliency;  ///< [features][window], oldest day first; or empty
};

/// What the search's training of a pool member went through.
struct StageHistory {
  std::int64_t id = 0;  ///< of the member
  std::vector<std::string> features;
  std::string prior;   ///< empty: none
  bool equal = false;  ///< the replay ended with the weights of the search
  std::vector<StagePoint> points;
};

/// Reads stages.json of a search; empty if there is none. @throws StoreError if it is torn
[[nodiscard]] std::vector<StageHistory> read_stages(const std::filesystem::path& file);

}  // namespace evofactor::report
