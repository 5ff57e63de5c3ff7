#include "engine/formula/kernels/pairs.hpp"

#include "engine/core/error.hpp"
#include "engine/formula/kernels/scratch.hpp"

// The order of these matters.
// clang-format off
#include "engine/formula/kernels/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/formula/kernels/pairs.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "engine/formula/kernels/window_sums-inl.hpp"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evofactor::formula::kernels {
namespace HWY_NAMESPACE {
namespace {

/// Clamps to [low, 1]; NaN stays NaN.
HWY_INLINE W clip(W value, double low) {
  const W clipped = hn::Min(hn::Max(value, wide(low)), wide(1.0));
  return hn::IfThenElse(hn::Eq(value, value), clipped, value);
}

struct Covariance : PlainSums<3> {
  static constexpr bool kPair = true, kCentred = true;
  double inverse_n, inverse_n1;
  explicit Covariance(int d) : inverse_n(1.0 / d), inverse_n1(1.0 / (d - 1)) {}
  HWY_INLINE void add(W (&s)[3], W x, W y) const {
    s[0] = hn::Add(s[0], x);
    s[1] = hn::Add(s[1], y);
    s[2] = hn::Add(s[2], hn::Mul(x, y));
  }
  HWY_INLINE void add_before(W (&s)[3], W x, W y, int) const { add(s, x, y); }
  HWY_INLINE void add_after(W (&s)[3], W x, W y, int) const { add(s, x, y); }
  HWY_INLINE W finish(const W (&s)[3], const Cell&) const {
    const W products = hn::Sub(s[2], hn::Mul(hn::Mul(s[0], s[1]), wide(inverse_n)));
    return hn::Mul(products, wide(inverse_n1));
  }
};

struct Correlation : PlainSums<5> {
  static constexpr bool kPair = true, kCentred = true;
  double inverse_n;
  explicit Correlation(int d) : inverse_n(1.0 / d) {}
  HWY_INLINE void add(W (&s)[5], W x, W y) const {
    s[0] = hn::Add(s[0], x);
    s[1] = hn::Add(s[1], y);
    s[2] = hn::Add(s[2], hn::Mul(x, y));
    s[3] = hn::Add(s[3], hn::Mul(x, x));
    s[4] = hn::Add(s[4], hn::Mul(y, y));
  }
  HWY_INLINE void add_before(W (&s)[5], W x, W y, int) const { add(s, x, y); }
  HWY_INLINE void add_after(W (&s)[5], W x, W y, int) const { add(s, x, y); }
  HWY_INLINE W finish(const W (&s)[5], const Cell&) const {
    const W n = wide(inverse_n);
    const W xy = hn::Sub(s[2], hn::Mul(hn::Mul(s[0], s[1]), n));
    const W xx = hn::Sub(s[3], hn::Mul(hn::Mul(s[0], s[0]), n));
    const W yy = hn::Sub(s[4], hn::Mul(hn::Mul(s[1], s[1]), n));
    return clip(hn::Div(xy, hn::Sqrt(hn::Mul(xx, yy))), -1.0);
  }
};

/// Regression of x (the first operand) on y.
struct Regression : PlainSums<4> {
  static constexpr bool kPair = true, kCentred = true;
  double inverse_n;
  explicit Regression(int d) : inverse_n(1.0 / d) {}
  HWY_INLINE void add(W (&s)[4], W x, W y) const {
    s[0] = hn::Add(s[0], x);
    s[1] = hn::Add(s[1], y);
    s[2] = hn::Add(s[2], hn::Mul(x, y));
    s[3] = hn::Add(s[3], hn::Mul(y, y));
  }
  HWY_INLINE void add_before(W (&s)[4], W x, W y, int) const { add(s, x, y); }
  HWY_INLINE void add_after(W (&s)[4], W x, W y, int) const { add(s, x, y); }
  HWY_INLINE W beta(const W (&s)[4]) const {
    const W n = wide(inverse_n);
    const W xy = hn::Sub(s[2], hn::Mul(hn::Mul(s[0], s[1]), n));
    const W yy = hn::Sub(s[3], hn::Mul(hn::Mul(s[1], s[1]), n));
    return hn::Div(xy, yy);
  }
};
struct Beta : Regression {
  using Regression::Regression;
  HWY_INLINE W finish(const W (&s)[4], const Cell&) const { return beta(s); }
};
struct Alpha : Regression {
  using Regression::Regression;
  HWY_INLINE W finish(const W (&s)[4], const Cell& cell) const {
    const W n = wide(inverse_n);
    const W mean_x = hn::Add(cell.x_ref, hn::Mul(s[0], n));
    const W mean_y = hn::Add(cell.y_ref, hn::Mul(s[1], n));
    return hn::Sub(mean_x, hn::Mul(beta(s), mean_y));
  }
};

/// Sum, sum of day x value and, where kSquares, sum of squares; days count from the middle of the
/// window once joined.
template <int kTerms>
struct Trend : PlainSums<kTerms> {
  static constexpr bool kPair = false, kCentred = true;
  double inverse_n, middle, inverse_time;
  explicit Trend(int d)
      : inverse_n(1.0 / d),
        middle((d - 1) / 2.0),
        inverse_time(12.0 / (static_cast<double>(d) * (static_cast<double>(d) * d - 1))) {}
  HWY_INLINE void add(W (&s)[kTerms], W x, int day) const {
    s[0] = hn::Add(s[0], x);
    s[1] = hn::Add(s[1], hn::Mul(wide(day), x));
    if constexpr (kTerms == 3) s[2] = hn::Add(s[2], hn::Mul(x, x));
  }
  HWY_INLINE void add_before(W (&s)[kTerms], W x, W, int k) const { add(s, x, -k); }
  HWY_INLINE void add_after(W (&s)[kTerms], W x, W, int k) const { add(s, x, k); }
  /// Sum of (day - mean day) x value: the window's middle is day k - (d - 1) / 2 of the block.
  HWY_INLINE W products(const W (&s)[kTerms], int k) const {
    return hn::Sub(s[1], hn::Mul(wide(k - middle), s[0]));
  }
};
struct Slope : Trend<2> {
  using Trend<2>::Trend;
  HWY_INLINE W finish(const W (&s)[2], const Cell& cell) const {
    return hn::Mul(products(s, cell.k), wide(inverse_time));
  }
};
struct Residual : Trend<2> {
  using Trend<2>::Trend;
  HWY_INLINE W finish(const W (&s)[2], const Cell& cell) const {
    const W rise = hn::Mul(products(s, cell.k), wide(inverse_time * middle));
    return hn::Sub(cell.x, hn::Add(hn::Mul(s[0], wide(inverse_n)), rise));
  }
};
struct Rsquare : Trend<3> {
  using Trend<3>::Trend;
  HWY_INLINE W finish(const W (&s)[3], const Cell& cell) const {
    const W tx = products(s, cell.k);
    const W xx = hn::Sub(s[2], hn::Mul(hn::Mul(s[0], s[0]), wide(inverse_n)));
    return clip(hn::Div(hn::Mul(hn::Mul(tx, tx), wide(inverse_time)), xx), 0.0);
  }
};

template <class P>
void run(const P& policy, ConstView x, ConstView y, View out, DayRange days, int d,
         std::size_t width) {
  const std::size_t lanes = hn::Lanes(Wide());
  double* before = scratch<double>(static_cast<std::size_t>(d) * P::kSums * lanes);
  window_sums(policy, x, y, out, days, width, d, before);
}

void pairs_on_target(Fn fn, ConstView x, ConstView y, View out, DayRange days, int d,
                     std::size_t width) {
  switch (fn) {
    case Fn::kTsCov:
      return run(Covariance(d), x, y, out, days, d, width);
    case Fn::kTsCorr:
      return run(Correlation(d), x, y, out, days, d, width);
    case Fn::kTsBeta:
      return run(Beta(d), x, y, out, days, d, width);
    case Fn::kTsAlpha:
      return run(Alpha(d), x, y, out, days, d, width);
    case Fn::kTsSlope:
      return run(Slope(d), x, y, out, days, d, width);
    case Fn::kTsResid:
      return run(Residual(d), x, y, out, days, d, width);
    case Fn::kTsRsquare:
      return run(Rsquare(d), x, y, out, days, d, width);
    default:
      EVOFACTOR_CHECK(false, "function {} is no pair or trend", static_cast<int>(fn));
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::formula::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evofactor::formula::kernels {

HWY_EXPORT(pairs_on_target);

void pairs(Fn fn, ConstView x, ConstView y, View out, DayRange days, int d, std::size_t width) {
  HWY_DYNAMIC_DISPATCH(pairs_on_target)(fn, x, y, out, days, d, width);
}

}  // namespace evofactor::formula::kernels
#endif
