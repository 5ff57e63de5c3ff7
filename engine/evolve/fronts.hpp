#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace evofactor::evolve {

/// Indices of members by the fronts none of whose members another dominates, best front first; in
/// a front those first whose neighbours in the objectives are farthest away. Failures come last,
/// the older of two equals first. Source: Deb et al. 2002, A fast and elitist multiobjective
/// genetic algorithm: NSGA-II (IEEE Transactions on Evolutionary Computation 6, 182).
/// @param objectives [members][objectives], more is better; an empty row is a failure
[[nodiscard]] std::vector<std::size_t> by_fronts(std::span<const std::vector<double>> objectives);

}  // namespace evofactor::evolve
