#pragma once
#include <cstdint>
#include <span>

#include "genome/net/kernels/multiply.hpp"

namespace evofactor::net::kernels {

// Elementwise parts of layers on one thread: channels are runs of `rows` floats (multiply.hpp), and
// every function works in place where it can. tanh and sigmoid are within 4e-7.

/// d *= f'(pre-activation), given the activation's result y = f(...).
void through_activation(Fused activation, const Runs& y, const Runs& d, std::int64_t channels,
                        std::int64_t rows);

/// to[c] += from[c]
void add_runs(const Runs& from, std::int64_t channels, std::int64_t rows, const Runs& to);

enum class Pooled { kMax, kMean, kMin };
/// y[c] = the largest, mean or smallest of the places' values; place i's channel c stands at
/// places[i] + c * stride.
void pool(Pooled kind, std::span<const float* const> places, std::int64_t stride,
          std::int64_t channels, std::int64_t rows, const Runs& y);
/// Adds dy to the places it came from, in equal parts where several are largest or smallest.
/// @param dx of each place, with the stride of the places
void pool_backward(Pooled kind, std::span<const float* const> places, std::int64_t stride,
                   std::int64_t channels, std::int64_t rows, const Runs& y, const Runs& dy,
                   std::span<float* const> dx);

/// One step of a gated recurrent unit. `gates` holds 4 x units channels: pre-activations of reset,
/// update and new from input and state (new: from the input alone), then the state's part of new;
/// they become r, z, n and stay as they are. h' = n + z (h - n), n = tanh(new + r * state's part).
/// @param h previous state; values nullptr: zero
void gru_cell(std::int64_t units, std::int64_t rows, const Runs& gates, const Runs& h,
              const Runs& next);
/// Turns `gates` into the gradients of their pre-activations, and dh (of h') into the part of
/// h's gradient that does not pass through the gates.
void gru_cell_backward(std::int64_t units, std::int64_t rows, const Runs& gates, const Runs& h,
                       const Runs& dh);

/// One step of a long short-term memory. `gates` holds 4 x units pre-activations i, f, g, o, which
/// become sigmoid, sigmoid, tanh, sigmoid of themselves; c' = f c + i g, h' = o tanh(c').
/// @param c previous cell; values nullptr: zero
void lstm_cell(std::int64_t units, std::int64_t rows, const Runs& gates, const Runs& c,
               const Runs& next_c, const Runs& next_h);
/// Turns `gates` into the gradients of their pre-activations, given dh (of h') and dc (of c', which
/// becomes that of c).
void lstm_cell_backward(std::int64_t units, std::int64_t rows, const Runs& gates, const Runs& c,
                        const Runs& next_c, const Runs& dh, const Runs& dc);

}  // namespace evofactor::net::kernels
