#pragma once
#include <limits>
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
};

}  // namespace evofactor::evolve
