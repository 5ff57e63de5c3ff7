#include "genome/shape.hpp"

namespace evofactor::genome {

NetShape shape_of(const NetGenome& genome) {
  NetShape shape;
  shape.input = {static_cast<int>(genome.input.features.size()), genome.input.window};
  LayerShape at = shape.input;
  for (const LayerSpec& layer : genome.layers)
    std::visit(
        [&](const auto& spec) {
          shape.parameters += parameter_count(spec, at);
          shape.forward_flops += forward_flops(spec, at);
          at = output_shape(spec, at);
          shape.hidden.push_back(at);
        },
        layer);
  shape.parameters += at.size() + 1;
  shape.forward_flops += 2.0 * static_cast<double>(at.size());
  return shape;
}

double training_flops(const NetGenome& genome, int stocks, int score_days) {
  const double forward = shape_of(genome).forward_flops * stocks;
  const double trained_days =
      static_cast<double>(genome.train.steps + genome.prior.pretrain_steps) *
      genome.train.days_per_batch;
  return forward * (3 * trained_days + score_days);  // a backward pass costs about two forward ones
}

}  // namespace evofactor::genome
