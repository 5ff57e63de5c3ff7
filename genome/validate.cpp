#include "genome/validate.hpp"

#include <algorithm>
#include <cmath>

#include "genome/prior_windows.hpp"
#include "genome/shape.hpp"

namespace evofactor::genome {
namespace {

template <class T, class U>
bool holds(const std::vector<T>& values, const U& value) {
  return std::ranges::find(values, value) != values.end();
}

template <class T>
T nearest_of(const std::vector<T>& values, T wanted) {
  return *std::ranges::min_element(values, {}, [&](T value) {
    return std::abs(static_cast<double>(value) - static_cast<double>(wanted));
  });
}

int nearest_int(const std::vector<std::int64_t>& values, int wanted) {
  return static_cast<int>(nearest_of<std::int64_t>(values, wanted));
}

void fit_layers(Chain& layers, const SearchSpace& space) {
  fit(layers, space.layers);
  while (count_layers(layers) > space.max_layers) layers.pop_back();
  if (layers.empty()) {
    for (std::size_t kind = 0; kind < kLayerKinds && layers.empty(); ++kind)
      if (space.layers.allows(kind)) layers.push_back(layer_of_kind(kind));
    fit(layers, space.layers);
  }
  while (count_layers(layers) < space.min_layers) layers.push_back(LayerSpec(layers.back()));
}

void validate_layers(const NetGenome& genome, const SearchSpace& space, Problems& problems) {
  if (!space.fixed_layers.empty()) {
    if (genome.layers != space.fixed_layers)
      problems.add("layers {}; the search space fixes {}", text_of(genome.layers),
                   text_of(space.fixed_layers));
    return;
  }
  const int n_layers = count_layers(genome.layers);
  if (n_layers < space.min_layers || n_layers > space.max_layers)
    problems.add("{} hidden layers; expected {} to {}", n_layers, space.min_layers,
                 space.max_layers);
  validate(genome.layers, space.layers, "layer ", problems);
}

}  // namespace

Problems validate(const NetGenome& genome, const SearchSpace& space) {
  Problems problems;
  const auto among = [&](std::string_view what, const std::vector<std::int64_t>& values,
                         int value) {
    if (!holds(values, value))
      problems.add("{} {} is not among the search space's values", what, value);
  };
  const auto within = [&](std::string_view what, double value, double low, double high) {
    if (!(value >= low && value <= high))
      problems.add("{} {} is outside [{}, {}]", what, value, low, high);
  };
  const InputGene& input = genome.input;
  if (input.features.empty()) problems.add("input: no feature");
  for (auto it = input.features.begin(); it != input.features.end(); ++it) {
    if (!holds(space.inputs, *it) && !holds(space.optional_inputs, *it))
      problems.add("input: \"{}\" is not in the search space", *it);
    if (std::find(input.features.begin(), it, *it) != it)
      problems.add("input: \"{}\" appears twice", *it);
  }
  among("window", space.windows, input.window);
  if (!holds(space.scales, input.scale))
    problems.add("input scale {} is not in the search space",
                 kInputScaleNames[static_cast<std::size_t>(input.scale)].first);
  if (input.missing != space.missing)
    problems.add("missing inputs: {}; the search space has {}",
                 kMissingNames[static_cast<std::size_t>(input.missing)].first,
                 kMissingNames[static_cast<std::size_t>(space.missing)].first);
  validate_layers(genome, space, problems);
  const NetShape shape = shape_of(genome);
  if (space.max_parameters > 0 && shape.parameters > space.max_parameters)
    problems.add("{} parameters; expected at most {}", shape.parameters, space.max_parameters);
  if (space.max_flops > 0 && shape.forward_flops > space.max_flops)
    problems.add("{:.0f} operations a stock-day; expected at most {:.0f}", shape.forward_flops,
                 space.max_flops);
  if (genome.prior.formula.empty()) {
    if (genome.prior.pretrain_steps != 0) problems.add("pre-training steps without a prior");
  } else {
    if (!is_prior(genome.prior.formula, space))
      problems.add("prior \"{}\" is not in the search space", genome.prior.formula);
    among("pre-training length", space.pretrain_steps, genome.prior.pretrain_steps);
  }
  within("prune rate", genome.prune_rate, space.min_prune_rate, space.max_prune_rate);
  if (!holds(space.losses, genome.train.loss))
    problems.add("loss {} is not in the search space", name_of(genome.train.loss));
  within("learning rate", genome.train.learning_rate, space.min_learning_rate,
         space.max_learning_rate);
  within("weight decay", genome.train.weight_decay, 0, space.max_weight_decay);
  among("days per batch", space.days_per_batch, genome.train.days_per_batch);
  among("training length", space.steps, genome.train.steps);
  if (genome.train.inherit && !space.inherit)
    problems.add("it inherits weights, which the search space does not allow");
  return problems;
}

NetGenome fit_to_space(NetGenome genome, const SearchSpace& space) {
  std::erase_if(genome.input.features, [&](const std::string& feature) {
    return !holds(space.inputs, feature) && !holds(space.optional_inputs, feature);
  });
  if (genome.input.features.empty()) genome.input.features = space.inputs;
  genome.input.window = nearest_int(space.windows, genome.input.window);
  if (!holds(space.scales, genome.input.scale)) genome.input.scale = space.scales.front();
  genome.input.missing = space.missing;
  if (!space.fixed_layers.empty()) {
    genome.layers = space.fixed_layers;
  } else {
    fit_layers(genome.layers, space);
  }
  if (!is_prior(genome.prior.formula, space)) genome.prior = {};
  if (!genome.prior.formula.empty())
    genome.prior.pretrain_steps = nearest_int(space.pretrain_steps, genome.prior.pretrain_steps);
  genome.prune_rate = std::clamp(genome.prune_rate, space.min_prune_rate, space.max_prune_rate);
  TrainGenes& train = genome.train;
  if (!holds(space.losses, train.loss)) train.loss = space.losses.front();
  train.learning_rate =
      std::clamp(train.learning_rate, space.min_learning_rate, space.max_learning_rate);
  train.weight_decay = std::clamp(train.weight_decay, 0.0, space.max_weight_decay);
  train.days_per_batch = nearest_int(space.days_per_batch, train.days_per_batch);
  train.steps = nearest_int(space.steps, train.steps);
  train.inherit = train.inherit && space.inherit;
  return genome;
}

}  // namespace evofactor::genome
