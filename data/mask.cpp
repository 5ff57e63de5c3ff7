#include "data/mask.hpp"

#include "data/status.hpp"

namespace evofactor {
namespace {

/// Whether an order at the label's entry price cannot be filled for lack of the other side.
class EntryLock {
 public:
  EntryLock(const Panel& panel, LabelKind kind)
      : kind_(kind),
        open_(panel.field("open")),
        high_(panel.field("high")),
        low_(panel.field("low")),
        close_(panel.field("close")),
        up_(panel.limit_up),
        down_(panel.limit_down) {}

  [[nodiscard]] bool operator()(std::size_t d, std::size_t s) const {
    return locked_at(up_(d, s), d, s) || locked_at(down_(d, s), d, s);
  }

 private:
  [[nodiscard]] bool locked_at(float limit, std::size_t d, std::size_t s) const {
    switch (kind_) {
      case LabelKind::kCloseToClose:
        return at_limit(close_(d, s), limit);
      case LabelKind::kOpenToClose:
      case LabelKind::kOpenToOpen:
        return at_limit(open_(d, s), limit);
      case LabelKind::kVwapToVwap:
        return at_limit(high_(d, s), limit) && at_limit(low_(d, s), limit);
    }
    return false;
  }
  LabelKind kind_;
  const Grid<float>&open_, &high_, &low_, &close_, &up_, &down_;
};

}  // namespace

Grid<std::uint8_t> make_mask(const Panel& panel, const Market& market, const LabelSettings& label,
                             const MaskSettings& mask, const Grid<float>& forward_return) {
  const std::size_t rows = forward_return.rows(), columns = forward_return.columns();
  const bool tradable = mask.kind == MaskKind::kTradable;
  EVOFACTOR_CHECK(!tradable || (panel.st.rows() == rows && panel.listed_days.rows() == rows &&
                                panel.limit_up.rows() == rows && panel.limit_down.rows() == rows),
                  "the panel's status was never filled");
  const EntryLock locked(panel, label.kind);
  const std::size_t entry_days = label.kind == LabelKind::kCloseToClose ? 0 : 1;
  Grid<std::uint8_t> result(rows, columns, 0);
  for (std::size_t t = 0; t + entry_days < rows; ++t) {
    const std::size_t entry = t + entry_days;
    for (std::size_t s = 0; s < columns; ++s) {
      const float value = forward_return(t, s);
      if (value != value || !market.member(t, s) || !market.traded(t, s)) continue;
      // A finite label tells that the stock traded on the entry day.
      if (tradable &&
          (panel.st(t, s) || panel.listed_days(t, s) < mask.min_listed_days || locked(entry, s)))
        continue;
      result(t, s) = 1;
    }
  }
  return result;
}

}  // namespace evofactor
