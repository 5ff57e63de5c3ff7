#include "fitness/kernels/day.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/formula/kernels/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fitness/kernels/day.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace evofactor::fitness::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using F = hn::CappedTag<float, 16>;
using Wide = hn::CappedTag<double, 8>;
using Half = hn::Rebind<float, Wide>;

/// `kLanes` sums side by side, in as many vectors as the instruction set needs.
template <class Tag, std::size_t kLanes>
class LaneSums {
 public:
  using T = hn::TFromD<Tag>;
  static constexpr std::size_t kWidth = hn::MaxLanes(Tag());
  static constexpr std::size_t kVectors = kLanes / kWidth;

  LaneSums() {
    for (std::size_t v = 0; v < kVectors; ++v) sums_[v] = hn::Zero(Tag());
  }
  HWY_INLINE void add(std::size_t vector, hn::Vec<Tag> value) {
    sums_[vector] = hn::Add(sums_[vector], value);
  }
  [[nodiscard]] double total() const {
    return total(0, [](std::size_t) { return T(); });
  }
  /// Adds what is left after the last whole group of kLanes, one element per lane, then the lanes
  /// in order.
  template <class Rest>
  [[nodiscard]] double total(std::size_t n_rest, Rest rest) const {
    HWY_ALIGN T lanes[kLanes];
    for (std::size_t v = 0; v < kVectors; ++v) hn::Store(sums_[v], Tag(), lanes + v * kWidth);
    for (std::size_t k = 0; k < n_rest; ++k) lanes[k] += rest(k);
    double total = 0;
    for (const T lane : lanes) total += static_cast<double>(lane);
    return total;
  }

 private:
  hn::Vec<Tag> sums_[kVectors];
};
using WideSums = LaneSums<Wide, 8>;
using FloatSums = LaneSums<F, 16>;

HWY_INLINE hn::Vec<Wide> load_wide(const float* p) {
  return hn::PromoteTo(Wide(), hn::LoadU(Half(), p));
}

double UntiedRankProducts(const std::uint64_t* HWY_RESTRICT words, std::size_t n,
                          const float* HWY_RESTRICT ranks) {
  // Whole numbers add up without rounding in any order, here four side by side.
  std::array<std::int64_t, 4> sums{};
  const auto add = [&](std::size_t k, std::int64_t& sum) {
    const auto rank = 2 * static_cast<std::int64_t>(k) + 1 - static_cast<std::int64_t>(n);
    sum += rank * static_cast<std::int64_t>(ranks[static_cast<std::uint32_t>(words[k])]);
  };
  std::size_t k = 0;
  for (; k + 4 <= n; k += 4)
    for (std::size_t j = 0; j < 4; ++j) add(k + j, sums[j]);
  for (; k < n; ++k) add(k, sums[0]);
  return static_cast<double>(sums[0] + sums[1] + sums[2] + sums[3]);
}

double Sum(const float* HWY_RESTRICT x, std::size_t n) {
  WideSums sums;
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (std::size_t v = 0; v < WideSums::kVectors; ++v)
      sums.add(v, load_wide(x + i + v * WideSums::kWidth));
  return sums.total(n - i, [&](std::size_t k) { return static_cast<double>(x[i + k]); });
}

Deviations DeviationSums(const float* HWY_RESTRICT x, double x_mean, const float* HWY_RESTRICT y,
                         double y_mean, std::size_t n) {
  const auto mx = hn::Set(Wide(), x_mean);
  const auto my = hn::Set(Wide(), y_mean);
  WideSums xx, xy;
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (std::size_t v = 0; v < WideSums::kVectors; ++v) {
      const std::size_t at = i + v * WideSums::kWidth;
      const auto dx = hn::Sub(load_wide(x + at), mx);
      const auto dy = hn::Sub(load_wide(y + at), my);
      xx.add(v, hn::Mul(dx, dx));
      xy.add(v, hn::Mul(dx, dy));
    }
  const auto dx = [&](std::size_t k) { return static_cast<double>(x[i + k]) - x_mean; };
  const auto dy = [&](std::size_t k) { return static_cast<double>(y[i + k]) - y_mean; };
  return {.xx = xx.total(n - i, [&](std::size_t k) { return dx(k) * dx(k); }),
          .xy = xy.total(n - i, [&](std::size_t k) { return dx(k) * dy(k); })};
}

