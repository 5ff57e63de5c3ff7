#pragma once
#include <mutex>

#include "engine/evolve/hurdle.hpp"
#include "engine/evolve/pool.hpp"

namespace evofactor::evolve {

/// The pool as it is when candidates are bred, kept as long as they are scored against it.
class PoolView {
 public:
  /// @param weighs whether hurdles tell what the pool's members add up to
  PoolView(FactorPool pool, bool weighs) : pool_(std::move(pool)), weighs_(weighs) {}

  [[nodiscard]] const FactorPool& pool() const { return pool_; }
  /// What a candidate has to beat; points into this view. Any thread.
  /// @param elite fitness that makes an elite
  [[nodiscard]] Hurdle hurdle(double elite) const;

 private:
  FactorPool pool_;
  bool weighs_;
  mutable std::once_flag once_;
  mutable UnitRows combination_;  ///< made when it is first asked for
};

}  // namespace evofactor::evolve
