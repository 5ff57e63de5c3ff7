// Sums over every window of d days in O(1) per cell, without drift. Included once per instruction
// set.
#if defined(EVOFACTOR_WINDOW_SUMS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef EVOFACTOR_WINDOW_SUMS_INL
#undef EVOFACTOR_WINDOW_SUMS_INL
#else
#define EVOFACTOR_WINDOW_SUMS_INL
#endif

#include <algorithm>

#include "engine/formula/kernels/view.hpp"
#include "engine/formula/kernels/wide-inl.hpp"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace evofactor::formula::kernels {
namespace HWY_NAMESPACE {
namespace {

/// What a policy sees of the cell being finished.
struct Cell {
  W x, y;          ///< today's values, less their references if the policy is centred
  W x_ref, y_ref;  ///< the references (0 if it is not centred)
  int k;           ///< day within its block, 0..d-1
};

/// Sums of a fixed number of terms by plain addition: most policies.
template <int kTerms>
struct PlainSums {
  static constexpr int kSums = kTerms;
  static constexpr double kEmpty = 0;
  HWY_INLINE W join(W after, W before, int /*k*/) const { return hn::Add(after, before); }
};

/// The calendar is cut into blocks of d days from day 0. The window that ends on day k of a block
/// is the block's first k + 1 days and the last d - 1 - k days of the block before: a running sum
/// over the block and one of the sums from a day to the end of the block before, made once by going
/// backwards. Nothing is ever subtracted, so errors do not build up, a NaN reaches exactly the
/// windows that hold it, and a value depends on its own window only, whatever `days` are asked for.
/// Every window of a block holds the block's first day. Centred policies see values less that day's
/// value: sums of squares lose at most d^2 roundings of double, and a window of equal values has
/// sums of exactly 0.
///
/// A policy P has: kSums terms; kPair (reads y too); kCentred; kEmpty, the start of a sum;
/// add_before(sums, x, y, k): takes in the day k >= 1 days before the block, going backwards;
/// add_after(sums, x, y, k): takes in day k of the block, going forwards;
/// join(after, before, k): the window's sum; finish(sums, cell): the result.
/// `before` holds d * kSums * lanes doubles.
template <class P>
HWY_NOINLINE void window_sums(const P& policy, ConstView x, ConstView y, View out, DayRange days,
                              std::size_t width, int d, double* HWY_RESTRICT before) {
  constexpr int kSums = P::kSums;
  const std::size_t lanes = hn::Lanes(Wide());
  const std::size_t step = kSums * lanes;
  for (std::size_t c = 0; c < width; c += lanes) {
    for (int s = days.first / d * d; s < days.last; s += d) {
      const int first = std::max(s, days.first);
      const int last = std::min(s + d, days.last);
      W x_ref = hn::Zero(Wide());
      W y_ref = x_ref;
      if constexpr (P::kCentred) {
        x_ref = load_wide(x.row(s) + c);
        if constexpr (P::kPair) y_ref = load_wide(y.row(s) + c);
      }
      W sums[kSums];
      for (int j = 0; j < kSums; ++j) {
        sums[j] = wide(P::kEmpty);
        hn::StoreU(sums[j], Wide(), before + static_cast<std::size_t>(j) * lanes);
      }
      const int reach = s - std::max(first - d + 1, 0);
      for (int k = 1; k <= reach; ++k) {
        W xv = load_wide(x.row(s - k) + c);
        W yv = xv;
        if constexpr (P::kPair) yv = load_wide(y.row(s - k) + c);
        if constexpr (P::kCentred) {
          xv = hn::Sub(xv, x_ref);
          if constexpr (P::kPair) yv = hn::Sub(yv, y_ref);
        }
        policy.add_before(sums, xv, yv, k);
        double* to = before + static_cast<std::size_t>(k) * step;
        for (int j = 0; j < kSums; ++j)
          hn::StoreU(sums[j], Wide(), to + static_cast<std::size_t>(j) * lanes);
      }
      for (int j = 0; j < kSums; ++j) sums[j] = wide(P::kEmpty);
      for (int t = s; t < last; ++t) {
        const int k = t - s;
        W xv = load_wide(x.row(t) + c);
        W yv = xv;
        if constexpr (P::kPair) yv = load_wide(y.row(t) + c);
        if constexpr (P::kCentred) {
          xv = hn::Sub(xv, x_ref);
          if constexpr (P::kPair) yv = hn::Sub(yv, y_ref);
        }
        policy.add_after(sums, xv, yv, k);
        if (t < first) continue;
        if (t < d - 1) {
          hn::StoreU(hn::Set(Half(), kMissing), Half(), out.row(t) + c);
          continue;
        }
        const double* from = before + static_cast<std::size_t>(d - 1 - k) * step;
        W total[kSums];
        for (int j = 0; j < kSums; ++j)
          total[j] = policy.join(sums[j],
                                 hn::LoadU(Wide(), from + static_cast<std::size_t>(j) * lanes), k);
        store_narrow(policy.finish(total, Cell{xv, yv, x_ref, y_ref, k}), out.row(t) + c);
      }
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::formula::kernels
HWY_AFTER_NAMESPACE();
#endif
