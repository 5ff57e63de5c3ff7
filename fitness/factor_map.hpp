#pragma once
#include <limits>
#include <span>
#include <vector>

#include "engine/core/grid.hpp"

namespace evofactor::fitness {

/// Groups of factors; the centres of three lie on a plane.
inline constexpr int kFactorGroups = 3;

/// Factors in groups by their distances, and a drawing of them.
///
/// The squared distances are scaled classically (Torgerson 1952): factors become points whose
/// Euclidean distances are those given, but for the part that no Euclidean space can hold. k-means
/// groups the points. A group's centre is the mean of its points, and two centres are as far apart
/// as these means are: where all members of a group are alike that is the distance of its factors,
/// where they scatter it is less.
struct FactorMap {
  struct Place {
    double x = std::numeric_limits<double>::quiet_NaN();
    double y = std::numeric_limits<double>::quiet_NaN();
  };
  /// Factors that come from one place, an arm, whatever their group.
  struct Family {
    int factors = 0;  ///< placed
    double spread =
        std::numeric_limits<double>::quiet_NaN();  ///< mean distance to the family's centre
    /// Share of its factors that lie nearer to another family's centre than to their own family's
    /// without them. Near .5 where two families are alike, 1 where they are copies. NaN with one
    /// factor or one family.
    double overlap = std::numeric_limits<double>::quiet_NaN();
  };

  std::vector<int> cluster;  ///< [K] 0 = the largest; -1 = not placed
  /// [K] A factor stands as far from its group's centre as it is, to the side to which it leans on
  /// the plane of the centres; NaN if not placed.
  std::vector<Place> places;
  std::vector<Place> centres;  ///< [k] exact for up to three, else as near as a plane can hold
  std::vector<double> spread;  ///< [k] mean distance of a group's factors to its centre
  Grid<double> between;        ///< [k, k] distances of the centres
  /// Mean over pairs of centres of their distance; NaN with fewer than two.
  double diversity = std::numeric_limits<double>::quiet_NaN();
  std::vector<Family> families;
};

/// Deterministic. Factors that have no distance to others are not placed: those with the most such
/// gaps are left out until none is.
/// @param distance [K, K] symmetric, 0 on the diagonal, NaN = unknown (factor_distance.hpp)
/// @param family of each factor, from 0 up; empty: no families
/// @param k groups; as many as factors if those are fewer
[[nodiscard]] FactorMap map_factors(const Grid<double>& distance, std::span<const int> family,
                                    int k = kFactorGroups);

}  // namespace evofactor::fitness
