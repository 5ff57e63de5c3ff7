#include "engine/formula/kernels/cross_section.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/core/error.hpp"
#include "engine/formula/kernels/ranking.hpp"
#include "engine/formula/kernels/scratch.hpp"

// The order of these matters.
// clang-format off
#include "engine/formula/kernels/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/formula/kernels/cross_section.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "engine/formula/kernels/wide-inl.hpp"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evofactor::formula::kernels {
namespace HWY_NAMESPACE {
namespace {

using F = hn::ScalableTag<float>;

/// Groups of fewer members join the group of unknown industry.
constexpr int kSmallestGroup = 3;

/// Ordered key of a missing value: above those of all numbers.
constexpr std::int32_t kMissingKey = std::numeric_limits<std::int32_t>::max();

/// Eight sums side by side, in as many vectors as the instruction set needs: one order of addition
/// everywhere.
class Sum {
 public:
  Sum() {
    for (std::size_t j = 0; j < kVectors; ++j) sums_[j] = hn::Zero(Wide());
  }
  HWY_INLINE void add(std::size_t vector, W value) {
    sums_[vector] = hn::Add(sums_[vector], value);
  }
  [[nodiscard]] double total() const {
    HWY_ALIGN double lanes[8];
    for (std::size_t j = 0; j < kVectors; ++j) hn::Store(sums_[j], Wide(), lanes + j * kLanes);
    return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) +
           ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
  }
  static constexpr std::size_t kLanes = hn::MaxLanes(Wide());
  static constexpr std::size_t kVectors = 8 / kLanes;

