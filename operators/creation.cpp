#include "operators/creation.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace evofactor::operators {

using genome::NetGenome;
using genome::SearchSpace;

namespace {

double three_digits(double value) {
  const std::string text = fmt::format("{:.2e}", value);
  double rounded = value;
  std::from_chars(text.data(), text.data() + text.size(), rounded);
  return rounded;
}

double log_uniform(Rng& rng, double low, double high) {
  return std::clamp(three_digits(std::exp(rng.uniform(std::log(low), std::log(high)))), low, high);
}

}  // namespace

genome::DenseSpec random_layer(Rng& rng, const genome::DenseSpace& space) {
  genome::DenseSpec spec;
  spec.units = static_cast<int>(rng.pick(space.units));
  spec.activation = rng.pick(space.activations);
  spec.batch_norm = space.batch_norm && rng.chance(0.25);
  spec.dropout = rng.chance(0.25) ? rng.pick(space.dropout) : space.dropout.front();
  return spec;
}

genome::PriorGene random_prior(Rng& rng, const SearchSpace& space) {
  if (space.priors.empty() || !rng.chance(space.prior_share)) return {};
  const std::string& formula = rng.pick(space.priors);
  return {formula, static_cast<int>(rng.pick(space.pretrain_steps))};
}

double random_prune_rate(Rng& rng, const SearchSpace& space) {
  const double rate = rng.uniform(space.min_prune_rate, space.max_prune_rate);
  return std::clamp(std::round(rate * 100) / 100, space.min_prune_rate, space.max_prune_rate);
}

double random_learning_rate(Rng& rng, const SearchSpace& space) {
  return log_uniform(rng, space.min_learning_rate, space.max_learning_rate);
}

double random_weight_decay(Rng& rng, const SearchSpace& space) {
  if (space.max_weight_decay <= 0 || rng.chance(0.5)) return 0;
  return log_uniform(rng, space.max_weight_decay * 1e-4, space.max_weight_decay);
}

NetGenome random_genome(Rng& rng, const SearchSpace& space) {
  NetGenome genome;
  genome.input = {space.inputs, static_cast<int>(rng.pick(space.windows))};
  const int n_layers = rng.between(space.min_layers, space.max_layers);
  genome.layers.clear();
  for (int i = 0; i < n_layers; ++i) genome.layers.emplace_back(random_layer(rng, space.dense));
  genome.prior = random_prior(rng, space);
  genome.prune_rate = random_prune_rate(rng, space);
  genome.train = {.kernel = rng.pick(space.kernels),
                  .learning_rate = random_learning_rate(rng, space),
                  .weight_decay = random_weight_decay(rng, space),
                  .days_per_batch = static_cast<int>(rng.pick(space.days_per_batch)),
                  .steps = static_cast<int>(rng.pick(space.steps))};
  return genome;
}

}  // namespace evofactor::operators
