#include "operators/mutation.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "operators/creation.hpp"

namespace evofactor::operators {
namespace {

using Child = std::optional<NetGenome>;
using genome::DenseSpec;
using genome::LayerSpec;

std::size_t random_index(Rng& rng, std::size_t size) {
  return static_cast<std::size_t>(rng.below(size));
}

/// Value next to `current` in an ascending list, up or down at random; nothing if there is no
/// other.
std::optional<int> neighbour(Rng& rng, const std::vector<std::int64_t>& values, int current) {
  const auto it = std::ranges::lower_bound(values, current);
  const bool can_fall = it != values.begin();
  const bool can_rise = it != values.end() && it + 1 != values.end();
  if (!can_fall && !can_rise) return std::nullopt;
  const bool rise = can_rise && (!can_fall || rng.chance(0.5));
  return static_cast<int>(rise ? *(it + 1) : *(it - 1));
}

/// A value of the list other than `current`; nothing if there is none.
template <class T>
std::optional<T> another(Rng& rng, const std::vector<T>& values, const T& current) {
  std::vector<T> others;
  for (const T& value : values)
    if (!(value == current)) others.push_back(value);
  if (others.empty()) return std::nullopt;
  return others[random_index(rng, others.size())];
}

/// Tries the layers in random order until `change` alters one.
template <class Change>
Child change_a_layer(Rng& rng, const NetGenome& parent, Change change) {
  std::vector<std::size_t> order(parent.layers.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  rng.shuffle(order);
  for (const std::size_t i : order) {
    NetGenome child = parent;
    if (std::visit([&](auto& spec) { return change(spec); }, child.layers[i])) return child;
  }
  return std::nullopt;
}

Child shift_width(Rng& rng, const NetGenome& parent, const SearchSpace& space, bool wider) {
  return change_a_layer(rng, parent, [&](DenseSpec& spec) {
    const auto& units = space.dense.units;
    const auto it = std::ranges::find(units, spec.units);
    if (it == units.end() || (wider ? it + 1 == units.end() : it == units.begin())) return false;
    spec.units = static_cast<int>(wider ? *(it + 1) : *(it - 1));
    return true;
  });
}

Child differing(NetGenome child, const NetGenome& parent) {
  if (child == parent) return std::nullopt;
  return child;
}

double scaled(Rng& rng, double value) {
  const std::string text = fmt::format("{:.2e}", value * std::exp(0.7 * rng.normal()));
  double rounded = value;
  std::from_chars(text.data(), text.data() + text.size(), rounded);
  return rounded;
}

}  // namespace

Child insert_layer(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  if (static_cast<int>(parent.layers.size()) >= space.max_layers) return std::nullopt;
  NetGenome child = parent;
  const auto at = static_cast<std::ptrdiff_t>(random_index(rng, parent.layers.size() + 1));
  child.layers.insert(child.layers.begin() + at, LayerSpec(random_layer(rng, space.dense)));
  return child;
}

Child delete_layer(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  if (static_cast<int>(parent.layers.size()) <= space.min_layers) return std::nullopt;
  NetGenome child = parent;
  child.layers.erase(child.layers.begin() +
                     static_cast<std::ptrdiff_t>(random_index(rng, parent.layers.size())));
  return child;
}

Child replace_layer(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  NetGenome child = parent;
  child.layers[random_index(rng, parent.layers.size())] = random_layer(rng, space.dense);
  return differing(std::move(child), parent);
}

Child widen_layer(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  return shift_width(rng, parent, space, true);
}

Child narrow_layer(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  return shift_width(rng, parent, space, false);
}

Child change_activation(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  return change_a_layer(rng, parent, [&](DenseSpec& spec) {
    const auto other = another(rng, space.dense.activations, spec.activation);
    if (other) spec.activation = *other;
    return other.has_value();
  });
}

Child toggle_batch_norm(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  return change_a_layer(rng, parent, [&](DenseSpec& spec) {
    if (!spec.batch_norm && !space.dense.batch_norm) return false;
    spec.batch_norm = !spec.batch_norm;
    return true;
  });
}

Child change_dropout(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  return change_a_layer(rng, parent, [&](DenseSpec& spec) {
    const auto other = another(rng, space.dense.dropout, spec.dropout);
    if (other) spec.dropout = *other;
    return other.has_value();
  });
}

Child change_window(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  const auto window = neighbour(rng, space.windows, parent.input.window);
  if (!window) return std::nullopt;
  NetGenome child = parent;
  child.input.window = *window;
  return child;
}

/// Features keep the order of the space's lists, so that one set of features is one genome.
Child add_input(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  std::vector<std::string> known = space.inputs;
  for (const std::string& feature : space.optional_inputs)
    if (std::ranges::find(known, feature) == known.end()) known.push_back(feature);
  const auto& present = parent.input.features;
  const auto has = [&](const std::string& f) {
    return std::ranges::find(present, f) != present.end();
  };
  std::vector<std::string> absent;
  for (const std::string& feature : known)
    if (!has(feature)) absent.push_back(feature);
  if (absent.empty()) return std::nullopt;
  const std::string added = absent[random_index(rng, absent.size())];
  NetGenome child = parent;
  std::erase_if(known, [&](const std::string& f) { return f != added && !has(f); });
  child.input.features = known;
  return child;
}

Child remove_input(Rng& rng, const NetGenome& parent, const SearchSpace&) {
  if (parent.input.features.size() < 2) return std::nullopt;
  NetGenome child = parent;
  auto& features = child.input.features;
  features.erase(features.begin() +
                 static_cast<std::ptrdiff_t>(random_index(rng, features.size())));
  return child;
}

Child change_prior(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  NetGenome child = parent;
  child.prior = random_prior(rng, space);
  return differing(std::move(child), parent);
}

Child change_prune_rate(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  NetGenome child = parent;
  child.prune_rate = random_prune_rate(rng, space);
  return differing(std::move(child), parent);
}

Child change_kernel(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  const auto kernel = another(rng, space.kernels, parent.train.kernel);
  if (!kernel) return std::nullopt;
  NetGenome child = parent;
  child.train.kernel = *kernel;
  return child;
}

Child change_learning_rate(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  NetGenome child = parent;
  child.train.learning_rate = std::clamp(scaled(rng, parent.train.learning_rate),
                                         space.min_learning_rate, space.max_learning_rate);
  return differing(std::move(child), parent);
}

Child change_weight_decay(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  NetGenome child = parent;
  child.train.weight_decay = random_weight_decay(rng, space);
  return differing(std::move(child), parent);
}

Child change_batch(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  const auto days = neighbour(rng, space.days_per_batch, parent.train.days_per_batch);
  if (!days) return std::nullopt;
  NetGenome child = parent;
  child.train.days_per_batch = *days;
  return child;
}

Child change_steps(Rng& rng, const NetGenome& parent, const SearchSpace& space) {
  const auto steps = neighbour(rng, space.steps, parent.train.steps);
  if (!steps) return std::nullopt;
  NetGenome child = parent;
  child.train.steps = *steps;
  return child;
}

}  // namespace evofactor::operators
