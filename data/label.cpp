#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "data/mask.hpp"
#include "data/vwap.hpp"

namespace evofactor {
namespace {

enum class PriceKind { kOpen, kClose, kVwap };

/// Where a label of day t begins and ends: price and days after t.
struct LabelEnds {
  PriceKind entry, exit;
  int entry_days, exit_days;
};

LabelEnds ends_of(const LabelSettings& label) {
  const int h = label.horizon;
  switch (label.kind) {
    case LabelKind::kCloseToClose:
      return {PriceKind::kClose, PriceKind::kClose, 0, h};
    case LabelKind::kOpenToClose:
      return {PriceKind::kOpen, PriceKind::kClose, 1, h};
    case LabelKind::kOpenToOpen:
      return {PriceKind::kOpen, PriceKind::kOpen, 1, h + 1};
    case LabelKind::kVwapToVwap:
      return {PriceKind::kVwap, PriceKind::kVwap, 1, h + 1};
  }
  EVOFACTOR_CHECK(false, "label kind {}", static_cast<int>(label.kind));
  return {};
}

/// Raw prices and factors of the panel by kind.
class Prices {
 public:
  explicit Prices(const Panel& panel)
      : open_(panel.field("open")), close_(panel.field("close")), vwap_(panel) {
    if (panel.has("adj_factor")) factor_ = &panel.field("adj_factor");
  }
  [[nodiscard]] bool has_vwap() const { return vwap_.known(); }
  [[nodiscard]] double raw(PriceKind kind, std::size_t day, std::size_t stock) const {
    switch (kind) {
      case PriceKind::kOpen:
        return static_cast<double>(open_(day, stock));
      case PriceKind::kClose:
        return static_cast<double>(close_(day, stock));
      case PriceKind::kVwap:
        return static_cast<double>(vwap_(day, stock));
    }
    return std::nan("");
  }
  [[nodiscard]] double factor(std::size_t day, std::size_t stock) const {
    return factor_ ? static_cast<double>((*factor_)(day, stock)) : 1.0;
  }

 private:
  const Grid<float>&open_, &close_;
  VwapView vwap_;
  const Grid<float>* factor_ = nullptr;
};

void fill_returns_of_stock(const Market& market, const Prices& prices, const LabelEnds& ends,
                           std::size_t s, Grid<float>& returns) {
  const std::size_t n_days = returns.rows();
  const auto entry_days = static_cast<std::size_t>(ends.entry_days);
  const auto exit_days = static_cast<std::size_t>(ends.exit_days);
  for (std::size_t t = 0; t + exit_days < n_days; ++t) {
    const std::size_t entry = t + entry_days, exit = t + exit_days;
    if (!market.traded(entry, s)) continue;
    std::size_t last = exit;  // the day of the price the holding is marked at
    PriceKind kind = ends.exit;
    if (!market.traded(exit, s)) {
      if (market.suspended == Suspended::kMissing) continue;
      while (!market.traded(last, s)) --last;  // stops at the entry at the latest
      kind = PriceKind::kClose;
    }
    // The ratio of factors first: it is exactly 1 where nothing was paid out.
    const double growth = prices.raw(kind, last, s) / prices.raw(ends.entry, entry, s) *
                          (prices.factor(last, s) / prices.factor(entry, s));
    const auto value = static_cast<float>(growth - 1.0);
    if (std::isfinite(value)) returns(t, s) = value;
  }
}

}  // namespace

int label_reach(const LabelSettings& settings) { return ends_of(settings).exit_days; }

Labels make_labels(const Panel& panel, const Market& market, const LabelSettings& label,
                   const MaskSettings& mask) {
  EVOFACTOR_CHECK(label.horizon >= 1, "label horizon {}", label.horizon);
  const auto rows = static_cast<std::size_t>(panel.n_days());
  const auto columns = static_cast<std::size_t>(panel.n_stocks());
  EVOFACTOR_CHECK(market.traded.rows() == rows && market.traded.columns() == columns,
                  "market and panel differ in size");
  const Prices prices(panel);
  const LabelEnds ends = ends_of(label);
  if (ends.entry == PriceKind::kVwap && !prices.has_vwap())
    throw ConfigError(
        "label vwap_to_vwap needs vwap, and the panel has neither vwap nor amount: import them, or "
        "use open_to_open, open_to_close or close_to_close");
  Labels labels{Grid<float>(rows, columns, kMissing), {}};
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, (columns + 63) / 64), [&](const auto& blocks) {
        for (std::size_t s = blocks.begin() * 64; s < std::min(columns, blocks.end() * 64); ++s)
          fill_returns_of_stock(market, prices, ends, s, labels.forward_return);
      });
  labels.mask = make_mask(panel, market, label, mask, labels.forward_return);
  return labels;
}

void shuffle_labels(Labels& labels, Seed seed) {
  Rng rng(derive(seed, "shuffle"));
  for (std::size_t d = 0; d < labels.mask.rows(); ++d) {
    std::vector<std::size_t> scored;
    std::vector<float> returns;
    for (std::size_t i = 0; i < labels.mask.columns(); ++i)
      if (labels.mask(d, i) != 0) {
        scored.push_back(i);
        returns.push_back(labels.forward_return(d, i));
      }
    rng.shuffle(returns);
    for (std::size_t k = 0; k < scored.size(); ++k)
      labels.forward_return(d, scored[k]) = returns[k];
  }
}

}  // namespace evofactor
