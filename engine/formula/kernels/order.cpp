#include "engine/formula/kernels/order.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/core/error.hpp"
#include "engine/formula/kernels/scratch.hpp"

// The order of these matters.
// clang-format off
#include "engine/formula/kernels/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/formula/kernels/order.cpp"
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
using I = hn::RebindToSigned<D>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

HWY_INLINE V set(float value) { return hn::Set(D(), value); }
HWY_INLINE V missing() { return set(kMissing); }
/// A missing value becomes +infinity: it wins every maximum and sorts last, and finite values never
/// equal it.
HWY_INLINE V infinite_if_missing(V v) { return hn::IfThenElse(hn::Eq(v, v), v, set(kInfinity)); }
HWY_INLINE V missing_if_infinite(V v) {
  return hn::IfThenElse(hn::Lt(v, set(kInfinity)), v, missing());
}

/// Largest value of each window (of -x if kNegate), or the days since it, the most recent among
/// equals. Blocks of d days as in window_sums: the best of the days before the block, going
/// backwards, and of the block's own days. `before` holds 2 d lanes.
template <bool kNegate, bool kPosition>
HWY_NOINLINE void extremes(ConstView x, View out, DayRange days, std::size_t width, int d,
                           float* HWY_RESTRICT before) {
  const D f;
  const std::size_t lanes = hn::Lanes(f);
  float* HWY_RESTRICT before_day = before + static_cast<std::size_t>(d) * lanes;
  for (std::size_t c = 0; c < width; c += lanes) {
    for (int s = days.first / d * d; s < days.last; s += d) {
      const int first = std::max(s, days.first);
      const int last = std::min(s + d, days.last);
      V best = set(-kInfinity);
      V best_day = hn::Zero(f);
      hn::StoreU(best, f, before);
      if constexpr (kPosition) hn::StoreU(best_day, f, before_day);
      const int reach = s - std::max(first - d + 1, 0);
      for (int k = 1; k <= reach; ++k) {
        V value = hn::LoadU(f, x.row(s - k) + c);
        if constexpr (kNegate) value = hn::Neg(value);
        value = infinite_if_missing(value);
        const std::size_t at = static_cast<std::size_t>(k) * lanes;
        if constexpr (kPosition) {
          best_day = hn::IfThenElse(hn::Gt(value, best), set(static_cast<float>(-k)), best_day);
          hn::StoreU(best_day, f, before_day + at);
        }
        best = hn::Max(best, value);
        hn::StoreU(best, f, before + at);
      }
      best = set(-kInfinity);
      for (int t = s; t < last; ++t) {
        const int k = t - s;
        V value = hn::LoadU(f, x.row(t) + c);
        if constexpr (kNegate) value = hn::Neg(value);
        value = infinite_if_missing(value);
        if constexpr (kPosition)
          best_day = hn::IfThenElse(hn::Ge(value, best), set(static_cast<float>(k)), best_day);
        best = hn::Max(best, value);
        if (t < first) continue;
        float* to = out.row(t) + c;
        if (t < d - 1) {
          hn::StoreU(missing(), f, to);
          continue;
        }
        const std::size_t at = static_cast<std::size_t>(d - 1 - k) * lanes;
        const V older = hn::LoadU(f, before + at);
        const V winner = hn::Max(older, best);
        if constexpr (kPosition) {
          const V day =
              hn::IfThenElse(hn::Gt(older, best), hn::LoadU(f, before_day + at), best_day);
          const V since = hn::Sub(set(static_cast<float>(k)), day);
          hn::StoreU(hn::IfThenElse(hn::Lt(winner, set(kInfinity)), since, missing()), f, to);
        } else {
          const V value_out = missing_if_infinite(winner);
          hn::StoreU(kNegate ? hn::Neg(value_out) : value_out, f, to);
        }
      }
    }
  }
}

