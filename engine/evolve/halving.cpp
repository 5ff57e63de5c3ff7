#include "engine/evolve/halving.hpp"

#include <algorithm>
#include <cmath>

#include "engine/evolve/selection.hpp"

namespace evofactor::evolve {
namespace {

/// Sums of shares are not exact.
constexpr double kSlack = 1e-9;

}  // namespace

double share_of(const HalvingSettings& settings, int rung) {
  if (rung + 1 >= settings.rungs) return 1;
  const double left = settings.rungs - 1 - rung;
  return std::pow(settings.min_share, left / (settings.rungs - 1));
}

double cost_to(const HalvingSettings& settings, int rung) {
  double cost = 0;
  for (int r = 0; r <= rung; ++r) cost += share_of(settings, r);
  return cost;
}

std::size_t n_promoted(const HalvingSettings& settings, std::size_t n) {
  const auto best = std::llround(settings.keep * static_cast<double>(n));
  return n == 0 ? 0 : static_cast<std::size_t>(std::max(1LL, best));
}

double cost_of(const HalvingSettings& settings, std::size_t n) {
  double cost = 0;
  for (int rung = 0; rung < settings.rungs; ++rung) {
    cost += share_of(settings, rung) * static_cast<double>(n);
    n = n_promoted(settings, n);
  }
  return cost;
}

std::size_t affordable(const HalvingSettings& settings, double cost, std::size_t at_most) {
  std::size_t enough = 0, too_many = at_most + 1;
  while (too_many - enough > 1) {
    const std::size_t middle = enough + (too_many - enough) / 2;
    (cost_of(settings, middle) <= cost + kSlack ? enough : too_many) = middle;
  }
  return enough;
}

std::vector<std::size_t> promoted(const HalvingSettings& settings, std::span<const Member> members,
                                  std::span<const std::size_t> going, int rung) {
  const auto came_further = [&](std::size_t i) {
    return members[i].climb && members[i].climb->rung > rung;
  };
  std::vector<std::size_t> order;
  for (const std::size_t i : going)
    if (came_further(i) || fitness_of(members[i].outcome)) order.push_back(i);
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    if (came_further(a) != came_further(b)) return came_further(a);
    return ranks_before({fitness_of(members[a].outcome), members[a].id},
                        {fitness_of(members[b].outcome), members[b].id});
  });
  order.resize(std::min(order.size(), n_promoted(settings, going.size())));
  std::ranges::sort(order);
  return order;
}

}  // namespace evofactor::evolve
