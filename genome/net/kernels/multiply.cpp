#include "genome/net/kernels/multiply.hpp"

#include <array>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/grid.hpp"

// The order of these matters.
// clang-format off
#include "engine/formula/kernels/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "genome/net/kernels/multiply.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "genome/net/kernels/math-inl.hpp"
// clang-format on

// Whether this pass of the compiler is the one for AVX-512, whose kernels may be given bf16.
#undef EVOFACTOR_BF16_TARGET
#define EVOFACTOR_BF16_TARGET (HWY_TARGET == HWY_AVX3 && HWY_COMPILER_GCC_ACTUAL)

HWY_BEFORE_NAMESPACE();
namespace evofactor::net::kernels {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET <= HWY_AVX3
constexpr int kOutputs = 8, kVectors = 3;           // tile of a product
constexpr int kOuterOutputs = 4, kOuterInputs = 5;  // tile of an outer product
#else
constexpr int kOutputs = 6, kVectors = 2;
constexpr int kOuterOutputs = 3, kOuterInputs = 3;
#endif

struct Product {
  Weights w;
  std::span<const float* const> x;
  const float* bias;
  bool accumulate;
  Fused fused;
  Runs y;
};

/// Outputs m .. m + M, rows r .. r + N vectors.
template <int M, int N>
HWY_INLINE void tile(const Product& p, std::int64_t m, std::int64_t r) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  V sum[M][N];
  for (int i = 0; i < M; ++i)
    for (int n = 0; n < N; ++n)
      sum[i][n] = p.accumulate ? hn::Load(d, p.y.values + (m + i) * p.y.stride + r + n * lanes)
                               : hn::Set(d, p.bias != nullptr ? p.bias[m + i] : 0.0F);
  const float* w = p.w.values + m * p.w.stride;
  const std::size_t inputs = p.x.size();
  for (std::size_t k = 0; k < inputs; ++k) {
    const float* x = p.x[k] + r;
    V in[N];
    for (int n = 0; n < N; ++n) in[n] = hn::Load(d, x + n * lanes);
    for (int i = 0; i < M; ++i) {
      const V weight = hn::Set(d, w[i * p.w.stride + static_cast<std::int64_t>(k)]);
      for (int n = 0; n < N; ++n) sum[i][n] = hn::MulAdd(weight, in[n], sum[i][n]);
    }
  }
  for (int i = 0; i < M; ++i)
    for (int n = 0; n < N; ++n)
      hn::Store(passed(sum[i][n], p.fused), d, p.y.values + (m + i) * p.y.stride + r + n * lanes);
}

/// Rows r .. r + N vectors of every output.
template <int N>
HWY_INLINE void column(const Product& p, std::int64_t r) {
  std::int64_t m = 0;
  for (; m + kOutputs <= p.w.outputs; m += kOutputs) tile<kOutputs, N>(p, m, r);
  if (m + 4 <= p.w.outputs) {
    tile<4, N>(p, m, r);
    m += 4;
  }
  if (m + 2 <= p.w.outputs) {
    tile<2, N>(p, m, r);
    m += 2;
  }
  if (m < p.w.outputs) tile<1, N>(p, m, r);
}

void product(const Weights& w, std::span<const float* const> x, std::int64_t rows,
             const float* bias, bool accumulate, Fused fused, const Runs& y) {
  const Product p{w, x, bias, accumulate, fused, y};
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(D()));
  std::int64_t r = 0;
  for (; r + kVectors * lanes <= rows; r += kVectors * lanes) column<kVectors>(p, r);
  for (; r < rows; r += lanes) column<1>(p, r);
}

struct Outer {
  Runs dy;
  std::span<const float* const> x;
  std::int64_t x_offset;
  std::int64_t rows;
  float* dw;
  std::int64_t stride;
};

template <int M, int K>
HWY_INLINE void outer_tile(const Outer& p, std::int64_t m, std::size_t k) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  V sum[M][K];
  for (int i = 0; i < M; ++i)
    for (int j = 0; j < K; ++j) sum[i][j] = hn::Zero(d);
  const float* dy = p.dy.values + m * p.dy.stride;
  for (std::int64_t r = 0; r < p.rows; r += lanes) {
    V in[K];
    for (int j = 0; j < K; ++j)
      in[j] = hn::Load(d, p.x[k + static_cast<std::size_t>(j)] + p.x_offset + r);
    for (int i = 0; i < M; ++i) {
      const V out = hn::Load(d, dy + i * p.dy.stride + r);
      for (int j = 0; j < K; ++j) sum[i][j] = hn::MulAdd(out, in[j], sum[i][j]);
    }
  }
  for (int i = 0; i < M; ++i)
    for (int j = 0; j < K; ++j)
      p.dw[(m + i) * p.stride + static_cast<std::int64_t>(k) + j] +=
          hn::GetLane(hn::SumOfLanes(d, sum[i][j]));
}

