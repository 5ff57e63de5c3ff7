#pragma once
#include <cstdint>
#include <span>

namespace evofactor::net::kernels {

// Small matrix products on one thread, in the layout of a layer: one contiguous run of `rows`
// floats (stocks) per channel. The right-hand side is a list of such runs, so a convolution's taps,
// a recurrent layer's [state, input] and the window of a day's inputs are all multiplied where they
// lie, without a copy. Every function vectorises over rows, whose number is a multiple of
// `kRowMultiple`; sums run in a fixed order.

inline constexpr std::int64_t kRowMultiple = 16;

/// Of the factors of a product; sums are f32. With kBf16 both are rounded to 8 significant bits and
/// multiplied in pairs, twice as many at a time.
enum class Precision { kF32, kBf16 };
/// Whether the processor multiplies bf16 (AVX512-BF16).
[[nodiscard]] bool has_bf16();
/// Precision of this thread's products while it lives; without one, f32.
class PrecisionScope {
 public:
  /// @pre kF32, or has_bf16()
  explicit PrecisionScope(Precision of_products);
  ~PrecisionScope();
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  Precision before_;
};

/// What a product's result passes through before it is stored.
enum class Fused { kNone, kTanh, kRelu };

/// Weights [outputs, inputs], row-major with `stride` floats between outputs.
struct Weights {
  const float* values = nullptr;
  std::int64_t outputs = 0, stride = 0;
};

/// Channels of consecutive runs: channel c at values + c * stride.
struct Runs {
  float* values = nullptr;
  std::int64_t stride = 0;
};

/// y[m][r] = f(bias[m] + sum_k w[m][k] x[k][r]); no bias where it is nullptr.
void multiply(const Weights& w, std::span<const float* const> x, std::int64_t rows,
              const float* bias, const Runs& y, Fused fused = Fused::kNone);

/// y[m][r] += sum_k w[m][k] x[k][r]
void multiply_add(const Weights& w, std::span<const float* const> x, std::int64_t rows,
                  const Runs& y);

/// Offsets in floats at which a sum goes on: for the gradients' runs, and for the inputs'.
struct Segments {
  std::span<const std::int64_t> dy, x;
};
/// Gradient of the weights: dw[m][k] += sum_s sum_r dy[m][dy_s + r] x[k][x_s + r], with `stride`
/// floats between the rows of dw.
void add_outer(const Runs& dy, std::int64_t outputs, std::span<const float* const> x,
               std::int64_t rows, float* dw, std::int64_t stride, const Segments& segments);
void add_outer(const Runs& dy, std::int64_t outputs, std::span<const float* const> x,
               std::int64_t rows, float* dw, std::int64_t stride);

/// db[m] += sum_s sum_r dy[m][dy_s + r]
void add_row_sums(const Runs& dy, std::int64_t outputs, std::int64_t rows, float* db,
                  std::span<const std::int64_t> offsets);
void add_row_sums(const Runs& dy, std::int64_t outputs, std::int64_t rows, float* db);

}  // namespace evofactor::net::kernels
