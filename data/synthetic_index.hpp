#pragma once
#include "data/panel.hpp"

namespace evofactor {

/// Adds levels of the indices 000300.SH, 000905.SH and 000906.SH: members of csi300, csi500 and
/// csi800 weighted by float cap, dividends kept. A bar's high and low are the means of the members'
/// highs and lows.
void add_index_series(Panel& panel);

}  // namespace evofactor