/// Keeps each window sorted: one pass over it takes the oldest value out and puts the newest in.
/// `sorted` holds d + 1 lanes.
HWY_NOINLINE void quantiles(ConstView x, View out, DayRange days, std::size_t width, int d,
                            double q, float* HWY_RESTRICT sorted) {
  const D f;
  const std::size_t lanes = hn::Lanes(f);
  const double position = q * (d - 1);
  const int low = std::min(static_cast<int>(position), d - 1);
  const int high = std::min(low + 1, d - 1);
  const V fraction = set(static_cast<float>(position - low));
  const int start = std::max(days.first - d + 1, 0);
  const V infinity = set(kInfinity);
  const V zero = hn::Zero(f);
  for (std::size_t c = 0; c < width; c += lanes) {
    for (int j = 0; j <= d; ++j)
      hn::StoreU(infinity, f, sorted + static_cast<std::size_t>(j) * lanes);
    for (int t = start; t < days.last; ++t) {
      // Adding 0 makes -0 into 0, so that equal values are one value.
      const V in = hn::Add(infinite_if_missing(hn::LoadU(f, x.row(t) + c)), zero);
      V gone = infinity;
      if (t - d >= start) gone = hn::Add(infinite_if_missing(hn::LoadU(f, x.row(t - d) + c)), zero);
      V smaller = set(-kInfinity);
      V current = hn::LoadU(f, sorted);
      float* HWY_RESTRICT p = sorted;
      for (int j = 0; j < d; ++j, p += lanes) {
        const V next = hn::LoadU(f, p + lanes);
        const V left = hn::IfThenElse(hn::Lt(current, gone), current, next);
        hn::StoreU(hn::Max(smaller, hn::Min(in, left)), f, p);
        smaller = left;
        current = next;
      }
      if (t < days.first) continue;
      const V largest = hn::LoadU(f, sorted + static_cast<std::size_t>(d - 1) * lanes);
      const V a = hn::LoadU(f, sorted + static_cast<std::size_t>(low) * lanes);
      const V b = hn::LoadU(f, sorted + static_cast<std::size_t>(high) * lanes);
      const V value = hn::Add(a, hn::Mul(fraction, hn::Sub(b, a)));
      const V finite = hn::Add(value, hn::Mul(value, zero));
      hn::StoreU(hn::IfThenElse(hn::Lt(largest, infinity), finite, missing()), f, out.row(t) + c);
    }
  }
}

/// Counts, per window, the values below today's and those not above it. `column` holds the rows
/// read, one tile wide.
HWY_NOINLINE void ranks(ConstView x, View out, DayRange days, std::size_t width, int d,
                        float* HWY_RESTRICT column) {
  const D f;
  const I i;
  const std::size_t lanes = hn::Lanes(f);
  const int start = std::max(days.first - d + 1, 0);
  const V scale = set(2.0F * static_cast<float>(d));
  for (std::size_t c = 0; c < width; c += lanes) {
    V last_missing = set(static_cast<float>(start - d));
    for (int t = start; t < days.last; ++t) {
      const V today = hn::LoadU(f, x.row(t) + c);
      hn::StoreU(today, f, column + static_cast<std::size_t>(t - start) * lanes);
      last_missing = hn::IfThenElse(hn::Eq(today, today), last_missing, set(static_cast<float>(t)));
      if (t < days.first) continue;
      float* to = out.row(t) + c;
      if (t < d - 1) {
        hn::StoreU(missing(), f, to);
        continue;
      }
      const float* p = column + static_cast<std::size_t>(t - d + 1 - start) * lanes;
      auto below = hn::Zero(i);
      auto not_above = hn::Zero(i);
      for (int j = 0; j < d; ++j, p += lanes) {
        const V value = hn::LoadU(f, p);
        below = hn::Sub(below, hn::VecFromMask(i, hn::RebindMask(i, hn::Lt(value, today))));
        not_above = hn::Sub(not_above, hn::VecFromMask(i, hn::RebindMask(i, hn::Le(value, today))));
      }
      const V twice = hn::ConvertTo(f, hn::Add(hn::Add(below, not_above), hn::Set(i, 1)));
      const auto complete = hn::Le(last_missing, set(static_cast<float>(t - d)));
      hn::StoreU(hn::IfThenElse(complete, hn::Div(twice, scale), missing()), f, to);
    }
  }
}

void order_on_target(Fn fn, float q, ConstView x, View out, DayRange days, int d,
                     std::size_t width) {
  const std::size_t lanes = hn::Lanes(D());
  const auto window = static_cast<std::size_t>(d);
  const auto rows = static_cast<std::size_t>(days.size()) + window;
  float* memory = scratch<float>(std::max(2 * window + 1, rows) * lanes);
  switch (fn) {
    case Fn::kTsMax:
      return extremes<false, false>(x, out, days, width, d, memory);
    case Fn::kTsMin:
      return extremes<true, false>(x, out, days, width, d, memory);
    case Fn::kTsArgmax:
      return extremes<false, true>(x, out, days, width, d, memory);
    case Fn::kTsArgmin:
      return extremes<true, true>(x, out, days, width, d, memory);
    case Fn::kTsMedian:
      return quantiles(x, out, days, width, d, 0.5, memory);
    case Fn::kTsQuantile:
      return quantiles(x, out, days, width, d, static_cast<double>(q), memory);
    case Fn::kTsRank:
      return ranks(x, out, days, width, d, memory);
    default:
      EVOFACTOR_CHECK(false, "function {} is no order statistic", static_cast<int>(fn));
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::formula::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evofactor::formula::kernels {

HWY_EXPORT(order_on_target);

void order(Fn fn, float q, ConstView x, View out, DayRange days, int d, std::size_t width) {
  HWY_DYNAMIC_DISPATCH(order_on_target)(fn, q, x, out, days, d, width);
}

}  // namespace evofactor::formula::kernels
#endif
