#pragma once
#include <cstdint>

#include "genome/net/kernels/multiply.hpp"

namespace evofactor::net::kernels {

// Norms on one thread, in runs of rows (multiply.hpp).

/// y[c] = scale[c] (x[c] - mean) / deviation + shift[c] over the channels of one place. x becomes
/// the normalised values, and `inverse`, one run, holds 1 / deviation.
void layer_norm(std::int64_t channels, std::int64_t rows, const float* scale, const float* shift,
                const Runs& x, float* inverse, const Runs& y);
/// Turns d, the gradient of y, into that of x; adds to dscale and dshift.
void layer_norm_backward(std::int64_t channels, std::int64_t rows, const float* scale,
                         const Runs& normalised, const float* inverse, const Runs& d, float* dscale,
                         float* dshift);
/// Added to variances, of layer and batch norms.
inline constexpr double kNormEpsilon = 1e-5;

/// Values of a batch: channel c of place p is run p * channels + c. The first `used` rows count.
struct Batch {
  std::int64_t places = 1, channels = 1, used = 0, rows = 0;
};
/// Mean and variance (of the population) of each channel over all places and used rows.
void batch_moments(const Batch& batch, const Runs& x, float* mean, float* variance);
/// y = f(scale[c] x + shift[c]); y may be x.
void scale_and_shift(const Batch& batch, const Runs& x, const float* scale, const float* shift,
                     Fused fused, const Runs& y);
/// Turns d, the gradient of scale[c] (x - mean[c]) inverse[c] + shift[c], into that of x, of which
/// mean and inverse deviation are functions (0 behind the used rows, as d has to be); adds to
/// dscale and dshift.
void batch_norm_backward(const Batch& batch, const Runs& x, const float* mean, const float* inverse,
                         const float* scale, const Runs& d, float* dscale, float* dshift);

}  // namespace evofactor::net::kernels
