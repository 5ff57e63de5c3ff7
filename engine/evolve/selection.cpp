#include "engine/evolve/selection.hpp"

#include <algorithm>
#include <numeric>

#include "engine/core/error.hpp"

namespace evofactor::evolve {

bool ranks_before(const Standing& a, const Standing& b) {
  if (a.fitness.has_value() != b.fitness.has_value()) return a.fitness.has_value();
  if (a.fitness && *a.fitness != *b.fitness) return *a.fitness > *b.fitness;
  return a.id < b.id;
}

std::vector<std::size_t> best_first(std::span<const Standing> standings) {
  std::vector<std::size_t> order(standings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return ranks_before(standings[a], standings[b]); });
  return order;
}

std::size_t tournament(Rng& rng, std::span<const Standing> standings, int contestants,
                       std::span<const std::size_t> taken) {
  EVOFACTOR_CHECK(!standings.empty(), "a tournament needs members");
  std::vector<std::size_t> eligible;
  for (std::size_t i = 0; i < standings.size(); ++i)
    if (std::find(taken.begin(), taken.end(), i) == taken.end()) eligible.push_back(i);
  if (eligible.empty()) {
    eligible.resize(standings.size());
    std::iota(eligible.begin(), eligible.end(), std::size_t{0});
  }
  std::size_t winner = rng.pick(eligible);
  for (int i = 1; i < contestants; ++i) {
    const std::size_t challenger = rng.pick(eligible);
    if (ranks_before(standings[challenger], standings[winner])) winner = challenger;
  }
  return winner;
}

}  // namespace evofactor::evolve
