#include "engine/evolve/unit_rows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "engine/core/error.hpp"

namespace evofactor::evolve {
namespace {

/// A fixed number of partial sums lets the compiler use vector registers without changing the order
/// of additions: the bits are the same for every instruction set compiled for.
constexpr std::size_t kLanes = 16;
using Sums = std::array<float, kLanes>;
#define EVOFACTOR_VECTORISED __attribute__((target_clones("avx512f", "avx2", "default")))

double total(const Sums& sums) {
  double result = 0;
  for (const float sum : sums) result += static_cast<double>(sum);
  return result;
}

EVOFACTOR_VECTORISED void add_products(const float* x, const float* y, std::size_t n, Sums& sums) {
  Sums local = sums;
  for (std::size_t i = 0; i < n; i += kLanes)
    for (std::size_t k = 0; k < kLanes; ++k) local[k] += x[i + k] * y[i + k];
  sums = local;
}

constexpr std::size_t kTogether = 4;

/// add_products of each x with y.
EVOFACTOR_VECTORISED void add_products_of_four(const std::array<const float*, kTogether>& x,
                                               const float* y, std::size_t n,
                                               std::array<Sums, kTogether>& sums) {
  Sums s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
  for (std::size_t i = 0; i < n; i += kLanes)
    for (std::size_t k = 0; k < kLanes; ++k) {
      s0[k] += x[0][i + k] * y[i + k];
      s1[k] += x[1][i + k] * y[i + k];
      s2[k] += x[2][i + k] * y[i + k];
      s3[k] += x[3][i + k] * y[i + k];
    }
  sums = {s0, s1, s2, s3};
}

/// Copies n values, missing ones as 0. @returns whether they are all equal
EVOFACTOR_VECTORISED bool copy_row(const float* from, std::size_t n, float* to, Sums& sums) {
  const float first = std::isfinite(from[0]) ? from[0] : 0.0F;
  int differ = 0;
  for (std::size_t i = 0; i < n; ++i) {
    to[i] = std::abs(from[i]) <= std::numeric_limits<float>::max() ? from[i] : 0.0F;
    differ |= to[i] != first ? 1 : 0;
  }
  Sums local{};
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (std::size_t k = 0; k < kLanes; ++k) local[k] += to[i + k];
  for (std::size_t k = 0; i + k < n; ++k) local[k] += to[i + k];
  sums = local;
  return differ == 0;
}

EVOFACTOR_VECTORISED void shift(float* x, std::size_t n, float by) {
  for (std::size_t i = 0; i < n; ++i) x[i] -= by;
}
EVOFACTOR_VECTORISED void scale(float* x, std::size_t n, float by) {
  for (std::size_t i = 0; i < n; ++i) x[i] *= by;
}

double row_correlation(const UnitRows& a, const UnitRows& b, std::size_t row) {
  Sums sums{};
  add_products(a.values.data() + row * a.stride, b.values.data() + row * b.stride, a.stride, sums);
  return total(sums);
}

void require_equal_shapes(const UnitRows& a, const UnitRows& b) {
  EVOFACTOR_CHECK(a.rows == b.rows && a.stride == b.stride,
                  "values of {} rows of {} and {} rows of {} cannot be correlated", a.rows,
                  a.stride, b.rows, b.stride);
}

}  // namespace

std::size_t unit_row_stride(std::size_t columns) {
  return (columns + kLanes - 1) / kLanes * kLanes;
}

UnitRows unit_rows(const Grid<float>& grid) {
  UnitRows unit;
  unit.rows = grid.rows();
  unit.stride = unit_row_stride(grid.columns());
  unit.values.resize(unit.rows * unit.stride);
  const std::size_t n = grid.columns();
  for (std::size_t r = 0; r < grid.rows(); ++r) {
    float* out = unit.values.data() + r * unit.stride;
    Sums sums{};
    if (n == 0 || copy_row(grid.row(r).data(), n, out, sums)) {
      std::fill_n(out, n, 0.0F);
      continue;
    }
    shift(out, n, static_cast<float>(total(sums) / static_cast<double>(n)));
    Sums squares{};
    add_products(out, out, unit.stride, squares);
    scale(out, n, static_cast<float>(1 / std::sqrt(total(squares))));
  }
  return unit;
}

double mean_row_correlation(const UnitRows& a, const UnitRows& b) {
  require_equal_shapes(a, b);
  double sum = 0;
  for (std::size_t r = 0; r < a.rows; ++r) sum += row_correlation(a, b, r);
  return a.rows == 0 ? 0 : sum / static_cast<double>(a.rows);
}

void mean_row_correlations(std::span<const UnitRows* const> a, std::span<const UnitRows* const> b,
                           std::span<double> out) {
  EVOFACTOR_CHECK(out.size() == a.size() * b.size(), "{} results of {} x {}", out.size(), a.size(),
                  b.size());
  std::ranges::fill(out, 0.0);
  if (a.empty() || b.empty()) return;
  for (const UnitRows* other : b)
    for (const UnitRows* one : a) require_equal_shapes(*one, *other);
  const std::size_t rows = a.front()->rows;
  const std::size_t stride = a.front()->stride;
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t j = 0; j < b.size(); ++j) {
      const float* y = b[j]->values.data() + r * stride;
      std::size_t i = 0;
      for (; i + kTogether <= a.size(); i += kTogether) {
        std::array<const float*, kTogether> x{};
        for (std::size_t k = 0; k < kTogether; ++k) x[k] = a[i + k]->values.data() + r * stride;
        std::array<Sums, kTogether> sums{};
        add_products_of_four(x, y, stride, sums);
        for (std::size_t k = 0; k < kTogether; ++k) out[(i + k) * b.size() + j] += total(sums[k]);
      }
      for (; i < a.size(); ++i) out[i * b.size() + j] += row_correlation(*a[i], *b[j], r);
    }
  for (double& sum : out) sum = rows == 0 ? 0 : sum / static_cast<double>(rows);
}

bool resembles(const UnitRows& a, const UnitRows& b, double bar) {
  require_equal_shapes(a, b);
  // Rounding can take a row a little beyond 1.
  constexpr double kMost = 1 + 1e-4;
  const double bound = bar * static_cast<double>(a.rows);
  double sum = 0;
  for (std::size_t r = 0; r < a.rows; ++r) {
    sum += row_correlation(a, b, r);
    const double rest = kMost * static_cast<double>(a.rows - r - 1);
    if (std::abs(sum) + rest <= bound) return false;
    if (std::abs(sum) - rest > bound) return true;
  }
  return false;
}

}  // namespace evofactor::evolve
