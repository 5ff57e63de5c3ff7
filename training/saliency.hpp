#pragma once
#include <span>
#include <vector>

#include "genome/net/stacked_net.hpp"
#include "training/inputs.hpp"

namespace evofactor::training {

/// Saliency of one network: the gradient of a stock's factor with respect to each of its inputs as
/// the network gets them (standardised), mean over all stocks of `days`. Where stocks see each
/// other (stock_conv, norms over the day) it is the gradient of the day's sum. In double precision
/// over days and stocks in their order.
/// @param net of one candidate
/// @returns [features * window], feature by feature, the oldest day first; all 0 if no day has a
/// stock
/// Source: Fang et al. 2020, eq. 17.
[[nodiscard]] std::vector<double> saliency(net::StackedNet& net, const InputSet& inputs,
                                           std::span<const int> days);

/// `count` days of the range, evenly spaced from its first to its last; all of them if it has no
/// more. @param count at least 1
[[nodiscard]] std::vector<int> evenly_spaced(DayRange days, int count);

}  // namespace evofactor::training
