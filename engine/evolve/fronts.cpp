#include "engine/evolve/fronts.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

namespace evofactor::evolve {
namespace {

bool dominates(const std::vector<double>& a, const std::vector<double>& b) {
  bool better = false;
  for (std::size_t o = 0; o < a.size(); ++o) {
    if (a[o] < b[o]) return false;
    better = better || a[o] > b[o];
  }
  return better;
}

/// Fronts of the members that have objectives, each in ascending order.
std::vector<std::vector<std::size_t>> fronts_of(std::span<const std::vector<double>> objectives) {
  const std::size_t n = objectives.size();
  std::vector<std::vector<std::size_t>> below(n), fronts;
  std::vector<int> n_above(n, 0);
  std::vector<std::size_t> front;
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b)
      if (!objectives[a].empty() && !objectives[b].empty() &&
          dominates(objectives[a], objectives[b])) {
        below[a].push_back(b);
        ++n_above[b];
      }
  for (std::size_t a = 0; a < n; ++a)
    if (!objectives[a].empty() && n_above[a] == 0) front.push_back(a);
  while (!front.empty()) {
    std::vector<std::size_t> next;
    for (const std::size_t a : front)
      for (const std::size_t b : below[a])
        if (--n_above[b] == 0) next.push_back(b);
    std::ranges::sort(next);
    fronts.push_back(std::exchange(front, std::move(next)));
  }
  return fronts;
}

/// For each member of the front, the distance between its neighbours in every objective, in units
/// of the front's extent, summed; infinite at an end.
std::vector<double> crowding(std::span<const std::vector<double>> objectives,
                             std::span<const std::size_t> front) {
  std::vector<double> distance(front.size(), 0);
  std::vector<std::size_t> order(front.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t o = 0; o < objectives[front[0]].size(); ++o) {
    const auto value = [&](std::size_t k) { return objectives[front[k]][o]; };
    std::ranges::stable_sort(order, {}, value);
    const double extent = value(order.back()) - value(order.front());
    distance[order.front()] = distance[order.back()] = std::numeric_limits<double>::infinity();
    if (!(extent > 0)) continue;
    for (std::size_t k = 1; k + 1 < order.size(); ++k)
      distance[order[k]] += (value(order[k + 1]) - value(order[k - 1])) / extent;
  }
  return distance;
}

}  // namespace

std::vector<std::size_t> by_fronts(std::span<const std::vector<double>> objectives) {
  std::vector<std::size_t> result;
  for (const std::vector<std::size_t>& front : fronts_of(objectives)) {
    const std::vector<double> distance = crowding(objectives, front);
    std::vector<std::size_t> order(front.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t k) { return distance[k]; });
    for (const std::size_t k : order) result.push_back(front[k]);
  }
  for (std::size_t i = 0; i < objectives.size(); ++i)
    if (objectives[i].empty()) result.push_back(i);
  return result;
}

}  // namespace evofactor::evolve
