#pragma once
#include "data/market.hpp"

namespace evofactor {

/// [D, N] stocks that are scored on each day, by `mask.kind`; `forward_return` as made for `label`.
/// Needs the panel's status when the kind is tradable.
[[nodiscard]] Grid<std::uint8_t> make_mask(const Panel& panel, const Market& market,
                                           const LabelSettings& label, const MaskSettings& mask,
                                           const Grid<float>& forward_return);

}  // namespace evofactor
