#pragma once
#include "data/market.hpp"
#include "data/synthetic.hpp"

namespace evofactor::test {

/// A simulated market with labels and masks.
struct SmallMarket {
  Panel panel;
  Market market;
  Labels labels;
};

inline SmallMarket small_market(int stocks = 150, int days = 330, std::uint64_t seed = 3,
                                const LabelSettings& label = {}) {
  SmallMarket result;
  result.panel = simulate_panel(
      {.stocks = stocks, .universe = stocks * 4 / 5, .days = days, .seed = Seed{seed}});
  result.market = make_market(result.panel, {});
  result.labels = make_labels(result.panel, result.market, label, {});
  return result;
}

}  // namespace evofactor::test
