#pragma once
#include <optional>

#include "engine/core/rng.hpp"
#include "genome/genome.hpp"

namespace evofactor::operators {

/// Layers by role: those that read places (stem and body) are crossed with those of the other
/// parent, those that flatten (head) with its head. Each part comes whole from either parent or by
/// one point: its first layers from one, its last from the other, both cut at the same share of
/// their depth. Every other gene from either parent with equal chance; the input gene as a whole,
/// and prior with its length. Valid for valid parents, but for limits of depth, size and cost;
/// nothing if the child equals a parent.
[[nodiscard]] std::optional<genome::NetGenome> crossover(Rng& rng, const genome::NetGenome& a,
                                                         const genome::NetGenome& b);

}  // namespace evofactor::operators
