#include "engine/evolve/pool_view.hpp"

#include <cmath>

namespace evofactor::evolve {

Hurdle PoolView::hurdle(double elite) const {
  Hurdle result;
  result.elite = elite;
  if (std::isinf(elite) && elite < 0) return result;
  result.pool = pool_.bar();
  result.max_correlation = pool_.max_correlation();
  for (const PoolEntry& entry : pool_.entries())
    result.rivals.push_back({entry.fitness(), entry.unit.get()});
  if (pool_.admission() == Admission::kContribution)
    result.contribution = pool_.least_contribution();
  if (weighs_) std::call_once(once_, [this] { combination_ = pool_.combination(); });
  result.combination = combination_.rows > 0 ? &combination_ : nullptr;
  return result;
}

}  // namespace evofactor::evolve
