#pragma once
#include <span>
#include <vector>

#include "data/market.hpp"
#include "engine/core/grid.hpp"
#include "engine/formula/program.hpp"

namespace evofactor::formula {

/// Values of `program` on days [days.first, days.last) of `market`. Days before the market's first
/// are missing. Uses one thread; safe to call from many threads on one market. f32; bitwise the
/// same whichever `days` are asked for, as long as the market reaches look_back days before them
/// (bounded drift of running sums apart, which is also the same: sums restart at fixed days of the
/// market's calendar).
/// @throws ConfigError if the market lacks a field or a window is longer than the market
[[nodiscard]] FactorValues evaluate(const Program& program, const Market& market, DayRange days);

/// Many programs on one market, equal subtrees once; same values as evaluate one by one, in the
/// same order.
[[nodiscard]] std::vector<FactorValues> evaluate(std::span<const Program> programs,
                                                 const Market& market, DayRange days);

}  // namespace evofactor::formula
