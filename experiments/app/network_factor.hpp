#pragma once
#include <cstddef>
#include <functional>
#include <vector>

#include "data/market.hpp"
#include "genome/genome.hpp"

namespace evofactor::app {

/// Values of several trainings of one genome as one factor: on each day the mean over networks of
/// their values' ranks, centred and scaled to [-1, 1] over fitness::rankable as pools are combined;
/// NaN outside it and where an input is missing. Unsigned.
/// @param n networks, at least one @param weights returns those of network i
/// @throws as training::network_values
[[nodiscard]] FactorValues averaged_network_values(
    const genome::NetGenome& genome, std::size_t n,
    const std::function<std::vector<std::byte>(std::size_t)>& weights, const Market& market,
    DayRange days);

}  // namespace evofactor::app
