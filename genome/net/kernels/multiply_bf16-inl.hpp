// Products of bf16 factors in pairs (vdpbf16ps), part of multiply.cpp on its pass for AVX-512: in
// its namespace, after its f32 kernels. Factors are rounded to bf16 once per call, or once per
// column of a product, and lie in pairs of neighbouring inputs (or rows): 32 bits, the first of the
// pair in the low half.

#pragma GCC push_options
#pragma GCC target("avx512bf16")

/// Memory of one thread for rounded factors.
struct Rounded {
  std::vector<std::uint32_t, AlignedAllocator<std::uint32_t>> left, right;
};
inline Rounded& rounded() {
  thread_local Rounded memory;
  return memory;
}

inline __m512i pairs_of(__m512 even, __m512 odd) {
  const __m512i in_order =
      _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                       21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_permutexvar_epi16(in_order, (__m512i)_mm512_cvtne2ps_pbh(odd, even));
}

/// Rounds `count` consecutive floats; the last pair is filled up with 0.
inline void round_run(const float* from, std::int64_t count, std::uint32_t* to) {
  for (std::int64_t i = 0; i < count; i += 16) {
    const auto some = static_cast<__mmask16>(count - i >= 16 ? 0xFFFF : (1 << (count - i)) - 1);
    const auto half = (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(some, from + i));
    const auto pairs =
        static_cast<__mmask8>(count - i >= 16 ? 0xFF : (1 << ((count - i + 1) / 2)) - 1);
    _mm256_mask_storeu_epi32(to + i / 2, pairs, half);
  }
}

struct ProductBf16 {
  const Product& p;
  const std::uint32_t* w;  ///< [outputs, pairs]
  std::uint32_t* x;        ///< [pairs, vectors of a column * 16]
  std::int64_t pairs;
};

template <int M, int N>
inline void tile_bf16(const ProductBf16& q, std::int64_t m, std::int64_t r) {
  const Runs& y = q.p.y;
  __m512 sum[M][N];
  for (int i = 0; i < M; ++i)
    for (int n = 0; n < N; ++n)
      sum[i][n] = q.p.accumulate ? _mm512_load_ps(y.values + (m + i) * y.stride + r + n * 16)
                                 : _mm512_set1_ps(q.p.bias != nullptr ? q.p.bias[m + i] : 0.0F);
  const std::uint32_t* w = q.w + m * q.pairs;
  for (std::int64_t k = 0; k < q.pairs; ++k) {
    __m512i in[N];
    for (int n = 0; n < N; ++n) in[n] = _mm512_load_si512(q.x + (k * N + n) * 16);
    for (int i = 0; i < M; ++i) {
      const auto weight = (__m512bh)_mm512_set1_epi32(static_cast<int>(w[i * q.pairs + k]));
      for (int n = 0; n < N; ++n) sum[i][n] = _mm512_dpbf16_ps(sum[i][n], weight, (__m512bh)in[n]);
    }
  }
  for (int i = 0; i < M; ++i)
    for (int n = 0; n < N; ++n)
      _mm512_store_ps(y.values + (m + i) * y.stride + r + n * 16,
                      passed(V{sum[i][n]}, q.p.fused).raw);
}

template <int N>
inline void column_bf16(const ProductBf16& q, std::int64_t r) {
  const std::size_t inputs = q.p.x.size();
  for (std::size_t k = 0; k < inputs; k += 2)
    for (int n = 0; n < N; ++n) {
      const __m512 even = _mm512_load_ps(q.p.x[k] + r + n * 16);
      const __m512 odd =
          k + 1 < inputs ? _mm512_load_ps(q.p.x[k + 1] + r + n * 16) : _mm512_setzero_ps();
      _mm512_store_si512(q.x + (static_cast<std::int64_t>(k / 2) * N + n) * 16,
                         pairs_of(even, odd));
    }
  std::int64_t m = 0;
  for (; m + kOutputs <= q.p.w.outputs; m += kOutputs) tile_bf16<kOutputs, N>(q, m, r);
  if (m + 4 <= q.p.w.outputs) {
    tile_bf16<4, N>(q, m, r);
    m += 4;
  }
  if (m + 2 <= q.p.w.outputs) {
    tile_bf16<2, N>(q, m, r);
    m += 2;
  }
  if (m < q.p.w.outputs) tile_bf16<1, N>(q, m, r);
}

