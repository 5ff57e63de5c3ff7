#include "engine/formula/kernels/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/formula/kernels/scratch.hpp"
#include "engine/formula/kernels/view.hpp"

// The order of these matters.
// clang-format off
#include "engine/formula/kernels/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/formula/kernels/ranking.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "hwy/contrib/sort/vqsort.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evofactor::formula::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using U64 = hn::ScalableTag<std::uint64_t>;
using Half = hn::Rebind<float, U64>;
using F = hn::CappedTag<float, 16>;

constexpr std::size_t kBuckets = 2048;
/// Moves of a word by insertion, on average, above which it is given up.
constexpr std::size_t kMovesPerWord = 6;
/// The guess: centre and spread once values this many standard deviations away are drawn in, and
/// the distribution function z / (1 + |z|), z = kSteepness standard deviations.
constexpr float kClip = 2.5F;
constexpr float kSteepness = 1.3F;

/// Compresses the values that count, and their columns.
HWY_INLINE std::size_t collect(const float* HWY_RESTRICT row, const float* HWY_RESTRICT only,
                               std::size_t width, float* HWY_RESTRICT values,
                               std::int32_t* HWY_RESTRICT columns) {
  const F f;
  const hn::RebindToSigned<F> i32;
  const std::size_t lanes = hn::Lanes(f);
  auto column = hn::Iota(i32, 0);
  std::size_t n = 0;
  for (std::size_t c = 0; c < width; c += lanes) {
    // Adding 0 makes -0 into 0.
    const auto x = hn::Add(hn::LoadU(f, row + c), hn::Zero(f));
    auto there = hn::Eq(x, x);
    if (only != nullptr) {
      const auto o = hn::LoadU(f, only + c);
      there = hn::And(there, hn::Eq(o, o));
    }
    // Not CompressStore, which some processors are slow at.
    hn::StoreU(hn::Compress(x, there), f, values + n);
    hn::StoreU(hn::Compress(column, hn::RebindMask(i32, there)), i32, columns + n);
    n += hn::CountTrue(f, there);
    column = hn::Add(column, hn::Set(i32, static_cast<std::int32_t>(lanes)));
  }
  return n;
}

HWY_INLINE void make_words(const float* HWY_RESTRICT values,
                           const std::int32_t* HWY_RESTRICT columns, std::size_t n,
                           std::uint64_t* HWY_RESTRICT words) {
  const U64 u64;
  const Half f;
  const hn::RebindToUnsigned<Half> u32;
  const hn::RebindToSigned<Half> i32;
  const auto top = hn::Set(u32, 0x80000000U);
  for (std::size_t i = 0; i < n; i += hn::Lanes(u64)) {
    const auto bits = hn::BitCast(u32, hn::LoadU(f, values + i));
    const auto sign = hn::BitCast(u32, hn::ShiftRight<31>(hn::BitCast(i32, bits)));
    const auto key = hn::Xor(bits, hn::Or(sign, top));
    const auto column = hn::BitCast(u32, hn::LoadU(i32, columns + i));
    hn::StoreU(hn::Or(hn::ShiftLeft<32>(hn::PromoteTo(u64, key)), hn::PromoteTo(u64, column)), u64,
               words + i);
  }
}

struct Spread {
  float mean = 0, deviation = 0;
};

/// Of values between two bounds, those beyond drawn in; less `origin`.
HWY_INLINE Spread spread(const float* HWY_RESTRICT x, std::size_t n, float origin, float low,
                         float high) {
  const F f;
  const auto o = hn::Set(f, origin);
  const auto bottom = hn::Set(f, low);
  const auto top = hn::Set(f, high);
  auto sum = hn::Zero(f);
  auto squares = hn::Zero(f);
  std::size_t i = 0;
  for (; i + hn::Lanes(f) <= n; i += hn::Lanes(f)) {
    const auto d = hn::Min(hn::Max(hn::Sub(hn::LoadU(f, x + i), o), bottom), top);
    sum = hn::Add(sum, d);
    squares = hn::Add(squares, hn::Mul(d, d));
  }
  const float total = hn::GetLane(hn::SumOfLanes(f, sum));
  const float total_squares = hn::GetLane(hn::SumOfLanes(f, squares));
  const auto count = static_cast<float>(i);
  const float mean = total / count;
  return {mean, std::sqrt(std::max(total_squares / count - mean * mean, 0.0F))};
}