template <int K>
HWY_INLINE void outer_column(const Outer& p, std::int64_t outputs, std::size_t k) {
  std::int64_t m = 0;
  for (; m + kOuterOutputs <= outputs; m += kOuterOutputs) outer_tile<kOuterOutputs, K>(p, m, k);
  for (; m < outputs; ++m) outer_tile<1, K>(p, m, k);
}

/// Segment by segment, so that its runs stay in the cache while all weights pass over them.
void outer(const Runs& dy, std::int64_t outputs, std::span<const float* const> x, std::int64_t rows,
           float* dw, std::int64_t stride, const Segments& segments) {
  for (std::size_t s = 0; s < segments.dy.size(); ++s) {
    const Outer p{{dy.values + segments.dy[s], dy.stride}, x, segments.x[s], rows, dw, stride};
    std::size_t k = 0;
    for (; k + kOuterInputs <= x.size(); k += kOuterInputs)
      outer_column<kOuterInputs>(p, outputs, k);
    for (; k < x.size(); ++k) outer_column<1>(p, outputs, k);
  }
}

void row_sums(const Runs& dy, std::int64_t outputs, std::int64_t rows, float* db,
              std::span<const std::int64_t> offsets) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t m = 0; m < outputs; ++m) {
    V sum = hn::Zero(d);
    for (const std::int64_t offset : offsets) {
      const float* from = dy.values + m * dy.stride + offset;
      for (std::int64_t r = 0; r < rows; r += lanes) sum = hn::Add(sum, hn::Load(d, from + r));
    }
    db[m] += hn::GetLane(hn::SumOfLanes(d, sum));
  }
}

#if EVOFACTOR_BF16_TARGET
#include "genome/net/kernels/multiply_bf16-inl.hpp"
#else
void product_bf16(const Weights&, std::span<const float* const>, std::int64_t, const float*, bool,
                  Fused, const Runs&) {
  EVOFACTOR_CHECK(false, "bf16 without its instructions");
}
void outer_bf16(const Runs&, std::int64_t, std::span<const float* const>, std::int64_t, float*,
                std::int64_t, const Segments&) {
  EVOFACTOR_CHECK(false, "bf16 without its instructions");
}
#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::net::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evofactor::net::kernels {
namespace {
HWY_EXPORT(product);
HWY_EXPORT(outer);
HWY_EXPORT(row_sums);
HWY_EXPORT(product_bf16);
HWY_EXPORT(outer_bf16);

thread_local Precision precision = Precision::kF32;
constexpr std::array<std::int64_t, 1> kStart{0};

void any_product(const Weights& w, std::span<const float* const> x, std::int64_t rows,
                 const float* bias, bool accumulate, Fused fused, const Runs& y) {
  if (precision == Precision::kBf16)
    HWY_DYNAMIC_DISPATCH(product_bf16)(w, x, rows, bias, accumulate, fused, y);
  else
    HWY_DYNAMIC_DISPATCH(product)(w, x, rows, bias, accumulate, fused, y);
}

}  // namespace

bool has_bf16() {
#if HWY_COMPILER_GCC_ACTUAL && HWY_ARCH_X86
  return (hwy::SupportedTargets() & HWY_AVX3) != 0 && __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

PrecisionScope::PrecisionScope(Precision of_products) : before_(precision) {
  EVOFACTOR_CHECK(of_products == Precision::kF32 || has_bf16(), "no bf16 on this processor");
  precision = of_products;
}
PrecisionScope::~PrecisionScope() { precision = before_; }

void multiply(const Weights& w, std::span<const float* const> x, std::int64_t rows,
              const float* bias, const Runs& y, Fused fused) {
  any_product(w, x, rows, bias, false, fused, y);
}

void multiply_add(const Weights& w, std::span<const float* const> x, std::int64_t rows,
                  const Runs& y) {
  any_product(w, x, rows, nullptr, true, Fused::kNone, y);
}

void add_outer(const Runs& dy, std::int64_t outputs, std::span<const float* const> x,
               std::int64_t rows, float* dw, std::int64_t stride, const Segments& segments) {
  if (precision == Precision::kBf16)
    HWY_DYNAMIC_DISPATCH(outer_bf16)(dy, outputs, x, rows, dw, stride, segments);
  else
    HWY_DYNAMIC_DISPATCH(outer)(dy, outputs, x, rows, dw, stride, segments);
}
void add_outer(const Runs& dy, std::int64_t outputs, std::span<const float* const> x,
               std::int64_t rows, float* dw, std::int64_t stride) {
  add_outer(dy, outputs, x, rows, dw, stride, {kStart, kStart});
}

void add_row_sums(const Runs& dy, std::int64_t outputs, std::int64_t rows, float* db,
                  std::span<const std::int64_t> offsets) {
  HWY_DYNAMIC_DISPATCH(row_sums)(dy, outputs, rows, db, offsets);
}
void add_row_sums(const Runs& dy, std::int64_t outputs, std::int64_t rows, float* db) {
  add_row_sums(dy, outputs, rows, db, kStart);
}

}  // namespace evofactor::net::kernels
#endif
