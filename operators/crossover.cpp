#include "operators/crossover.hpp"

#include <algorithm>
#include <cmath>

namespace evofactor::operators {
namespace {

using genome::Chain;
using genome::NetGenome;

/// Number of layers before the first that flattens.
std::ptrdiff_t body_of(const Chain& chain) {
  const auto head = std::ranges::find_if(chain, [](const genome::LayerSpec& layer) {
    return genome::role_of(layer) == genome::Role::kFlat;
  });
  return head - chain.begin();
}

/// One part of either parent, or the first layers of one followed by the last of the other.
void append_crossed(Rng& rng, const Chain& a, const Chain& b, Chain& child) {
  const bool first_whole = rng.chance(0.5);
  const double share = rng.uniform();
  const auto cut = [&](const Chain& part) {
    return static_cast<std::ptrdiff_t>(std::lround(share * static_cast<double>(part.size())));
  };
  if (rng.chance(0.5)) {
    child.insert(child.end(), a.begin(), a.begin() + cut(a));
    child.insert(child.end(), b.begin() + cut(b), b.end());
  } else {
    const Chain& whole = first_whole ? a : b;
    child.insert(child.end(), whole.begin(), whole.end());
  }
}

}  // namespace

std::optional<NetGenome> crossover(Rng& rng, const NetGenome& a, const NetGenome& b) {
  const auto either = [&](const auto& x, const auto& y) { return rng.chance(0.5) ? x : y; };
  NetGenome child;
  child.layers.clear();
  const auto part = [](const NetGenome& parent, bool head) {
    const Chain& all = parent.layers;
    const std::ptrdiff_t body = body_of(all);
    return head ? Chain(all.begin() + body, all.end()) : Chain(all.begin(), all.begin() + body);
  };
  append_crossed(rng, part(a, false), part(b, false), child.layers);
  append_crossed(rng, part(a, true), part(b, true), child.layers);
  child.input = either(a.input, b.input);
  child.prior = either(a.prior, b.prior);
  child.prune_rate = either(a.prune_rate, b.prune_rate);
  child.train.loss = either(a.train.loss, b.train.loss);
  child.train.learning_rate = either(a.train.learning_rate, b.train.learning_rate);
  child.train.weight_decay = either(a.train.weight_decay, b.train.weight_decay);
  child.train.days_per_batch = either(a.train.days_per_batch, b.train.days_per_batch);
  child.train.steps = either(a.train.steps, b.train.steps);
  child.train.inherit = a.train.inherit;
  if (a.train.inherit != b.train.inherit) child.train.inherit = rng.chance(0.5);
  if (child == a || child == b) return std::nullopt;
  return child;
}

}  // namespace evofactor::operators