/// Bucket of each value, in ascending order of the values. Which bucket is only a guess: any
/// monotone one sorts right.
HWY_INLINE void deal(float* HWY_RESTRICT x, std::size_t n, std::int32_t* HWY_RESTRICT bucket) {
  const F f;
  const hn::RebindToSigned<F> i32;
  const std::size_t lanes = hn::Lanes(f);
  auto smallest = hn::Set(f, x[0]);
  auto largest = smallest;
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    smallest = hn::Min(smallest, hn::LoadU(f, x + i));
    largest = hn::Max(largest, hn::LoadU(f, x + i));
  }
  // Values of one sign spread better by their exponents.
  const bool positive = hn::GetLane(hn::MinOfLanes(f, smallest)) > 0;
  const bool negative = hn::GetLane(hn::MaxOfLanes(f, largest)) < 0;
  if (positive || negative) {
    const auto direction = hn::Set(f, positive ? 1.0F : -1.0F);
    for (i = 0; i < n; i += lanes) {
      const auto size = hn::BitCast(i32, hn::Abs(hn::LoadU(f, x + i)));
      hn::StoreU(hn::Mul(hn::ConvertTo(f, size), direction), f, x + i);
    }
  }
  constexpr float kAll = std::numeric_limits<float>::max();
  const float origin = x[0];
  Spread s = spread(x, n, origin, -kAll, kAll);
  s = spread(x, n, origin, s.mean - kClip * s.deviation, s.mean + kClip * s.deviation);
  const float scale = s.deviation > 0 ? kSteepness / s.deviation : 0;
  const auto centre = hn::Set(f, s.mean + origin);
  const auto per_value = hn::Set(f, std::isfinite(scale) ? scale : 0.0F);
  const auto half = hn::Set(f, kBuckets / 2.0F - 1);
  const auto one = hn::Set(f, 1.0F);
  for (i = 0; i < n; i += lanes) {
    const auto z = hn::Mul(hn::Sub(hn::LoadU(f, x + i), centre), per_value);
    const auto at = hn::Div(z, hn::Add(one, hn::Abs(z)));
    const auto in_order =
        hn::Max(hn::Min(hn::MulAdd(at, half, half), hn::Add(half, half)), hn::Zero(f));
    hn::StoreU(hn::ConvertTo(i32, in_order), i32, bucket + i);
  }
}

/// @returns false if it gave up; the words are all there still
HWY_INLINE bool insert(std::uint64_t* words, std::size_t n) {
  std::size_t moves = std::max<std::size_t>(n, 32) * kMovesPerWord;
  for (std::size_t i = 1; i < n; ++i) {
    const std::uint64_t word = words[i];
    if (HWY_LIKELY(words[i - 1] <= word)) continue;
    std::size_t j = i;
    do {
      words[j] = words[j - 1];
      --j;
    } while (j > 0 && words[j - 1] > word);
    words[j] = word;
    if (i - j > moves) return false;
    moves -= i - j;
  }
  return true;
}

HWY_NOINLINE void vector_sort(std::uint64_t* words, std::size_t n) {
  thread_local const hwy::Sorter sorter;
  sorter(words, n, hwy::SortAscending());
}

