#include "genome/net/kernels/adam.hpp"

// The order of these matters.
// clang-format off
#include "engine/formula/kernels/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "genome/net/kernels/adam.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evofactor::net::kernels {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// Parameters i .. i + lanes of D.
template <class D>
HWY_INLINE void step_of(D d, const AdamStep& s, std::int64_t i, float* values, float* gradients,
                        float* first, float* second, const float* decays, const float* mask) {
  auto g = hn::LoadU(d, gradients + i);
  if (mask != nullptr) g = hn::Mul(g, hn::LoadU(d, mask + i));
  const auto m = hn::LoadU(d, first + i), v = hn::LoadU(d, second + i);
  const auto new_m = hn::MulAdd(hn::Sub(g, m), hn::Set(d, 1 - s.beta1), m);
  const auto new_v =
      hn::MulAdd(hn::Mul(g, g), hn::Set(d, 1 - s.beta2), hn::Mul(v, hn::Set(d, s.beta2)));
  hn::StoreU(new_m, d, first + i);
  hn::StoreU(new_v, d, second + i);
  const auto size =
      hn::Add(hn::Sqrt(hn::Div(new_v, hn::Set(d, s.correction2))), hn::Set(d, s.epsilon));
  const auto w = hn::LoadU(d, values + i);
  const auto pull = hn::Mul(hn::Mul(w, hn::LoadU(d, decays + i)), hn::Set(d, s.decay));
  const auto change = hn::Add(hn::Div(hn::Div(new_m, hn::Set(d, s.correction1)), size), pull);
  hn::StoreU(hn::NegMulAdd(change, hn::Set(d, s.rate), w), d, values + i);
  hn::StoreU(hn::Zero(d), d, gradients + i);
}

void step(const AdamStep& s, std::int64_t n, float* values, float* gradients, float* first,
          float* second, const float* decays, const float* mask) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    step_of(d, s, i, values, gradients, first, second, decays, mask);
  for (; i < n; ++i)
    step_of(hn::CappedTag<float, 1>(), s, i, values, gradients, first, second, decays, mask);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::net::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evofactor::net::kernels {
namespace {
HWY_EXPORT(step);
}  // namespace

void adam_step(const AdamStep& s, std::int64_t n, float* values, float* gradients, float* first,
               float* second, const float* decays, const float* mask) {
  HWY_DYNAMIC_DISPATCH(step)(s, n, values, gradients, first, second, decays, mask);
}

}  // namespace evofactor::net::kernels
#endif
