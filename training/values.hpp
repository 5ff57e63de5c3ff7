#pragma once
#include <span>
#include <vector>

#include "engine/core/grid.hpp"
#include "genome/net/stacked_net.hpp"
#include "training/inputs.hpp"

namespace evofactor::training {

/// Factor of each candidate of a stack: rows for every day of `range`, values on the days listed,
/// NaN elsewhere and where an input is missing.
[[nodiscard]] std::vector<FactorValues> values_of(net::StackedNet& net, const InputSet& inputs,
                                                  std::span<const int> days, DayRange range,
                                                  int n_stocks);

/// first, first + 1, … last - 1
[[nodiscard]] std::vector<int> day_list(DayRange days);

}  // namespace evofactor::training
