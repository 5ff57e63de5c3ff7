#pragma once
#include <vector>

#include "engine/core/grid.hpp"
#include "engine/core/ids.hpp"

namespace evofactor::fitness {

/// Points in groups, the largest first (of equals that with the earliest point).
struct KMeans {
  std::vector<int> cluster;  ///< [n] 0 to k - 1
  /// [k, dimensions] mean of each group. Where fewer than k points differ some groups are empty;
  /// their centre is that of another.
  Grid<double> centres;
  double within = 0;  ///< sum of squared distances to the own centre
};

/// The best by `within` of several starts of Lloyd's iteration, each from centres drawn among the
/// points, far ones rather than near ones. Deterministic for a seed.
/// Source: Arthur and Vassilvitskii 2007, k-means++: the advantages of careful seeding.
/// @param points [n, dimensions], n >= 1 @param k at least 1; at most n are made
[[nodiscard]] KMeans k_means(const Grid<double>& points, int k, Seed seed, int starts = 20);

}  // namespace evofactor::fitness
