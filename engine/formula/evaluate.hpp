#pragma once
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "data/market.hpp"
#include "engine/core/grid.hpp"
#include "engine/formula/arena.hpp"
#include "engine/formula/program.hpp"

namespace evofactor::formula {

/// Values of `program` on days [days.first, days.last) of `market`; what lies before the market's
/// first day is missing. Uses one thread; safe to call from many threads on one market. f32.
/// Bitwise the same whichever `days` are asked for and on any number of threads: sums are taken
/// window by window from fixed blocks of the market's calendar and never carried on, so they do not
/// drift. Recursive functions (ewm, ewm_wilder) start on the market's first day.
/// @throws ConfigError if the market lacks a field or a window is longer than the market
[[nodiscard]] FactorValues evaluate(const Program& program, const Market& market, DayRange days);

/// What becomes of the value of the program with this index; it is gone when the call returns.
using UseValues = std::function<void(std::size_t program, const FactorView& values)>;

/// Many programs on one market, equal subtrees once, and none that `arena` has; same values as one
/// by one. `use` is called for each in order, as soon as its values are there.
/// @param arena null, or one that has served this market and days.last alone
void evaluate(std::span<const Program> programs, const Market& market, DayRange days,
              ValueArena* arena, const UseValues& use);

/// Many programs on one market, equal subtrees once; same values as evaluate one by one, in the
/// same order.
[[nodiscard]] std::vector<FactorValues> evaluate(std::span<const Program> programs,
                                                 const Market& market, DayRange days);

}  // namespace evofactor::formula
