#include "engine/formula/kernels/weighted.hpp"

#include <cmath>

#include "engine/core/error.hpp"
#include "engine/formula/kernels/scratch.hpp"

// The order of these matters.
// clang-format off
#include "engine/formula/kernels/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/formula/kernels/weighted.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "engine/formula/kernels/window_sums-inl.hpp"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evofactor::formula::kernels {
namespace HWY_NAMESPACE {
namespace {

/// Sum of values and sum of (day within the block x value), from which any linear weights follow.
struct DecayLinear : PlainSums<2> {
  static constexpr bool kPair = false, kCentred = false;
  double n, scale;
  explicit DecayLinear(int d) : n(d), scale(2.0 / (n * (n + 1))) {}
  HWY_INLINE void add(W (&s)[2], W x, int day) const {
    s[0] = hn::Add(s[0], x);
    s[1] = hn::Add(s[1], hn::Mul(wide(day), x));
  }
  HWY_INLINE void add_before(W (&s)[2], W x, W, int k) const { add(s, x, -k); }
  HWY_INLINE void add_after(W (&s)[2], W x, W, int k) const { add(s, x, k); }
  HWY_INLINE W finish(const W (&s)[2], const Cell& cell) const {
    // The weight of day j of the block is j + d - k in a window that ends on day k.
    return hn::Mul(hn::Add(s[1], hn::Mul(wide(n - cell.k), s[0])), wide(scale));
  }
};

/// Weights q^(days ago): the block's own sum decays as it grows, the sum before it decays by
/// q^(k+1) when joined.
struct Exponential {
  static constexpr int kSums = 1;
  static constexpr bool kPair = false, kCentred = false;
  static constexpr double kEmpty = 0;
  double q, scale;
  const double* powers;  ///< q^0 .. q^d
  HWY_INLINE void add_before(W (&s)[1], W x, W, int k) const {
    s[0] = hn::Add(s[0], hn::Mul(wide(powers[k - 1]), x));
  }
  HWY_INLINE void add_after(W (&s)[1], W x, W, int) const {
    s[0] = hn::Add(hn::Mul(wide(q), s[0]), x);
  }
  HWY_INLINE W join(W after, W before, int k) const {
    return hn::Add(after, hn::Mul(wide(powers[k + 1]), before));
  }
  HWY_INLINE W finish(const W (&s)[1], const Cell&) const { return hn::Mul(s[0], wide(scale)); }
};

void exponential(ConstView x, View out, DayRange days, int d, std::size_t width, double alpha) {
  const std::size_t sums = static_cast<std::size_t>(d) * hn::Lanes(Wide());
  const std::size_t n_powers = static_cast<std::size_t>(d) + 1;
  double* powers = scratch<double>(n_powers + sums + hn::Lanes(Wide()));
  double power = 1;
  double total = 0;
  for (int k = 0; k <= d; ++k) {
    powers[k] = power;
    if (k < d) total += power;
    power *= 1 - alpha;
  }
  const Exponential policy{1 - alpha, 1 / total, powers};
  window_sums(policy, x, x, out, days, width, d, powers + n_powers);
}

HWY_NOINLINE void recursive(ConstView x, View out, DayRange days, std::size_t width, double alpha) {
  const W q = wide(1 - alpha);
  const W one = wide(1.0);
  for (std::size_t c = 0; c < width; c += hn::Lanes(Wide())) {
    W sum = hn::Zero(Wide());
    W weight = sum;
    for (int t = days.first; t < days.last; ++t) {
      const W value = load_wide(x.row(t) + c);
      const auto there = hn::Eq(value, value);
      sum = hn::Add(hn::Mul(q, sum), hn::IfThenElseZero(there, value));
      weight = hn::Add(hn::Mul(q, weight), hn::IfThenElseZero(there, one));
      store_narrow(hn::IfThenElse(there, hn::Div(sum, weight), value), out.row(t) + c);
    }
  }
}

void weighted_on_target(Fn fn, ConstView x, View out, DayRange days, int d, std::size_t width) {
  switch (fn) {
    case Fn::kDecayLinear: {
      double* before = scratch<double>(static_cast<std::size_t>(d) * 2 * hn::Lanes(Wide()));
      return window_sums(DecayLinear(d), x, x, out, days, width, d, before);
    }
    case Fn::kEma:
      return exponential(x, out, days, d, width, 2.0 / (d + 1.0));
    case Fn::kWilder:
      return exponential(x, out, days, d, width, 1.0 / d);
    case Fn::kEwm:
      return recursive(x, out, days, width, 2.0 / (d + 1.0));
    case Fn::kEwmWilder:
      return recursive(x, out, days, width, 1.0 / d);
    default:
      EVOFACTOR_CHECK(false, "function {} is no weighted mean", static_cast<int>(fn));
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::formula::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evofactor::formula::kernels {

HWY_EXPORT(weighted_on_target);

void weighted(Fn fn, ConstView x, View out, DayRange days, int d, std::size_t width) {
  HWY_DYNAMIC_DISPATCH(weighted_on_target)(fn, x, out, days, d, width);
}

}  // namespace evofactor::formula::kernels
#endif
