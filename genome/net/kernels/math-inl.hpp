// Vectors of rows and the functions that kernels share, for every instruction set; included after
// hwy/highway.h within each target.
#if defined(EVOFACTOR_NET_MATH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef EVOFACTOR_NET_MATH_INL
#undef EVOFACTOR_NET_MATH_INL
#else
#define EVOFACTOR_NET_MATH_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace evofactor::net::kernels {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

HWY_INLINE std::int64_t lanes() { return static_cast<std::int64_t>(hn::Lanes(D())); }
HWY_INLINE V load(const float* from) { return hn::Load(D(), from); }
HWY_INLINE void store(V v, float* to) { hn::Store(v, D(), to); }

/// Within 4e-7 of tanh, relative: an odd rational function fitted to it on [-9, 9] for the least
/// largest relative error; ±1 beyond. NaN stays NaN.
HWY_INLINE V fast_tanh(V x) {
  const D d;
  const V bounded = hn::Max(hn::Min(x, hn::Set(d, 9.0F)), hn::Set(d, -9.0F));
  const V z = hn::Mul(bounded, bounded);
  V p = hn::Set(d, -8.48871732600356e-14F);
  p = hn::MulAdd(p, z, hn::Set(d, 5.2779511832908295e-11F));
  p = hn::MulAdd(p, z, hn::Set(d, -2.022523179635164e-08F));
  p = hn::MulAdd(p, z, hn::Set(d, 1.1154309833040172e-05F));
  p = hn::MulAdd(p, z, hn::Set(d, 0.003103956368636572F));
  p = hn::MulAdd(p, z, hn::Set(d, 0.13084010238719546F));
  p = hn::MulAdd(p, z, hn::Set(d, 0.9999999933882321F));
  V q = hn::Set(d, 0.00025461454424884F);
  q = hn::MulAdd(q, z, hn::Set(d, 0.024495179012313167F));
  q = hn::MulAdd(q, z, hn::Set(d, 0.46417337340519293F));
  q = hn::MulAdd(q, z, hn::Set(d, 1.0F));
  const V y = hn::Div(hn::Mul(bounded, p), q);
  const V within = hn::Max(hn::Min(y, hn::Set(d, 1.0F)), hn::Set(d, -1.0F));
  return hn::IfThenElse(hn::Eq(x, x), within, x);
}

/// 1 / (1 + exp(-x)) by way of tanh.
HWY_INLINE V fast_sigmoid(V x) {
  const D d;
  const V half = hn::Set(d, 0.5F);
  return hn::MulAdd(fast_tanh(hn::Mul(x, half)), half, half);
}

/// What a product's result becomes before it is stored (multiply.hpp).
HWY_INLINE V passed(V v, Fused fused) {
  if (fused == Fused::kTanh) return fast_tanh(v);
  if (fused == Fused::kRelu) return hn::IfThenZeroElse(hn::Lt(v, hn::Zero(D())), v);  // keeps NaN
  return v;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::net::kernels
HWY_AFTER_NAMESPACE();

#endif
