#pragma once
#include <optional>

#include "engine/core/rng.hpp"
#include "genome/genome.hpp"
#include "genome/search_space.hpp"

namespace evofactor::operators {

/// Layers by one point: the first layers of one parent followed by the last of the other, each
/// parent cut at the same share of its depth. Every other gene from either parent with equal
/// chance; the input gene as a whole, and prior with its length. Valid for valid parents; nothing
/// if the child equals a parent.
[[nodiscard]] std::optional<genome::NetGenome> crossover(Rng& rng, const genome::NetGenome& a,
                                                         const genome::NetGenome& b,
                                                         const genome::SearchSpace& space);

}  // namespace evofactor::operators