std::size_t ascending_on_target(const float* HWY_RESTRICT row, const float* HWY_RESTRICT only,
                                std::size_t width, std::uint64_t* HWY_RESTRICT words) {
  struct Bucketed;  // tells its scratch memory from others' of the same type
  std::uint64_t* HWY_RESTRICT dealt = scratch<std::uint64_t, Bucketed>(width + kColumnGroup);
  float* HWY_RESTRICT values = scratch<float, Bucketed>(width + 2 * kColumnGroup);
  std::int32_t* HWY_RESTRICT bucket = scratch<std::int32_t, Bucketed>(width + 2 * kColumnGroup);
  const std::size_t n = collect(row, only, width, values, bucket);
  make_words(values, bucket, n, dealt);
  if (n < 2 || n > std::numeric_limits<std::uint16_t>::max()) {
    std::copy_n(dealt, n, words);
    if (n >= 2) vector_sort(words, n);
    return n;
  }
  std::fill_n(values + n, kColumnGroup, values[0]);
  deal(values, n, bucket);
  const hn::ScalableTag<std::uint16_t> u16;
  std::uint16_t* HWY_RESTRICT place = scratch<std::uint16_t, Bucketed>(kBuckets);
  for (std::size_t b = 0; b < kBuckets; b += hn::Lanes(u16))
    hn::Store(hn::Zero(u16), u16, place + b);
  for (std::size_t i = 0; i < n; ++i) ++place[bucket[i]];
  // Counts to places, four at a time: a product by this adds up what lies to the left.
  constexpr std::uint64_t kLeft = 0x0001000100010001U;
  std::uint64_t before = 0;
  for (std::size_t b = 0; b < kBuckets; b += 4) {
    std::uint64_t counts = 0;
    std::memcpy(&counts, place + b, sizeof counts);
    const std::uint64_t up_to = counts * kLeft;
    const std::uint64_t places = up_to - counts + before * kLeft;
    std::memcpy(place + b, &places, sizeof places);
    before += up_to >> 48U;
  }
  for (std::size_t i = 0; i < n; ++i) words[place[bucket[i]]++] = dealt[i];
  if (!insert(words, n)) vector_sort(words, n);
  return n;
}

bool has_ties_on_target(const std::uint64_t* HWY_RESTRICT words, std::size_t n) {
  const U64 u64;
  const std::size_t lanes = hn::Lanes(u64);
  std::size_t k = 1;
  bool any = false;
  for (; k + lanes <= n; k += lanes) {
    const auto differ = hn::Xor(hn::LoadU(u64, words + k - 1), hn::LoadU(u64, words + k));
    any |= !hn::AllFalse(u64, hn::Eq(hn::ShiftRight<32>(differ), hn::Zero(u64)));
  }
  for (; k < n; ++k) any |= words[k] >> 32U == words[k - 1] >> 32U;
  return any;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::formula::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evofactor::formula::kernels {

HWY_EXPORT(ascending_on_target);
HWY_EXPORT(has_ties_on_target);

std::size_t ascending(const float* row, const float* only, std::size_t width,
                      std::uint64_t* words) {
  return HWY_DYNAMIC_DISPATCH(ascending_on_target)(row, only, width, words);
}
void centred_ranks(const float* row, const float* only, std::size_t width, float scale,
                   float* out) {
  struct Ranked;  // tells its scratch memory from others' of the same type
  std::uint64_t* words = scratch<std::uint64_t, Ranked>(width + kColumnGroup);
  const std::size_t n = ascending(row, only, width, words);
  std::fill_n(out, width, 0.0F);
  const float step = n > 1 ? scale / static_cast<float>(n - 1) : 0.0F;
  if (!has_ties(words, n)) {
    for (std::size_t i = 0; i < n; ++i)
      out[column_of(words[i])] = (2 * static_cast<float>(i) - static_cast<float>(n - 1)) * step;
    return;
  }
  visit_ranks(words, n,
              [&](std::uint32_t column, double r) { out[column] = static_cast<float>(r) * step; });
}
bool has_ties(const std::uint64_t* words, std::size_t n) {
  return HWY_DYNAMIC_DISPATCH(has_ties_on_target)(words, n);
}

}  // namespace evofactor::formula::kernels
#endif
