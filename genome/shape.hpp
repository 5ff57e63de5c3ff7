#pragma once
#include <cstdint>
#include <vector>

#include "genome/genome.hpp"

namespace evofactor::genome {

/// What follows from a genome's layers without building the network.
struct NetShape {
  LayerShape input;                ///< features x window
  std::vector<LayerShape> hidden;  ///< after each layer
  std::int64_t parameters = 0;     ///< weights, biases and norms, output included
  double forward_flops = 0;        ///< of one stock-day
};
[[nodiscard]] NetShape shape_of(const NetGenome& genome);

/// Rough number of floating-point operations to train and score the genome on `stocks` stocks a day
/// and `score_days` days; for ordering work, not for measuring.
[[nodiscard]] double training_flops(const NetGenome& genome, int stocks = 800,
                                    int score_days = 300);

}  // namespace evofactor::genome
