#pragma once
#include <ATen/core/Tensor.h>

#include "engine/core/rng.hpp"
#include "genome/layers/activation.hpp"

namespace evofactor::net {

/// Fills weights [out, ...] on the CPU with normal numbers from the candidate's generator. With
/// `in` values feeding each output: variance 2 / in before relu and gelu (He et al. 2015), 2 / (in
/// + out) before tanh (Glorot and Bengio 2010).
void initialise_weight(const at::Tensor& weight, genome::Activation next, Rng& rng);
/// 2 / (in + out), before no activation.
void initialise_linear(const at::Tensor& weight, Rng& rng);

}  // namespace evofactor::net
