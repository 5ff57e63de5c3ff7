#pragma once
#include <cstdint>

#include "genome/net/kernels/multiply.hpp"

namespace evofactor::net::kernels {

// Attention and layer norm on one thread, in runs of rows (multiply.hpp): every stock attends to
// its own positions only, so stocks stand in the lanes.

/// Channels of a position: heads * width. Queries are the newest `queries` positions.
struct Attention {
  std::int64_t positions = 1, queries = 1, heads = 1, width = 1;
};
/// out = softmax(q k' / sqrt(width)) v of each head. @param q, out [queries * channels]
/// @param k, v [positions * channels] @param log_sums [queries * heads] kept for backward
void attend(const Attention& a, std::int64_t rows, const Runs& q, const Runs& k, const Runs& v,
            const Runs& out, const Runs& log_sums);
/// Writes dq, dk, dv, given dout; weights are computed again from log_sums.
void attend_backward(const Attention& a, std::int64_t rows, const Runs& q, const Runs& k,
                     const Runs& v, const Runs& out, const Runs& log_sums, const Runs& dout,
                     const Runs& dq, const Runs& dk, const Runs& dv);

/// y[c] = scale[c] (x[c] - mean) / deviation + shift[c] over the channels of one place. x becomes
/// the normalised values, and `inverse`, one run, holds 1 / deviation.
void layer_norm(std::int64_t channels, std::int64_t rows, const float* scale, const float* shift,
                const Runs& x, float* inverse, const Runs& y);
/// Turns d, the gradient of y, into that of x; adds to dscale and dshift.
void layer_norm_backward(std::int64_t channels, std::int64_t rows, const float* scale,
                         const Runs& normalised, const float* inverse, const Runs& d, float* dscale,
                         float* dshift);
inline constexpr float kLayerNormEpsilon = 1e-5F;

}  // namespace evofactor::net::kernels
