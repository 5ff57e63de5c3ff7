#include "fitness/kernels/day.hpp"

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
using D = hn::ScalableTag<double>;
using I64 = hn::RebindToSigned<D>;
using U64 = hn::RebindToUnsigned<D>;

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

double UntiedRankProducts(const std::uint64_t* HWY_RESTRICT keys, std::size_t n,
                          const double* HWY_RESTRICT ranks) {
  const std::size_t width = hn::Lanes(D());
  const auto low = hn::Set(U64(), 0xffffffffU);
  auto rank = hn::Add(hn::Iota(D(), 0), hn::Iota(D(), 1 - static_cast<double>(n)));
  const auto step = hn::Set(D(), 2 * static_cast<double>(width));
  auto sums = hn::Zero(D());
  std::size_t k = 0;
  for (; k + width <= n; k += width) {
    const auto position = hn::BitCast(I64(), hn::And(hn::LoadU(U64(), keys + k), low));
    sums = hn::Add(sums, hn::Mul(rank, hn::GatherIndex(D(), ranks, position)));
    rank = hn::Add(rank, step);
  }
  double total = hn::GetLane(hn::SumOfLanes(D(), sums));
  for (; k < n; ++k)
    total +=
        static_cast<double>(2 * static_cast<std::int64_t>(k) + 1 - static_cast<std::int64_t>(n)) *
        ranks[static_cast<std::uint32_t>(keys[k])];
  return total;
}

bool HasTies(const std::uint64_t* HWY_RESTRICT keys, std::size_t n) {
  const std::size_t width = hn::Lanes(U64());
  std::size_t k = 1;
  bool any = false;
  for (; k + width <= n; k += width) {
    const auto differ = hn::Xor(hn::LoadU(U64(), keys + k - 1), hn::LoadU(U64(), keys + k));
    any |= !hn::AllFalse(U64(), hn::Eq(hn::ShiftRight<32>(differ), hn::Zero(U64())));
  }
  for (; k < n; ++k) any |= keys[k] >> 32 == keys[k - 1] >> 32;
  return any;
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

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments): closed by Highway's macro
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::fitness::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evofactor::fitness::kernels {

HWY_EXPORT(UntiedRankProducts);
HWY_EXPORT(HasTies);
HWY_EXPORT(Sum);
HWY_EXPORT(DeviationSums);
HWY_EXPORT(RowProducts);

double untied_rank_products(std::span<const std::uint64_t> keys, std::span<const double> ranks) {
  return HWY_DYNAMIC_DISPATCH(UntiedRankProducts)(keys.data(), keys.size(), ranks.data());
}
bool has_ties(std::span<const std::uint64_t> keys) {
  return HWY_DYNAMIC_DISPATCH(HasTies)(keys.data(), keys.size());
}
double sum(std::span<const float> x) { return HWY_DYNAMIC_DISPATCH(Sum)(x.data(), x.size()); }
Deviations deviations(std::span<const float> x, double x_mean, std::span<const float> y,
                      double y_mean) {
  return HWY_DYNAMIC_DISPATCH(DeviationSums)(x.data(), x_mean, y.data(), y_mean, x.size());
}
Products products(std::span<const float> a, std::span<const float> b) {
  return HWY_DYNAMIC_DISPATCH(RowProducts)(a.data(), b.data(), a.size());
}

}  // namespace evofactor::fitness::kernels
#endif
