#include "operators/crossover.hpp"

#include <algorithm>
#include <cmath>

namespace evofactor::operators {

using genome::NetGenome;
using genome::SearchSpace;

std::optional<NetGenome> crossover(Rng& rng, const NetGenome& a, const NetGenome& b,
                                   const SearchSpace& space) {
  const auto either = [&](const auto& x, const auto& y) { return rng.chance(0.5) ? x : y; };
  NetGenome child;
  const double share = rng.uniform();
  const auto cut = [&](const NetGenome& parent) {
    return static_cast<std::ptrdiff_t>(
        std::lround(share * static_cast<double>(parent.layers.size())));
  };
  child.layers.assign(a.layers.begin(), a.layers.begin() + cut(a));
  child.layers.insert(child.layers.end(), b.layers.begin() + cut(b), b.layers.end());
  const auto n_layers = static_cast<int>(child.layers.size());
  if (n_layers < space.min_layers || n_layers > space.max_layers)
    child.layers = either(a.layers, b.layers);
  child.input = either(a.input, b.input);
  child.prior = either(a.prior, b.prior);
  child.prune_rate = either(a.prune_rate, b.prune_rate);
  child.train.kernel = either(a.train.kernel, b.train.kernel);
  child.train.learning_rate = either(a.train.learning_rate, b.train.learning_rate);
  child.train.weight_decay = either(a.train.weight_decay, b.train.weight_decay);
  child.train.days_per_batch = either(a.train.days_per_batch, b.train.days_per_batch);
  child.train.steps = either(a.train.steps, b.train.steps);
  if (child == a || child == b) return std::nullopt;
  return child;
}

}  // namespace evofactor::operators
