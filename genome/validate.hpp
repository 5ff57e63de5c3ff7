#pragma once
#include "genome/genome.hpp"
#include "genome/search_space.hpp"

namespace evofactor::genome {

/// Every way in which the genome lies outside the space; empty if it is valid. What operators
/// promise to keep empty.
[[nodiscard]] Problems validate(const NetGenome& genome, const SearchSpace& space);

/// The genome with every gene moved to the nearest value the space allows; valid. For presets,
/// whose published values a space need not hold. Layers of kinds that are not allowed,
/// and those beyond the most allowed, are dropped, missing ones repeat the last. Limits of size and
/// cost are not enforced.
[[nodiscard]] NetGenome fit_to_space(NetGenome genome, const SearchSpace& space);

}  // namespace evofactor::genome
