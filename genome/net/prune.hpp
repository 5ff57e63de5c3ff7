#pragma once
#include <span>

#include "genome/net/stacked_net.hpp"

namespace evofactor::net {

/// Fixes the share `rates[b]` of the smallest |w| of candidate b's first weight matrix (of each
/// matrix but the output's if `all`) at zero, through the network's mask. Exactly floor(rate *
/// size) weights; ties by position. Source: Fang et al. 2020, eq. 16.
void prune(StackedNet& net, std::span<const double> rates, bool all);

}  // namespace evofactor::net
