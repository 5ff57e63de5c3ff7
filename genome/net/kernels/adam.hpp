#pragma once
#include <cstdint>

namespace evofactor::net::kernels {

struct AdamStep {
  float rate = 0, decay = 0;  ///< learning rate; decoupled weight decay
  float beta1 = 0.9F, beta2 = 0.999F, epsilon = 1e-8F;
  float correction1 = 1, correction2 = 1;  ///< 1 - beta^t
};
/// One step for n parameters of one candidate in one pass; zeroes the gradients.
/// @param decays 1 where decay applies @param mask 1 or 0 = the gradient is dropped; nullptr: all 1
void adam_step(const AdamStep& step, std::int64_t n, float* values, float* gradients, float* first,
               float* second, const float* decays, const float* mask);

}  // namespace evofactor::net::kernels
