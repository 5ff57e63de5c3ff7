#pragma once
#include "data/market.hpp"
#include "engine/core/grid.hpp"
#include "engine/formula/program.hpp"

namespace evofactor::gp {

/// A small part of a market on which it is told cheaply whether two formulas are one factor in two
/// ways of writing. Read-only; uses no label.
class Probe {
 public:
  static constexpr int kStocks = 24, kDays = 16;

  /// Up to kStocks stocks spread over those in the cross-section on all of the last kDays days of
  /// `days`, with the days before that a formula of this look-back reads.
  Probe(const Market& market, DayRange days, int look_back);

  /// Whether both rank the stocks in the same order, or in the opposite one, on every day. Formulas
  /// that do so here may differ elsewhere; ones that do not are different factors.
  [[nodiscard]] bool alike(const formula::Program& a, const formula::Program& b) const;

 private:
  [[nodiscard]] Grid<float> ranks(const formula::Program& program) const;

  Market market_;
  DayRange days_;
};

}  // namespace evofactor::gp
