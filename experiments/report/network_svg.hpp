#pragma once
#include <string>

#include "engine/core/json.hpp"

namespace evofactor::report {

/// A network genome as a row of boxes in an inline SVG: input, layers in order with units and
/// activation, output; below it what else the genome says (prior, pruning, training genes). Keys it
/// does not know are left out. Empty if `genome` has no list of layers.
[[nodiscard]] std::string network_svg(const Json& genome);

}  // namespace evofactor::report