 private:
  W sums_[kVectors];
};

/// One day's values: those of members, NaN for everyone else and in the padding.
HWY_INLINE void keep_members(const float* HWY_RESTRICT x, const std::uint8_t* HWY_RESTRICT members,
                             std::size_t n, std::size_t width, float* HWY_RESTRICT out) {
  const F f;
  const hn::RebindToSigned<F> i;
  const hn::Rebind<std::uint8_t, F> u8;
  const auto missing = hn::Set(f, kMissing);
  for (std::size_t c = 0; c < width; c += hn::Lanes(f)) {
    const auto flag = hn::PromoteTo(i, hn::LoadU(u8, members + c));
    const auto outside = hn::RebindMask(f, hn::Eq(flag, hn::Zero(i)));
    hn::StoreU(hn::IfThenElse(outside, missing, hn::LoadU(f, x + c)), f, out + c);
  }
  std::fill(out + n, out + width, kMissing);
}

struct Spread {
  double n = 0, mean = 0, squares = 0;
  [[nodiscard]] double deviation() const { return std::sqrt(squares / (n - 1)); }
};

/// Count, mean and sum of squared deviations of the finite values; exact if they are all equal.
HWY_NOINLINE Spread spread(const float* row, std::size_t width) {
  Spread result;
  std::size_t start = 0;
  while (start < width && row[start] != row[start]) ++start;
  if (start == width) return result;
  const double reference = static_cast<double>(row[start]);
  const W ref = hn::Set(Wide(), reference);
  const W one = hn::Set(Wide(), 1.0);
  Sum count, sum;
  for (std::size_t c = 0; c < width; c += 8)
    for (std::size_t j = 0; j < Sum::kVectors; ++j) {
      const W v = load_wide(row + c + j * Sum::kLanes);
      const auto there = hn::Eq(v, v);
      count.add(j, hn::IfThenElseZero(there, one));
      sum.add(j, hn::IfThenElseZero(there, hn::Sub(v, ref)));
    }
  result.n = count.total();
  result.mean = reference + sum.total() / result.n;
  const W mean = hn::Set(Wide(), result.mean);
  Sum squares;
  for (std::size_t c = 0; c < width; c += 8)
    for (std::size_t j = 0; j < Sum::kVectors; ++j) {
      const W v = load_wide(row + c + j * Sum::kLanes);
      const W deviation = hn::IfThenElseZero(hn::Eq(v, v), hn::Sub(v, mean));
      squares.add(j, hn::Mul(deviation, deviation));
    }
  result.squares = squares.total();
  return result;
}

HWY_NOINLINE double sum_of_sizes(const float* row, std::size_t width) {
  Sum sum;
  for (std::size_t c = 0; c < width; c += 8)
    for (std::size_t j = 0; j < Sum::kVectors; ++j) {
      const W v = load_wide(row + c + j * Sum::kLanes);
      sum.add(j, hn::IfThenElseZero(hn::Eq(v, v), hn::Abs(v)));
    }
  return sum.total();
}

/// (value - centre) / scale in place.
HWY_NOINLINE void standardise(float* row, std::size_t width, double centre, double scale) {
  const W middle = hn::Set(Wide(), centre);
  const W divisor = hn::Set(Wide(), scale);
  for (std::size_t c = 0; c < width; c += hn::Lanes(Wide()))
    store_narrow(hn::Div(hn::Sub(load_wide(row + c), middle), divisor), row + c);
}

/// Clamps in place; NaN stays, and a NaN bound makes all NaN.
HWY_NOINLINE void clamp(float* row, std::size_t width, double low, double high) {
  const F f;
  const auto bottom = hn::Set(f, static_cast<float>(low));
  const auto top = hn::Set(f, static_cast<float>(high));
  const bool bounded = low == low && high == high;
  for (std::size_t c = 0; c < width; c += hn::Lanes(f)) {
    const auto v = hn::LoadU(f, row + c);
    const auto there = hn::Eq(v, v);
    const auto clamped = hn::Min(hn::Max(hn::IfThenElseZero(there, v), bottom), top);
    const auto missing = hn::Set(f, kMissing);
    hn::StoreU(bounded ? hn::IfThenElse(there, clamped, missing) : missing, f, row + c);
  }
}

/// Signed integers in the order of the values (-0 equals 0); missing values come last.
/// `keys` has room for the whole row.
HWY_NOINLINE void ordered_keys(const float* HWY_RESTRICT row, std::size_t width,
                               std::int32_t* HWY_RESTRICT keys) {
  const F f;
  const hn::RebindToSigned<F> i;
  const auto last = hn::Set(i, kMissingKey);
  for (std::size_t c = 0; c < width; c += hn::Lanes(f)) {
    const auto value = hn::LoadU(f, row + c);
    // Adding 0 makes -0 into 0.
    const auto bits = hn::BitCast(i, hn::Add(value, hn::Zero(f)));
    const auto flip =
        hn::ShiftRight<1>(hn::BitCast(hn::RebindToUnsigned<F>(), hn::ShiftRight<31>(bits)));
    const auto key = hn::Xor(bits, hn::BitCast(i, flip));
    const auto there = hn::RebindMask(i, hn::Eq(value, value));
    hn::StoreU(hn::IfThenElse(there, key, last), i, keys + c);
  }
}
float value_of(std::int32_t key) {
  return std::bit_cast<float>(key < 0 ? key ^ std::numeric_limits<std::int32_t>::max() : key);
}

HWY_INLINE std::size_t count_up_to(const std::int32_t* keys, std::size_t width,
                                   std::int32_t bound) {
  const hn::ScalableTag<std::int32_t> i;
  const auto limit = hn::Set(i, bound);
  auto above = hn::Zero(i);
  for (std::size_t c = 0; c < width; c += hn::Lanes(i))
    above = hn::Sub(above, hn::VecFromMask(i, hn::Gt(hn::LoadU(i, keys + c), limit)));
  return width - static_cast<std::size_t>(hn::GetLane(hn::SumOfLanes(i, above)));
}

/// Median of the n present values of a row by bisection over its keys: each step is one pass of
/// comparisons, far cheaper than sorting.
HWY_NOINLINE double median_of(const float* row, std::size_t width, std::size_t n,
                              std::int32_t* keys) {
  ordered_keys(row, width, keys);
  const std::size_t rank = (n + 1) / 2;
  // The smallest key that at least `rank` keys do not exceed; keys of finite values lie within
  // these bounds.
  std::int64_t low = std::numeric_limits<std::int32_t>::min();
  std::int64_t high = 0x7f800000;
  while (low < high) {
    const std::int64_t middle = (low + high) >> 1;
    if (count_up_to(keys, width, static_cast<std::int32_t>(middle)) >= rank) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  const auto lower = static_cast<std::int32_t>(low);
  const auto median = static_cast<double>(value_of(lower));
  if (n % 2 == 1 || count_up_to(keys, width, lower) > rank) return median;
  std::int32_t upper = std::numeric_limits<std::int32_t>::max();
  for (std::size_t c = 0; c < width; ++c)
    if (keys[c] > lower) upper = std::min(upper, keys[c]);
  return (median + static_cast<double>(value_of(upper))) / 2;
}

HWY_NOINLINE void mad_winsorize(float* row, std::size_t width, double k) {
  std::int32_t* keys = scratch<std::int32_t>(width);
  float* sizes = scratch<float>(width);
  std::size_t n = 0;
  for (std::size_t c = 0; c < width; ++c) n += row[c] == row[c] ? 1U : 0U;
  if (n == 0) return;
  const double median = median_of(row, width, n, keys);
  const W centre = wide(median);
  for (std::size_t c = 0; c < width; c += hn::Lanes(Wide()))
    store_narrow(hn::Abs(hn::Sub(load_wide(row + c), centre)), sizes + c);
  const double bound = k * median_of(sizes, width, n, keys);
  clamp(row, width, median - bound, median + bound);
}

/// Average rank / count, in place.
HWY_NOINLINE void rank(float* HWY_RESTRICT row, std::size_t width) {
  std::uint64_t* HWY_RESTRICT words = scratch<std::uint64_t>(width + kColumnGroup);
  const std::size_t n = ascending(row, nullptr, width, words);
  const auto count = static_cast<float>(n);
  if (!has_ties(words, n)) {
    for (std::size_t i = 0; i < n; ++i)
      row[column_of(words[i])] = static_cast<float>(i + 1) / count;
    return;
  }
  visit_ranks(words, n, [&](std::uint32_t column, double r) {
    row[column] = static_cast<float>((r + static_cast<double>(n + 1)) / 2) / count;
  });
}

void subtract_group_means(float* row, std::span<const std::int16_t> group, int largest) {
  struct Group {
    double sum = 0;
    int count = 0;
  };
  const std::size_t n_groups = static_cast<std::size_t>(largest) + 2;
  Group* groups = scratch<Group>(n_groups);
  std::fill(groups, groups + n_groups, Group{});
  const auto slot = [&](std::size_t stock) { return static_cast<std::size_t>(group[stock] + 1); };
  for (std::size_t s = 0; s < group.size(); ++s) {
    if (row[s] != row[s]) continue;
    groups[slot(s)].sum += static_cast<double>(row[s]);
    ++groups[slot(s)].count;
  }
  for (std::size_t g = 1; g < n_groups; ++g) {
    if (groups[g].count >= kSmallestGroup) continue;
    groups[0].sum += groups[g].sum;
    groups[0].count += groups[g].count;
  }
  for (std::size_t s = 0; s < group.size(); ++s) {
    if (row[s] != row[s]) continue;
    const Group& own = groups[slot(s)];
    const Group& used = own.count >= kSmallestGroup ? own : groups[0];
    row[s] = static_cast<float>(static_cast<double>(row[s]) - used.sum / used.count);
  }
}

/// Residual of a least-squares fit with intercept on `regressor`; a constant regressor explains
/// nothing.
HWY_NOINLINE void subtract_fit(float* HWY_RESTRICT row, const float* HWY_RESTRICT regressor,
                               std::size_t width, float* HWY_RESTRICT paired) {
  const F f;
  const auto missing = hn::Set(f, kMissing);
  for (std::size_t c = 0; c < width; c += hn::Lanes(f)) {
    const auto y = hn::LoadU(f, row + c);
    const auto x = hn::LoadU(f, regressor + c);
    const auto both = hn::And(hn::Eq(x, x), hn::Eq(y, y));
    hn::StoreU(hn::IfThenElse(both, y, missing), f, row + c);
    hn::StoreU(hn::IfThenElse(both, x, missing), f, paired + c);
  }
  const Spread y_spread = spread(row, width);
  const Spread x_spread = spread(paired, width);
  const W y_mean = hn::Set(Wide(), y_spread.mean);
  const W x_mean = hn::Set(Wide(), x_spread.mean);
  Sum products;
  for (std::size_t c = 0; c < width; c += 8)
    for (std::size_t j = 0; j < Sum::kVectors; ++j) {
      const W y = load_wide(row + c + j * Sum::kLanes);
      const W x = load_wide(paired + c + j * Sum::kLanes);
      const W product = hn::Mul(hn::Sub(y, y_mean), hn::Sub(x, x_mean));
      products.add(j, hn::IfThenElseZero(hn::Eq(y, y), product));
    }
  const double slope = x_spread.squares > 0 ? products.total() / x_spread.squares : 0;
  const W factor = hn::Set(Wide(), slope);
  for (std::size_t c = 0; c < width; c += hn::Lanes(Wide())) {
    const W explained = hn::Mul(factor, hn::Sub(load_wide(paired + c), x_mean));
    store_narrow(hn::Sub(hn::Sub(load_wide(row + c), y_mean), explained), row + c);
  }
}

void cross_section_on_target(Fn fn, float k, ConstView x, const ConstView* regressor, View out,
                             DayRange days, const CrossSectionMembers& market) {
  const std::size_t n = market.members.columns();
  const std::size_t width = (n + kColumnGroup - 1) / kColumnGroup * kColumnGroup;
  const double bound = static_cast<double>(k);
  const int largest_group = std::accumulate(market.industry.begin(), market.industry.end(), -1,
                                            [](int a, int b) { return std::max(a, b); });
  for (int t = days.first; t < days.last; ++t) {
    float* row = out.row(t);
    keep_members(x.row(t), market.members.row(static_cast<std::size_t>(t)).data(), n, width, row);
    switch (fn) {
      case Fn::kCsRank:
        rank(row, width);
        break;
      case Fn::kCsZscore: {
        const Spread s = spread(row, width);
        standardise(row, width, s.mean, s.deviation());
        break;
      }
      case Fn::kCsScale:
        standardise(row, width, 0, sum_of_sizes(row, width));
        break;
      case Fn::kCsDemean:
        standardise(row, width, spread(row, width).mean, 1);
        break;
      case Fn::kCsWinsorize: {
        const Spread s = spread(row, width);
        clamp(row, width, s.mean - bound * s.deviation(), s.mean + bound * s.deviation());
        break;
      }
      case Fn::kCsMadWinsorize:
        mad_winsorize(row, width, bound);
        break;
      case Fn::kCsNeutralize:
        if (regressor == nullptr) {
          subtract_group_means(row, market.industry, largest_group);
        } else {
          subtract_fit(row, regressor->row(t), width, scratch<float>(width));
        }
        break;
      default:
        EVOFACTOR_CHECK(false, "function {} is not cross-sectional", static_cast<int>(fn));
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::formula::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evofactor::formula::kernels {

HWY_EXPORT(cross_section_on_target);

void cross_section(Fn fn, float k, ConstView x, const ConstView* regressor, View out, DayRange days,
                   const CrossSectionMembers& market) {
  HWY_DYNAMIC_DISPATCH(cross_section_on_target)(fn, k, x, regressor, out, days, market);
}

}  // namespace evofactor::formula::kernels
#endif
