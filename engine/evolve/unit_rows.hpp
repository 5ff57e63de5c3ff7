#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "engine/core/grid.hpp"

namespace evofactor::evolve {

/// Rows centred and scaled to unit length, zeros where a row is constant: the Pearson correlation
/// of two rows is their dot product. Rows are filled up with zeros to a multiple of 16. Non-finite
/// values count as 0.
struct UnitRows {
  std::size_t rows = 0, stride = 0;
  std::vector<float> values;
};
/// Elements of a row of so many values.
[[nodiscard]] std::size_t unit_row_stride(std::size_t columns);
[[nodiscard]] UnitRows unit_rows(const Grid<float>& grid);

/// Mean over rows of the Pearson correlation; a row constant in either counts as 0. Shapes must be
/// equal. Symmetric to the last bit and the same for any number of threads.
[[nodiscard]] double mean_row_correlation(const UnitRows& a, const UnitRows& b);

/// mean_row_correlation of every `a` with every `b`, with the same bits: [a][b] in `out`. Reads
/// each b once for all of `a`, so memory is what a few of them at a time save.
void mean_row_correlations(std::span<const UnitRows* const> a, std::span<const UnitRows* const> b,
                           std::span<double> out);

/// |mean_row_correlation(a, b)| > bar, told as soon as the rows left cannot change it: for a bar of
/// 0.7 and factors that have little in common, after a third of them.
[[nodiscard]] bool resembles(const UnitRows& a, const UnitRows& b, double bar);

}  // namespace evofactor::evolve
