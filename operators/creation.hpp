#pragma once
#include <optional>

#include "engine/core/rng.hpp"
#include "genome/genome.hpp"
#include "genome/search_space.hpp"

namespace evofactor::operators {

// Single genes drawn from the space; what creation and mutations are made of.

/// A layer of one of the allowed kinds of `role`, every gene drawn; nothing where none is allowed.
/// `branches` parts into two short chains.
[[nodiscard]] std::optional<genome::LayerSpec> random_layer(Rng& rng,
                                                            const genome::LayerSpace& space,
                                                            genome::Role role);
/// One of the listed priors; where there are prior_windows, up to three steps of a parameter away.
[[nodiscard]] genome::PriorGene random_prior(Rng& rng, const genome::SearchSpace& space);
/// Uniform, in steps of 0.01.
[[nodiscard]] double random_prune_rate(Rng& rng, const genome::SearchSpace& space);
/// Log-uniform, to three digits.
[[nodiscard]] double random_learning_rate(Rng& rng, const genome::SearchSpace& space);
/// Zero in half of the draws, else log-uniform over four decades below the largest.
[[nodiscard]] double random_weight_decay(Rng& rng, const genome::SearchSpace& space);

/// A random genome of the space; always valid. Sees all of space.inputs. Layers that read places
/// come first and are of one kind; one that exceeds the limits of size or cost is drawn again, and
/// after 100 attempts the smallest of them is cut down layer by layer.
[[nodiscard]] genome::NetGenome random_genome(Rng& rng, const genome::SearchSpace& space);

}  // namespace evofactor::operators
