#pragma once
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/grid.hpp"

namespace evofactor::fitness {

/// Scratch memory of rank computations; one per thread, reused.
struct RankScratch {
  std::vector<std::uint64_t> keys;
  std::vector<float> ranks;
};

/// Sort key of a float: unsigned order is numeric order, -0 and +0 have one key. Infinities sort to
/// the ends; NaN has no meaning here.
[[nodiscard]] inline std::uint32_t ordered_key(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value + 0.0F);
  return bits ^ ((bits >> 31) != 0 ? 0xffffffffU : 0x80000000U);
}

/// Ascending, by Highway's vectorised quicksort. Equal keys cannot be told apart, so the result is
/// unique.
void sort_keys(std::span<std::uint64_t> keys);

/// Average ranks (1-based) of the finite values whose mask is not 0 (an empty mask means all); NaN
/// elsewhere. Sorts packed (value, index) 64-bit keys with Highway's vectorised sort.
/// @returns the number of ranked values
int average_ranks(std::span<const float> values, std::span<const std::uint8_t> mask,
                  std::span<float> ranks, RankScratch& scratch);

/// Each day's values as centred ranks scaled to [-1, 1] over the mask's stocks (lowest -1, highest
/// 1, ties averaged, a constant day all 0), times `sign`; 0 where missing. The form in which
/// factors are combined and correlated.
[[nodiscard]] Grid<float> centred_ranks(const FactorValues& factor, const Grid<std::uint8_t>& mask,
                                        DayRange days, int sign);

/// Mean over days of the correlation between two such grids (equal shapes); days on which one is
/// constant count as 0.
[[nodiscard]] double mean_rank_correlation(const Grid<float>& a, const Grid<float>& b);

}  // namespace evofactor::fitness