Products RowProducts(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, std::size_t n) {
  FloatSums ab, aa, bb;
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16)
    for (std::size_t v = 0; v < FloatSums::kVectors; ++v) {
      const std::size_t at = i + v * FloatSums::kWidth;
      const auto x = hn::LoadU(F(), a + at);
      const auto y = hn::LoadU(F(), b + at);
      ab.add(v, hn::Mul(x, y));
      aa.add(v, hn::Mul(x, x));
      bb.add(v, hn::Mul(y, y));
    }
  return {.ab = ab.total(n - i, [&](std::size_t k) { return a[i + k] * b[i + k]; }),
          .aa = aa.total(n - i, [&](std::size_t k) { return a[i + k] * a[i + k]; }),
          .bb = bb.total(n - i, [&](std::size_t k) { return b[i + k] * b[i + k]; })};
}

/// Values beyond this many standard deviations do not count for centre and spread.
constexpr float kClip = 2.5F;
constexpr int kClips = 24;
/// A clipping that takes more of the spread than this is followed by another.
constexpr double kStillTails = 0.9;
/// Standard deviations at which the step ends: a step of 1.5 u - 0.5 u^3 is the distribution
/// function of the Epanechnikov density, whose standard deviation is 1 / sqrt(5) of its half width.
constexpr float kStep = 2.236068F;

/// Calls visit(vector, factor, rank, whether both are there) along two rows.
template <class Visit>
HWY_INLINE void for_each_pair(const float* HWY_RESTRICT factor, const float* HWY_RESTRICT ranks,
                              std::size_t width, Visit visit) {
  const F f;
  for (std::size_t i = 0; i < width; i += 16)
    for (std::size_t v = 0; v < FloatSums::kVectors; ++v) {
      const std::size_t at = i + v * FloatSums::kWidth;
      const auto x = hn::LoadU(f, factor + at);
      const auto r = hn::LoadU(f, ranks + at);
      visit(v, x, r, hn::And(hn::Eq(x, x), hn::Eq(r, r)));
    }
}

/// Where a day's values step from -1 to 1.
class Step {
 public:
  using V = hn::Vec<F>;

  Step(const float* HWY_RESTRICT factor, const float* HWY_RESTRICT ranks, std::size_t width) {
    std::size_t first = 0;
    while (first < width && !(factor[first] == factor[first] && ranks[first] == ranks[first]))
      ++first;
    if (first == width) return;
    // Less a value of the day, so that values close together keep their digits.
    origin_ = hn::Set(f_, factor[first]);
    FloatSums count, sum, squares;
    for_each_pair(factor, ranks, width, [&](std::size_t v, V x, V, auto both) HWY_ATTR {
      const auto d = hn::IfThenElseZero(both, hn::Sub(x, origin_));
      count.add(v, hn::IfThenElseZero(both, hn::Set(f_, 1.0F)));
      sum.add(v, d);
      squares.add(v, hn::Mul(d, d));
    });
    n_ = count.total();
    double mean = sum.total() / n_;
    double deviation = spread(sum.total(), squares.total());
    // The heavier the tails, the more often they have to be clipped.
    for (int round = 0; round < kClips; ++round) {
      const double before = deviation;
      const auto low = hn::Set(f_, static_cast<float>(mean - kClip * deviation));
      const auto high = hn::Set(f_, static_cast<float>(mean + kClip * deviation));
      FloatSums clipped, clipped_squares;
      for_each_pair(factor, ranks, width, [&](std::size_t v, V x, V, auto both) HWY_ATTR {
        const auto d = hn::Min(hn::Max(hn::Sub(x, origin_), low), high);
        const auto kept = hn::IfThenElseZero(both, d);
        clipped.add(v, kept);
        clipped_squares.add(v, hn::Mul(kept, kept));
      });
      mean = clipped.total() / n_;
      deviation = spread(clipped.total(), clipped_squares.total());
      if (!(deviation < kStillTails * before)) break;
    }
    centre_ = hn::Set(f_, static_cast<float>(mean));
    scale_ = hn::Set(f_, static_cast<float>(1 / (kStep * deviation)));
  }
  [[nodiscard]] double stocks() const { return n_; }
  [[nodiscard]] HWY_INLINE V operator()(V x) const {
    const auto one = hn::Set(f_, 1.0F);
    const auto u = hn::Mul(hn::Sub(hn::Sub(x, origin_), centre_), scale_);
    const auto inside = hn::Min(hn::Max(u, hn::Neg(one)), one);
    const auto cube = hn::Mul(hn::Mul(inside, inside), inside);
    return hn::Sub(hn::Mul(hn::Set(f_, 1.5F), inside), hn::Mul(hn::Set(f_, 0.5F), cube));
  }

 private:
  [[nodiscard]] double spread(double total, double squares) const {
    return std::sqrt(std::max(squares / n_ - total / n_ * (total / n_), 0.0));
  }
  F f_;
  double n_ = 0;
  V origin_ = hn::Zero(F()), centre_ = hn::Zero(F()), scale_ = hn::Zero(F());
};

