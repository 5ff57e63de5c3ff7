#include "engine/formula/kernels/moments.hpp"

#include <cmath>

#include "engine/core/error.hpp"
#include "engine/formula/kernels/scratch.hpp"

// The order of these matters.
// clang-format off
#include "engine/formula/kernels/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/formula/kernels/moments.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "engine/formula/kernels/window_sums-inl.hpp"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evofactor::formula::kernels {
namespace HWY_NAMESPACE {
namespace {

/// Sum x factor: sums and means.
struct Total : PlainSums<1> {
  static constexpr bool kPair = false, kCentred = false;
  double factor;
  explicit Total(double f) : factor(f) {}
  HWY_INLINE void add_before(W (&s)[1], W x, W, int) const { s[0] = hn::Add(s[0], x); }
  HWY_INLINE void add_after(W (&s)[1], W x, W, int) const { s[0] = hn::Add(s[0], x); }
  HWY_INLINE W finish(const W (&s)[1], const Cell&) const { return hn::Mul(s[0], wide(factor)); }
};

struct Product {
  static constexpr int kSums = 1;
  static constexpr bool kPair = false, kCentred = false;
  static constexpr double kEmpty = 1;
  HWY_INLINE void add_before(W (&s)[1], W x, W, int) const { s[0] = hn::Mul(s[0], x); }
  HWY_INLINE void add_after(W (&s)[1], W x, W, int) const { s[0] = hn::Mul(s[0], x); }
  HWY_INLINE W join(W after, W before, int) const { return hn::Mul(after, before); }
  HWY_INLINE W finish(const W (&s)[1], const Cell&) const { return s[0]; }
};

/// Powers 1..kPowers of the values less their reference.
template <int kPowers>
struct Powers : PlainSums<kPowers> {
  static constexpr bool kPair = false, kCentred = true;
  double n, inverse_n, inverse_n1;
  explicit Powers(int d) : n(d), inverse_n(1.0 / d), inverse_n1(1.0 / (d - 1)) {}
  HWY_INLINE void add(W (&s)[kPowers], W x) const {
    W power = x;
    s[0] = hn::Add(s[0], power);
    for (int j = 1; j < kPowers; ++j) {
      power = hn::Mul(power, x);
      s[j] = hn::Add(s[j], power);
    }
  }
  HWY_INLINE void add_before(W (&s)[kPowers], W x, W, int) const { add(s, x); }
  HWY_INLINE void add_after(W (&s)[kPowers], W x, W, int) const { add(s, x); }
  HWY_INLINE W mean(const W (&s)[kPowers]) const { return hn::Mul(s[0], wide(inverse_n)); }
  /// Sum of squared deviations from the mean.
  HWY_INLINE W squares(const W (&s)[kPowers]) const {
    return hn::Sub(s[1], hn::Mul(s[0], mean(s)));
  }
  HWY_INLINE W variance(const W (&s)[kPowers]) const {
    return hn::Mul(squares(s), wide(inverse_n1));
  }
};

struct Variance : Powers<2> {
  using Powers<2>::Powers;
  HWY_INLINE W finish(const W (&s)[2], const Cell&) const { return variance(s); }
};
struct Deviation : Powers<2> {
  using Powers<2>::Powers;
  HWY_INLINE W finish(const W (&s)[2], const Cell&) const { return hn::Sqrt(variance(s)); }
};
struct MeanOverDeviation : Powers<2> {
  using Powers<2>::Powers;
  HWY_INLINE W finish(const W (&s)[2], const Cell& cell) const {
    return hn::Div(hn::Add(cell.x_ref, mean(s)), hn::Sqrt(variance(s)));
  }
};
struct Zscore : Powers<2> {
  using Powers<2>::Powers;
  HWY_INLINE W finish(const W (&s)[2], const Cell& cell) const {
    return hn::Div(hn::Sub(cell.x, mean(s)), hn::Sqrt(variance(s)));
  }
};
/// As pandas: sqrt(n (n - 1)) / (n - 2) x m3 / m2^1.5.
struct Skewness : Powers<3> {
  double factor;
  explicit Skewness(int d) : Powers<3>(d), factor(std::sqrt(n * (n - 1)) / (n - 2)) {}
  HWY_INLINE W finish(const W (&s)[3], const Cell&) const {
    const W m = mean(s);
    const W m2 = hn::Mul(squares(s), wide(inverse_n));
    const W twice_m2 = hn::Mul(wide(2.0), hn::Mul(m, m));
    const W raw2 = hn::Mul(wide(3.0 * inverse_n), s[1]);
    const W m3 = hn::Add(hn::Mul(s[2], wide(inverse_n)), hn::Mul(m, hn::Sub(twice_m2, raw2)));
    return hn::Div(hn::Mul(wide(factor), m3), hn::Mul(m2, hn::Sqrt(m2)));
  }
};
/// As pandas: (n - 1) / ((n - 2) (n - 3)) x ((n + 1) m4 / m2^2 - 3 (n - 1)).
struct Kurtosis : Powers<4> {
  double factor, offset;
  explicit Kurtosis(int d)
      : Powers<4>(d),
        factor((n - 1) * (n + 1) / ((n - 2) * (n - 3))),
        offset(3 * (n - 1) * (n - 1) / ((n - 2) * (n - 3))) {}
  HWY_INLINE W finish(const W (&s)[4], const Cell&) const {
    const W m = mean(s);
    const W m2 = hn::Mul(squares(s), wide(inverse_n));
    const W raw2 = hn::Mul(s[1], wide(6.0 * inverse_n));
    const W raw3 = hn::Mul(s[2], wide(4.0 * inverse_n));
    const W raw4 = hn::Mul(s[3], wide(inverse_n));
    const W square = hn::Mul(m, m);
    const W low = hn::Mul(square, hn::Sub(raw2, hn::Mul(wide(3.0), square)));
    const W m4 = hn::Add(hn::Sub(raw4, hn::Mul(m, raw3)), low);
    const W ratio = hn::Div(m4, hn::Mul(m2, m2));
    return hn::Sub(hn::Mul(wide(factor), ratio), wide(offset));
  }
};

/// Two passes over each window: the mean of the differences from today's value, then the mean
/// absolute deviation.
HWY_NOINLINE void mean_absolute_deviation(ConstView x, View out, DayRange days, std::size_t width,
                                          int d, float* HWY_RESTRICT column) {
  using F = hn::ScalableTag<float>;
  const F f;
  const std::size_t lanes = hn::Lanes(f);
  const int start = std::max(days.first - d + 1, 0);
  const auto inverse = hn::Set(f, 1.0F / static_cast<float>(d));
  for (std::size_t c = 0; c < width; c += lanes) {
    for (int t = start; t < days.last; ++t)
      hn::StoreU(hn::LoadU(f, x.row(t) + c), f,
                 column + static_cast<std::size_t>(t - start) * lanes);
    for (int t = days.first; t < days.last; ++t) {
      if (t < d - 1) {
        hn::StoreU(hn::Set(f, kMissing), f, out.row(t) + c);
        continue;
      }
      const float* window = column + static_cast<std::size_t>(t - d + 1 - start) * lanes;
      const auto today = hn::LoadU(f, x.row(t) + c);
      auto sum = hn::Zero(f);
      for (int j = 0; j < d; ++j)
        sum = hn::Add(sum,
                      hn::Sub(hn::LoadU(f, window + static_cast<std::size_t>(j) * lanes), today));
      const auto mean = hn::Mul(sum, inverse);
      auto deviation = hn::Zero(f);
      for (int j = 0; j < d; ++j) {
        const auto value =
            hn::Sub(hn::LoadU(f, window + static_cast<std::size_t>(j) * lanes), today);
        deviation = hn::Add(deviation, hn::Abs(hn::Sub(value, mean)));
      }
      const auto result = hn::Mul(deviation, inverse);
      hn::StoreU(hn::Add(result, hn::Mul(result, hn::Zero(f))), f, out.row(t) + c);
    }
  }
}

template <class P>
void run(const P& policy, ConstView x, View out, DayRange days, int d, std::size_t width) {
  const std::size_t lanes = hn::Lanes(Wide());
  double* before = scratch<double>(static_cast<std::size_t>(d) * P::kSums * lanes);
  window_sums(policy, x, x, out, days, width, d, before);
}

void moments_on_target(Fn fn, ConstView x, View out, DayRange days, int d, std::size_t width) {
  switch (fn) {
    case Fn::kTsSum:
      return run(Total(1.0), x, out, days, d, width);
    case Fn::kTsMean:
      return run(Total(1.0 / d), x, out, days, d, width);
    case Fn::kTsProduct:
      return run(Product(), x, out, days, d, width);
    case Fn::kTsVar:
      return run(Variance(d), x, out, days, d, width);
    case Fn::kTsStd:
      return run(Deviation(d), x, out, days, d, width);
    case Fn::kTsMeanstd:
      return run(MeanOverDeviation(d), x, out, days, d, width);
    case Fn::kTsZscore:
      return run(Zscore(d), x, out, days, d, width);
    case Fn::kTsSkew:
      return run(Skewness(d), x, out, days, d, width);
    case Fn::kTsKurt:
      return run(Kurtosis(d), x, out, days, d, width);
    case Fn::kTsMad: {
      const auto rows = static_cast<std::size_t>(days.size() + d);
      return mean_absolute_deviation(x, out, days, width, d,
                                     scratch<float>(rows * hn::Lanes(hn::ScalableTag<float>())));
    }
    default:
      EVOFACTOR_CHECK(false, "function {} is no moment", static_cast<int>(fn));
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::formula::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evofactor::formula::kernels {

HWY_EXPORT(moments_on_target);

void moments(Fn fn, ConstView x, View out, DayRange days, int d, std::size_t width) {
  HWY_DYNAMIC_DISPATCH(moments_on_target)(fn, x, out, days, d, width);
}

}  // namespace evofactor::formula::kernels
#endif
