#include "engine/formula/kernels/look_back.hpp"

#include <algorithm>

#include "engine/core/error.hpp"

// The order of these matters.
// clang-format off
#include "engine/formula/kernels/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/formula/kernels/look_back.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evofactor::formula::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

HWY_INLINE V finite_or_nan(V v) { return hn::Add(v, hn::Mul(v, hn::Zero(D()))); }

struct Delay {
  HWY_INLINE V operator()(V, V then) const { return then; }
};
struct Delta {
  HWY_INLINE V operator()(V now, V then) const { return finite_or_nan(hn::Sub(now, then)); }
};
/// (now - then) / then: now / then - 1 would lose the digits of a small return.
struct Return {
  HWY_INLINE V operator()(V now, V then) const {
    return finite_or_nan(hn::Div(hn::Sub(now, then), then));
  }
};

template <class Op>
HWY_NOINLINE void pair_days(ConstView x, View out, DayRange days, int distance, std::size_t width,
                            Op op) {
  for (int t = days.first; t < days.last; ++t) {
    float* HWY_RESTRICT po = out.row(t);
    if (t < distance) {
      std::fill(po, po + width, kMissing);
      continue;
    }
    const float* HWY_RESTRICT now = x.row(t);
    const float* HWY_RESTRICT then = x.row(t - distance);
    for (std::size_t c = 0; c < width; c += hn::Lanes(D()))
      hn::StoreU(op(hn::LoadU(D(), now + c), hn::LoadU(D(), then + c)), D(), po + c);
  }
}

void look_back_on_target(Fn fn, ConstView x, View out, DayRange days, int distance,
                         std::size_t width) {
  switch (fn) {
    case Fn::kDelay:
      return pair_days(x, out, days, distance, width, Delay());
    case Fn::kDelta:
      return pair_days(x, out, days, distance, width, Delta());
    case Fn::kTsReturn:
      return pair_days(x, out, days, distance, width, Return());
    default:
      EVOFACTOR_CHECK(false, "function {} does not look back", static_cast<int>(fn));
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::formula::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evofactor::formula::kernels {

HWY_EXPORT(look_back_on_target);

void look_back(Fn fn, ConstView x, View out, DayRange days, int distance, std::size_t width) {
  HWY_DYNAMIC_DISPATCH(look_back_on_target)(fn, x, out, days, distance, width);
}

}  // namespace evofactor::formula::kernels
#endif
