#pragma once
#include "engine/core/rng.hpp"
#include "genome/genome.hpp"
#include "genome/search_space.hpp"

namespace evofactor::operators {

// Single genes drawn from the space; what creation and mutations are made of.
[[nodiscard]] genome::DenseSpec random_layer(Rng& rng, const genome::DenseSpace& space);
[[nodiscard]] genome::PriorGene random_prior(Rng& rng, const genome::SearchSpace& space);
/// Uniform, in steps of 0.01.
[[nodiscard]] double random_prune_rate(Rng& rng, const genome::SearchSpace& space);
/// Log-uniform, to three digits.
[[nodiscard]] double random_learning_rate(Rng& rng, const genome::SearchSpace& space);
/// Zero in half of the draws, else log-uniform over four decades below the largest.
[[nodiscard]] double random_weight_decay(Rng& rng, const genome::SearchSpace& space);

/// A random genome of the space; always valid. Sees all of space.inputs.
[[nodiscard]] genome::NetGenome random_genome(Rng& rng, const genome::SearchSpace& space);

}  // namespace evofactor::operators
