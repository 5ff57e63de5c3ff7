#include "engine/formula/kernels/elementwise.hpp"

#include "engine/core/error.hpp"

// The order of these matters.
// clang-format off
#include "engine/formula/kernels/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/formula/kernels/elementwise.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "hwy/contrib/math/math-inl.h"
#include "engine/formula/kernels/wide-inl.hpp"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evofactor::formula::kernels {
namespace HWY_NAMESPACE {
namespace {

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
using M = hn::Mask<D>;

HWY_INLINE V missing() { return hn::Set(D(), kMissing); }

/// 0 x v is 0 for finite v and NaN otherwise.
HWY_INLINE V finite_or_nan(V v) { return hn::Add(v, hn::Mul(v, hn::Zero(D()))); }
HWY_INLINE M both_there(V a, V b) { return hn::And(hn::Eq(a, a), hn::Eq(b, b)); }

struct Add {
  HWY_INLINE V operator()(V a, V b) const { return finite_or_nan(hn::Add(a, b)); }
};
struct Sub {
  HWY_INLINE V operator()(V a, V b) const { return finite_or_nan(hn::Sub(a, b)); }
};
struct Mul {
  HWY_INLINE V operator()(V a, V b) const { return finite_or_nan(hn::Mul(a, b)); }
};
struct Div {
  HWY_INLINE V operator()(V a, V b) const { return finite_or_nan(hn::Div(a, b)); }
};
struct Min {
  HWY_INLINE V operator()(V a, V b) const {
    return hn::IfThenElse(both_there(a, b), hn::Min(a, b), missing());
  }
};
struct Max {
  HWY_INLINE V operator()(V a, V b) const {
    return hn::IfThenElse(both_there(a, b), hn::Max(a, b), missing());
  }
};
HWY_INLINE V one_where(M condition, V a, V b) {
  const V value = hn::IfThenElseZero(condition, hn::Set(D(), 1.0F));
  return hn::IfThenElse(both_there(a, b), value, missing());
}
struct Gt {
  HWY_INLINE V operator()(V a, V b) const { return one_where(hn::Gt(a, b), a, b); }
};
struct Lt {
  HWY_INLINE V operator()(V a, V b) const { return one_where(hn::Lt(a, b), a, b); }
};
struct Ge {
  HWY_INLINE V operator()(V a, V b) const { return one_where(hn::Ge(a, b), a, b); }
};
struct Le {
  HWY_INLINE V operator()(V a, V b) const { return one_where(hn::Le(a, b), a, b); }
};
struct Neg {
  HWY_INLINE V operator()(V a) const { return hn::Neg(a); }
};
struct Abs {
  HWY_INLINE V operator()(V a) const { return hn::Abs(a); }
};
struct Sqrt {
  HWY_INLINE V operator()(V a) const { return hn::Sqrt(a); }
};
struct Inv {
  HWY_INLINE V operator()(V a) const { return finite_or_nan(hn::Div(hn::Set(D(), 1.0F), a)); }
};
struct Sign {
  HWY_INLINE V operator()(V a) const {
    const V zero = hn::Zero(D());
    const V one = hn::Set(D(), 1.0F);
    const V below = hn::IfThenElse(hn::Lt(a, zero), hn::Neg(one), a);
    return hn::IfThenElse(hn::Gt(a, zero), one, below);
  }
};
struct Log {
  HWY_INLINE V operator()(V a) const {
    const M positive = hn::Gt(a, hn::Zero(D()));
    const V safe = hn::IfThenElse(positive, a, hn::Set(D(), 1.0F));
    return hn::IfThenElse(positive, finite_or_nan(hn::Log(D(), safe)), missing());
  }
};
/// Highway's Exp is only defined up to 104, and exp leaves f32 at 88.73.
struct Exp {
  HWY_INLINE V operator()(V a) const {
    const M in_range = hn::Lt(a, hn::Set(D(), 88.8F));
    const V value = hn::Exp(D(), hn::IfThenElseZero(in_range, a));
    return hn::IfThenElse(in_range, finite_or_nan(value), missing());
  }
};
struct Tanh {
  HWY_INLINE V operator()(V a) const {
    const M there = hn::Eq(a, a);
    return hn::IfThenElse(there, hn::Tanh(D(), hn::IfThenElseZero(there, a)), a);
  }
};
struct Sigmoid {
  HWY_INLINE V operator()(V a) const {
    const V bound = hn::Set(D(), 88.0F);
    const M there = hn::Eq(a, a);
    const V clamped = hn::Min(hn::Max(hn::IfThenElseZero(there, a), hn::Neg(bound)), bound);
    const V one = hn::Set(D(), 1.0F);
    const V value = hn::Div(one, hn::Add(one, hn::Exp(D(), hn::Neg(clamped))));
    return hn::IfThenElse(there, value, a);
  }
};
struct IfElse {
  HWY_INLINE V operator()(V c, V a, V b) const {
    const V chosen = hn::IfThenElse(hn::Gt(c, hn::Zero(D())), a, b);
    return hn::IfThenElse(hn::Eq(c, c), chosen, c);
  }
};

template <class Op>
HWY_NOINLINE void map1(ConstView a, View out, DayRange days, std::size_t width, Op op) {
  for (int t = days.first; t < days.last; ++t) {
    const float* HWY_RESTRICT pa = a.row(t);
    float* HWY_RESTRICT po = out.row(t);
    for (std::size_t c = 0; c < width; c += hn::Lanes(D()))
      hn::StoreU(op(hn::LoadU(D(), pa + c)), D(), po + c);
  }
}
template <class Op>
HWY_NOINLINE void map2(ConstView a, ConstView b, View out, DayRange days, std::size_t width,
                       Op op) {
  for (int t = days.first; t < days.last; ++t) {
    const float* HWY_RESTRICT pa = a.row(t);
    const float* HWY_RESTRICT pb = b.row(t);
    float* HWY_RESTRICT po = out.row(t);
    for (std::size_t c = 0; c < width; c += hn::Lanes(D()))
      hn::StoreU(op(hn::LoadU(D(), pa + c), hn::LoadU(D(), pb + c)), D(), po + c);
  }
}
template <class Op>
HWY_NOINLINE void map3(ConstView a, ConstView b, ConstView e, View out, DayRange days,
                       std::size_t width, Op op) {
  for (int t = days.first; t < days.last; ++t) {
    const float* HWY_RESTRICT pa = a.row(t);
    const float* HWY_RESTRICT pb = b.row(t);
    const float* HWY_RESTRICT pe = e.row(t);
    float* HWY_RESTRICT po = out.row(t);
    for (std::size_t c = 0; c < width; c += hn::Lanes(D()))
      hn::StoreU(op(hn::LoadU(D(), pa + c), hn::LoadU(D(), pb + c), hn::LoadU(D(), pe + c)), D(),
                 po + c);
  }
}

/// sign(x) abs(x)^a by exp and log in double, so that large exponents keep f32 accuracy.
HWY_NOINLINE void signed_power(ConstView a, View out, DayRange days, std::size_t width,
                               float exponent) {
  const Wide w;
  const W power = wide(static_cast<double>(exponent));
  const W zero = hn::Zero(w);
  // 0^a: 0 for a >= 0 (the sign of 0), infinite for a < 0.
  const W at_zero = exponent < 0 ? wide(static_cast<double>(kMissing)) : zero;
  for (int t = days.first; t < days.last; ++t) {
    const float* HWY_RESTRICT pa = a.row(t);
    float* HWY_RESTRICT po = out.row(t);
    for (std::size_t c = 0; c < width; c += hn::Lanes(w)) {
      const W x = load_wide(pa + c);
      const W size = hn::Abs(x);
      const auto positive = hn::Gt(size, zero);
      const W logarithm = hn::Log(w, hn::IfThenElse(positive, size, wide(1.0)));
      // Beyond these bounds the power is 0 or infinite in f32; Highway's Exp has bounds of its own.
      const W argument = hn::Min(hn::Max(hn::Mul(power, logarithm), wide(-200.0)), wide(200.0));
      const W value = hn::CopySign(hn::Exp(w, argument), x);
      const W other = hn::IfThenElse(hn::Eq(x, x), at_zero, x);
      store_narrow(hn::IfThenElse(positive, value, other), po + c);
    }
  }
}

struct SignedSquareRoot {
  HWY_INLINE V operator()(V a) const { return hn::CopySign(hn::Sqrt(hn::Abs(a)), a); }
};
struct SignedSquare {
  HWY_INLINE V operator()(V a) const { return finite_or_nan(hn::Mul(a, hn::Abs(a))); }
};

void spow(ConstView a, View out, DayRange days, std::size_t width, float exponent) {
  if (exponent == 0.5F) return map1(a, out, days, width, SignedSquareRoot());
  if (exponent == 2.0F) return map1(a, out, days, width, SignedSquare());
  if (exponent == -1.0F) return map1(a, out, days, width, Inv());
  signed_power(a, out, days, width, exponent);
}

void elementwise_on_target(Fn fn, float parameter, const ConstView* x, View out, DayRange days,
                           std::size_t width) {
  switch (fn) {
    case Fn::kAdd:
      return map2(x[0], x[1], out, days, width, Add());
    case Fn::kSub:
      return map2(x[0], x[1], out, days, width, Sub());
    case Fn::kMul:
      return map2(x[0], x[1], out, days, width, Mul());
    case Fn::kDiv:
      return map2(x[0], x[1], out, days, width, Div());
    case Fn::kMin:
      return map2(x[0], x[1], out, days, width, Min());
    case Fn::kMax:
      return map2(x[0], x[1], out, days, width, Max());
    case Fn::kGt:
      return map2(x[0], x[1], out, days, width, Gt());
    case Fn::kLt:
      return map2(x[0], x[1], out, days, width, Lt());
    case Fn::kGe:
      return map2(x[0], x[1], out, days, width, Ge());
    case Fn::kLe:
      return map2(x[0], x[1], out, days, width, Le());
    case Fn::kNeg:
      return map1(x[0], out, days, width, Neg());
    case Fn::kAbs:
      return map1(x[0], out, days, width, Abs());
    case Fn::kLog:
      return map1(x[0], out, days, width, Log());
    case Fn::kSqrt:
      return map1(x[0], out, days, width, Sqrt());
    case Fn::kSign:
      return map1(x[0], out, days, width, Sign());
    case Fn::kInv:
      return map1(x[0], out, days, width, Inv());
    case Fn::kExp:
      return map1(x[0], out, days, width, Exp());
    case Fn::kTanh:
      return map1(x[0], out, days, width, Tanh());
    case Fn::kSigmoid:
      return map1(x[0], out, days, width, Sigmoid());
    case Fn::kSpow:
      return spow(x[0], out, days, width, parameter);
    case Fn::kIfElse:
      return map3(x[0], x[1], x[2], out, days, width, IfElse());
    default:
      EVOFACTOR_CHECK(false, "function {} is not elementwise", static_cast<int>(fn));
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::formula::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evofactor::formula::kernels {

HWY_EXPORT(elementwise_on_target);

void elementwise(Fn fn, float parameter, std::span<const ConstView> operands, View out,
                 DayRange days, std::size_t width) {
  HWY_DYNAMIC_DISPATCH(elementwise_on_target)(fn, parameter, operands.data(), out, days, width);
}

}  // namespace evofactor::formula::kernels
#endif
