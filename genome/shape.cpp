#include "genome/shape.hpp"

namespace evofactor::genome {

NetShape shape_of(const NetGenome& genome) {
  NetShape shape;
  shape.input = {static_cast<int>(genome.input.features.size()), genome.input.window};
  Walk path = walk(genome.layers, shape.input);
  const std::int64_t last = path.output().size();
  shape.hidden = std::move(path.after);
  shape.parameters = path.parameters + last + 1;
  shape.forward_flops = path.forward_flops + 2.0 * static_cast<double>(last);
  return shape;
}

double training_flops(const NetGenome& genome, int stocks, int score_days) {
  const double forward = shape_of(genome).forward_flops * stocks;
  const double trained_days = static_cast<double>(genome.train.steps + pretrain_steps(genome)) *
                              genome.train.days_per_batch;
  return forward * (3 * trained_days + score_days);  // a backward pass costs about two forward ones
}

}  // namespace evofactor::genome
