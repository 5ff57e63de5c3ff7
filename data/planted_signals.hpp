#pragma once
#include <array>
#include <span>
#include <vector>

#include "data/synthetic.hpp"

namespace evofactor {

inline constexpr std::size_t kPlantedSignals = 3;
/// Days over which a signal moves prices.
inline constexpr int kPlantedHorizon = 5;

/// The signals with their strength on each of `days`; rank ICs not yet measured.
[[nodiscard]] std::vector<PlantedSignal> planted_signals(int days);

/// Values of the signals at the close of `day`, of one stock's adjusted closes and volumes [D]. NaN
/// where the formula's value is missing.
[[nodiscard]] std::array<float, kPlantedSignals> planted_values(std::span<const float> closes,
                                                                std::span<const float> volumes,
                                                                std::size_t day);

/// Average ranks of the finite values, scaled to mean 0 and variance 1 of a uniform variable; 0
/// where missing.
[[nodiscard]] std::vector<double> scaled_ranks(std::span<const float> values);

/// Fills the rank ICs of market.signals, combined and ceiling from the finished panel.
void measure_signals(SimulatedMarket& market);

}  // namespace evofactor
