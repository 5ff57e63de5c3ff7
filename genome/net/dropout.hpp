#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "engine/core/ids.hpp"

namespace evofactor::net {

/// Fills `mask` [B, days, per_day] with 0 (probability rate[b]) or 1 / (1 - rate[b]). A number is a
/// pure function of the candidate's seed, the step, the day's place in the batch (first_slot + day)
/// and its place in the day, so masks do not depend on how a batch is cut or on which device it is.
void fill_dropout_mask(const at::Tensor& mask, std::span<const Seed> seeds,
                       std::span<const double> rates, std::int64_t step, std::int64_t first_slot);

}  // namespace evofactor::net
