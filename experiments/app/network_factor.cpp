#include "experiments/app/network_factor.hpp"

#include "fitness/combine.hpp"
#include "training/evaluate.hpp"

namespace evofactor::app {

FactorValues averaged_network_values(
    const genome::NetGenome& genome, std::size_t n,
    const std::function<std::vector<std::byte>(std::size_t)>& weights, const Market& market,
    DayRange days) {
  const Grid<std::uint8_t> mask = fitness::rankable(market);
  fitness::Combiner mean(mask, days);
  for (std::size_t i = 0; i < n; ++i)
    mean.add(training::network_values(genome, weights(i), market, days), 1);
  return mean.result();
}

}  // namespace evofactor::app
