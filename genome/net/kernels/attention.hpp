#pragma once
#include <cstdint>

#include "genome/net/kernels/multiply.hpp"

namespace evofactor::net::kernels {

// Attention on one thread, in runs of rows (multiply.hpp): every stock attends to its own positions
// only, so stocks stand in the lanes.

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

}  // namespace evofactor::net::kernels
