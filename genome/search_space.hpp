#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "genome/genome.hpp"
#include "genome/layer_space.hpp"

namespace evofactor::genome {

/// Bounds of every gene. Lists hold the values allowed; numbers are quantised so that a search
/// meets equal shapes, and equal genomes, often.
struct SearchSpace {
  int min_layers = 1, max_layers = 6;  ///< branches' layers count
  std::int64_t max_parameters = 0;     ///< 0: no limit
  double max_flops = 0;                ///< of one stock-day forward; 0: no limit
  LayerSpace layers;
  /// A preset whose layers every network has; empty: free. Its inputs become the default ones.
  std::string architecture;
  Chain fixed_layers;  ///< those of the architecture, or given one by one; empty: free
  std::vector<std::string> inputs{"open", "high", "low", "close", "volume"};
  std::vector<std::string> optional_inputs;  ///< may be added to `inputs` by variation
  std::vector<std::int64_t> windows{5, 10, 20, 30};
  std::vector<InputScale> scales{InputScale::kStandard};
  Missing missing = Missing::kLeaveOut;  ///< of every network
  std::vector<std::string>
      priors;  ///< formulas; default: the indicators of engine/formula/indicators.hpp
  std::vector<std::int64_t> prior_windows;  ///< numbers its windows may take beside their own
  double prior_share = 0.75;                ///< chance that a created genome has a prior
  std::vector<std::int64_t> pretrain_steps{20, 40, 80};
  double min_prune_rate = 0, max_prune_rate = 0.5;
  std::vector<Loss> losses{Loss::kSharp};
  double min_learning_rate = 1e-4, max_learning_rate = 1e-2;
  double max_weight_decay = 1e-2;
  std::vector<std::int64_t> days_per_batch{5, 10, 20};
  std::vector<std::int64_t> steps{40, 80, 160, 320};
  bool inherit = false;  ///< whether a child may start from its parent's weights
  SearchSpace();
  bool operator==(const SearchSpace&) const = default;
};
/// Keys of the JSON object, their defaults and rules. Whether formulas parse is checked by
/// `check_formulas`.
void describe(FieldVisitor& v, SearchSpace& space);

/// Adds a problem for every input or prior that is no formula or no usable field, prefixed by
/// `where`. Inputs that depend on the adjustment base (price levels) are refused.
void check_formulas(const SearchSpace& space, std::string_view where, Problems& problems);

}  // namespace evofactor::genome
