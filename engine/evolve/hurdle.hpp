#pragma once
#include <limits>
#include <optional>
#include <vector>

#include "engine/evolve/unit_rows.hpp"

namespace evofactor::evolve {

/// What a candidate has to beat to be kept, as things stand when its generation begins. One that
/// becomes neither an elite nor a member of the pool counts as a possible parent only, so an
/// approximate score will do for it.
struct Hurdle {
  struct Rival {
    double fitness = 0;
    const UnitRows* values = nullptr;  ///< of Problem::pool_values
  };
  double elite = -std::numeric_limits<double>::infinity();  ///< fitness that makes an elite
  double pool = -std::numeric_limits<double>::infinity();   ///< fitness that the pool may take ...
  double max_correlation = 1;   ///< ... from one that correlates less with every better ...
  std::vector<Rival> rivals{};  ///< ... of its members, best first
  /// What the pool's members add up to by their best weights (FactorPool::combination); null where
  /// nobody asks.
  const UnitRows* combination = nullptr;
  /// Where the pool admits by contribution: what a member must add, as the square of its fitness
  /// beyond its correlation with the combination. Correlated with better ones it may be.
  std::optional<double> contribution{};
};

}  // namespace evofactor::evolve
