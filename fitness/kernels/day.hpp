#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace evofactor::fitness::kernels {

/// Sum over k of (2 k + 1 - n) * ranks[column of words[k]]: the product of the ranks of n untied
/// ascending words (ranking.hpp) with given ones, whole numbers. Exact.
double untied_rank_products(const std::uint64_t* words, std::size_t n, const float* ranks);

/// In double, eight interleaved partial sums whatever the machine's vectors are: the same bits
/// everywhere.
double sum(std::span<const float> x);

struct Deviations {
  double xx = 0;  ///< sum of (x - x_mean)^2
  double xy = 0;  ///< sum of (x - x_mean) (y - y_mean)
};
Deviations deviations(std::span<const float> x, double x_mean, std::span<const float> y,
                      double y_mean);

/// Of two rows of centred ranks, in float: sixteen interleaved partial sums, added up in double.
struct Products {
  double ab = 0, aa = 0, bb = 0;
};
Products products(std::span<const float> a, std::span<const float> b);

/// Correlation of a day's factor values with given ranks, the values taken through a smooth step
/// that stands in for their ranks: no sorting. In float, sixteen interleaved partial sums, added up
/// in double.
struct Agreement {
  int stocks = 0;          ///< with both
  double correlation = 0;  ///< not finite where either is constant, or beyond what floats hold
};
/// @param ranks NaN where a stock does not count; both rows are padded to whole vectors (Grid)
Agreement agreement(const float* factor, const float* ranks, std::size_t width);
/// The step's values scaled to unit length, 0 where a stock does not count. All 0 if constant.
void unit_step(const float* factor, const float* ranks, std::size_t width, float* out);
/// Sum of products, as `products`. Both rows are padded to whole vectors.
double dot(const float* a, const float* b, std::size_t width);

}  // namespace evofactor::fitness::kernels