void product_bf16(const Weights& w, std::span<const float* const> x, std::int64_t rows,
                  const float* bias, bool accumulate, Fused fused, const Runs& y) {
  const auto inputs = static_cast<std::int64_t>(x.size());
  const std::int64_t pairs = (inputs + 1) / 2;
  Rounded& memory = rounded();
  memory.left.resize(static_cast<std::size_t>(w.outputs * pairs));
  memory.right.resize(static_cast<std::size_t>(pairs * kVectors * 16));
  for (std::int64_t m = 0; m < w.outputs; ++m)
    round_run(w.values + m * w.stride, inputs, memory.left.data() + m * pairs);
  const Product p{w, x, bias, accumulate, fused, y};
  const ProductBf16 q{p, memory.left.data(), memory.right.data(), pairs};
  std::int64_t r = 0;
  for (; r + kVectors * 16 <= rows; r += kVectors * 16) column_bf16<kVectors>(q, r);
  for (; r < rows; r += 16) column_bf16<1>(q, r);
}

struct OuterBf16 {
  const std::uint32_t *dy, *x;  ///< [outputs, width], [inputs, width]
  std::int64_t width;           ///< pairs of rows, a multiple of 16
  float* dw;
  std::int64_t stride;
};

template <int M, int K>
inline void outer_tile_bf16(const OuterBf16& p, std::int64_t m, std::int64_t k) {
  __m512 sum[M][K];
  for (int i = 0; i < M; ++i)
    for (int j = 0; j < K; ++j) sum[i][j] = _mm512_setzero_ps();
  const std::uint32_t *dy = p.dy + m * p.width, *x = p.x + k * p.width;
  for (std::int64_t r = 0; r < p.width; r += 16) {
    __m512i in[K];
    for (int j = 0; j < K; ++j) in[j] = _mm512_load_si512(x + j * p.width + r);
    for (int i = 0; i < M; ++i) {
      const auto out = (__m512bh)_mm512_load_si512(dy + i * p.width + r);
      for (int j = 0; j < K; ++j) sum[i][j] = _mm512_dpbf16_ps(sum[i][j], out, (__m512bh)in[j]);
    }
  }
  for (int i = 0; i < M; ++i)
    for (int j = 0; j < K; ++j)
      p.dw[(m + i) * p.stride + k + j] += hn::GetLane(hn::SumOfLanes(D(), V{sum[i][j]}));
}

template <int K>
inline void outer_column_bf16(const OuterBf16& p, std::int64_t outputs, std::int64_t k) {
  std::int64_t m = 0;
  for (; m + kOuterOutputs <= outputs; m += kOuterOutputs)
    outer_tile_bf16<kOuterOutputs, K>(p, m, k);
  for (; m < outputs; ++m) outer_tile_bf16<1, K>(p, m, k);
}

void outer_bf16(const Runs& dy, std::int64_t outputs, std::span<const float* const> x,
                std::int64_t rows, float* dw, std::int64_t stride, const Segments& segments) {
  const std::int64_t width = (rows + 31) / 32 * 16;
  const auto inputs = static_cast<std::int64_t>(x.size());
  Rounded& memory = rounded();
  // What lies behind the last row stays 0.
  memory.left.assign(static_cast<std::size_t>(outputs * width), 0);
  memory.right.assign(static_cast<std::size_t>(inputs * width), 0);
  for (std::size_t s = 0; s < segments.dy.size(); ++s) {
    for (std::int64_t m = 0; m < outputs; ++m)
      round_run(dy.values + m * dy.stride + segments.dy[s], rows, memory.left.data() + m * width);
    for (std::int64_t k = 0; k < inputs; ++k)
      round_run(x[static_cast<std::size_t>(k)] + segments.x[s], rows,
                memory.right.data() + k * width);
    const OuterBf16 p{memory.left.data(), memory.right.data(), width, dw, stride};
    std::int64_t k = 0;
    for (; k + kOuterInputs <= inputs; k += kOuterInputs)
      outer_column_bf16<kOuterInputs>(p, outputs, k);
    for (; k < inputs; ++k) outer_column_bf16<1>(p, outputs, k);
  }
}

#pragma GCC pop_options
