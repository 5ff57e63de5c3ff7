#pragma once
#include <ATen/core/Tensor.h>

#include <span>

#include "engine/core/rng.hpp"
#include "genome/net/layers/layer.hpp"

namespace evofactor::net {

/// Fills mask [B, size, rows] on the CPU with 0 at rate[b], else 1 / (1 - rate[b]); rows of no
/// stock get 0. A pure function of the seed, the step, the day's place in the batch, the stock's
/// place in the day and the value's place in `size`: the same for any chunking.
void fill_dropout_mask(const at::Tensor& mask, std::span<const Seed> seeds,
                       std::span<const double> rates, const Pass& pass);

}  // namespace evofactor::net
