#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/grid.hpp"

namespace evofactor::fitness {

/// Scratch memory of rank computations; one per thread, reused.
struct RankScratch {
  std::vector<float, AlignedAllocator<float>> row;
  std::vector<std::uint64_t> words;
};

/// Average ranks (1-based) of the finite values whose mask is not 0 (an empty mask means all); NaN
/// elsewhere.
/// @returns the number of ranked values
int average_ranks(std::span<const float> values, std::span<const std::uint8_t> mask,
                  std::span<float> ranks, RankScratch& scratch);

/// Each day's values as centred ranks scaled to [-1, 1] over the mask's stocks (lowest -1, highest
/// 1, ties averaged, a constant day all 0), times `sign`; 0 where missing. The form in which
/// factors are combined and correlated.
[[nodiscard]] Grid<float> centred_ranks(const FactorView& factor, const Grid<std::uint8_t>& mask,
                                        DayRange days, int sign);

/// Mean over days of the correlation between two such grids (equal shapes); days on which one is
/// constant count as 0.
[[nodiscard]] double mean_rank_correlation(const Grid<float>& a, const Grid<float>& b);

}  // namespace evofactor::fitness