Agreement AgreementOf(const float* HWY_RESTRICT factor, const float* HWY_RESTRICT ranks,
                      std::size_t width) {
  const Step step(factor, ranks, width);
  const double n = step.stocks();
  if (n == 0) return {};
  FloatSums g, gg, gr, r_sum, rr;
  for_each_pair(factor, ranks, width, [&](std::size_t v, Step::V x, Step::V r, auto both) HWY_ATTR {
    const auto value = hn::IfThenElseZero(both, step(x));
    const auto rank = hn::IfThenElseZero(both, r);
    g.add(v, value);
    gg.add(v, hn::Mul(value, value));
    gr.add(v, hn::Mul(value, rank));
    r_sum.add(v, rank);
    rr.add(v, hn::Mul(rank, rank));
  });
  const double g_total = g.total(), r_total = r_sum.total();
  const double products = gr.total() - g_total * r_total / n;
  const double g_squares = gg.total() - g_total * g_total / n;
  const double r_squares = rr.total() - r_total * r_total / n;
  return {.stocks = static_cast<int>(n),
          .correlation = products / std::sqrt(g_squares * r_squares)};
}

void UnitStep(const float* HWY_RESTRICT factor, const float* HWY_RESTRICT ranks, std::size_t width,
              float* HWY_RESTRICT out) {
  const F f;
  const Step step(factor, ranks, width);
  FloatSums sum, squares;
  std::size_t at = 0;
  for_each_pair(factor, ranks, width, [&](std::size_t v, Step::V x, Step::V, auto both) HWY_ATTR {
    const auto value = hn::IfThenElseZero(both, step(x));
    sum.add(v, value);
    hn::StoreU(value, f, out + at);
    at += FloatSums::kWidth;
  });
  const double n = step.stocks();
  const auto mean = hn::Set(f, n > 0 ? static_cast<float>(sum.total() / n) : 0.0F);
  at = 0;
  for_each_pair(factor, ranks, width, [&](std::size_t v, Step::V, Step::V, auto both) HWY_ATTR {
    const auto value = hn::IfThenElseZero(both, hn::Sub(hn::LoadU(f, out + at), mean));
    squares.add(v, hn::Mul(value, value));
    hn::StoreU(value, f, out + at);
    at += FloatSums::kWidth;
  });
  // What a constant day leaves is rounding.
  const double left = squares.total();
  const auto scale = hn::Set(f, left > 1e-6 * n ? static_cast<float>(1 / std::sqrt(left)) : 0.0F);
  for (std::size_t i = 0; i < width; i += FloatSums::kWidth)
    hn::StoreU(hn::Mul(hn::LoadU(f, out + i), scale), f, out + i);
}

double Dot(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, std::size_t width) {
  FloatSums sum;
  for (std::size_t i = 0; i < width; i += 16)
    for (std::size_t v = 0; v < FloatSums::kVectors; ++v) {
      const std::size_t at = i + v * FloatSums::kWidth;
      sum.add(v, hn::Mul(hn::LoadU(F(), a + at), hn::LoadU(F(), b + at)));
    }
  return sum.total();
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments): closed by Highway's macro
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::fitness::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evofactor::fitness::kernels {

HWY_EXPORT(UntiedRankProducts);
HWY_EXPORT(Sum);
HWY_EXPORT(DeviationSums);
HWY_EXPORT(RowProducts);
HWY_EXPORT(AgreementOf);
HWY_EXPORT(UnitStep);
HWY_EXPORT(Dot);

double untied_rank_products(const std::uint64_t* words, std::size_t n, const float* ranks) {
  return HWY_DYNAMIC_DISPATCH(UntiedRankProducts)(words, n, ranks);
}
double sum(std::span<const float> x) { return HWY_DYNAMIC_DISPATCH(Sum)(x.data(), x.size()); }
Deviations deviations(std::span<const float> x, double x_mean, std::span<const float> y,
                      double y_mean) {
  return HWY_DYNAMIC_DISPATCH(DeviationSums)(x.data(), x_mean, y.data(), y_mean, x.size());
}
Products products(std::span<const float> a, std::span<const float> b) {
  return HWY_DYNAMIC_DISPATCH(RowProducts)(a.data(), b.data(), a.size());
}

Agreement agreement(const float* factor, const float* ranks, std::size_t width) {
  return HWY_DYNAMIC_DISPATCH(AgreementOf)(factor, ranks, width);
}
void unit_step(const float* factor, const float* ranks, std::size_t width, float* out) {
  HWY_DYNAMIC_DISPATCH(UnitStep)(factor, ranks, width, out);
}
double dot(const float* a, const float* b, std::size_t width) {
  return HWY_DYNAMIC_DISPATCH(Dot)(a, b, width);
}

}  // namespace evofactor::fitness::kernels
#endif
