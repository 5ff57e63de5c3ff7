#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace evofactor::fitness::kernels {

/// Sum over k of (2 k + 1 - n) * ranks[index of keys[k]], n = keys.size(): the product of the ranks
/// of untied sorted keys with given ranks. Exact, as everything summed is a whole number.
double untied_rank_products(std::span<const std::uint64_t> keys, std::span<const double> ranks);

/// Whether two neighbours of the sorted keys have equal values.
bool has_ties(std::span<const std::uint64_t> keys);

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

}  // namespace evofactor::fitness::kernels
