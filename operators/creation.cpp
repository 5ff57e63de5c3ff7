#include "operators/creation.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "genome/prior_windows.hpp"
#include "genome/shape.hpp"
#include "genome/validate.hpp"

namespace evofactor::operators {

using genome::LayerSpace;
using genome::LayerSpec;
using genome::NetGenome;
using genome::Role;
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

/// Flags, extras and zeros that stand for "off" are rarer than the others.
double random_value(Rng& rng, const genome::Gene& gene, const std::vector<double>& values) {
  const bool optional =
      gene.type == genome::GeneType::kFlag || gene.type == genome::GeneType::kReal;
  if (optional && values.front() == 0 && !rng.chance(0.25)) return 0;
  return rng.pick(values);
}

LayerSpec random_layer_of(Rng& rng, const LayerSpace& space, std::size_t kind) {
  LayerSpec layer = genome::layer_of_kind(kind);
  const auto genes = genome::genes_of(kind);
  for (std::size_t i = 0; i < genes.size(); ++i)
    genome::set_gene(layer, i, random_value(rng, *genes[i], space.values[kind][i]));
  if (auto* parting = std::get_if<genome::BranchesSpec>(&layer)) {
    std::vector<std::size_t> inner = space.kinds_of(Role::kSequence);
    std::erase(inner, kind);
    constexpr std::array<int, 4> kWindows{0, 0, 5, 10};
    for (int i = 0; i < 2; ++i) {
      genome::Branch& branch = parting->branches.emplace_back();
      branch.window = kWindows[rng.below(kWindows.size())];
      branch.every = branch.window == 0 && rng.chance(0.25) ? 5 : 1;
      if (!inner.empty()) branch.layers.push_back(random_layer_of(rng, space, rng.pick(inner)));
    }
  }
  return layer;
}

/// Layers that read places, all of one kind, then layers that flatten.
genome::Chain random_chain(Rng& rng, const SearchSpace& space) {
  const std::vector<std::size_t> sequence = space.layers.kinds_of(Role::kSequence),
                                 flat = space.layers.kinds_of(Role::kFlat);
  const int n_layers = rng.between(space.min_layers, space.max_layers);
  int n_sequence = 0;
  if (!sequence.empty())
    n_sequence = flat.empty() ? n_layers : rng.between(0, std::min(n_layers, 3));
  genome::Chain chain;
  if (n_sequence > 0) {
    const std::size_t kind = rng.pick(sequence);
    while (genome::count_layers(chain) < n_sequence)
      chain.push_back(random_layer_of(rng, space.layers, kind));
  }
  while (genome::count_layers(chain) < n_layers && !flat.empty())
    chain.push_back(random_layer_of(rng, space.layers, rng.pick(flat)));
  return chain;
}

}  // namespace

std::optional<LayerSpec> random_layer(Rng& rng, const LayerSpace& space, Role role) {
  const std::vector<std::size_t> kinds = space.kinds_of(role);
  if (kinds.empty()) return std::nullopt;
  return random_layer_of(rng, space, rng.pick(kinds));
}

genome::PriorGene random_prior(Rng& rng, const SearchSpace& space) {
  if (space.priors.empty() || !rng.chance(space.prior_share)) return {};
  std::string formula = rng.pick(space.priors);
  const auto length = static_cast<int>(rng.pick(space.pretrain_steps));
  if (space.prior_windows.empty()) return {formula, length};
  for (int steps = rng.between(0, 3); steps > 0; --steps) {
    const std::vector<std::string> neighbours = genome::neighbouring_priors(formula, space);
    if (!neighbours.empty()) formula = rng.pick(neighbours);
  }
  return {formula, length};
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
  genome.input = {space.inputs, static_cast<int>(rng.pick(space.windows)), rng.pick(space.scales),
                  space.missing};
  genome.prior = random_prior(rng, space);
  genome.prune_rate = random_prune_rate(rng, space);
  genome.train = {.loss = rng.pick(space.losses),
                  .learning_rate = random_learning_rate(rng, space),
                  .weight_decay = random_weight_decay(rng, space),
                  .days_per_batch = static_cast<int>(rng.pick(space.days_per_batch)),
                  .steps = static_cast<int>(rng.pick(space.steps)),
                  .inherit = space.inherit && rng.chance(0.5)};
  if (!space.fixed_layers.empty()) {
    genome.layers = space.fixed_layers;
    return genome;
  }
  NetGenome smallest;
  double least = std::numeric_limits<double>::infinity();
  for (int attempt = 0; attempt < 100; ++attempt) {
    genome.layers = random_chain(rng, space);
    if (genome::validate(genome, space).empty()) return genome;
    const double flops = genome::shape_of(genome).forward_flops;
    if (flops < least && genome::count_layers(genome.layers) <= space.max_layers) {
      least = flops;
      smallest = genome;
    }
  }
  while (!genome::validate(smallest, space).empty() && smallest.layers.size() > 1 &&
         genome::count_layers(smallest.layers) > space.min_layers)
    smallest.layers.erase(smallest.layers.begin());
  return smallest;
}

}  // namespace evofactor::operators
