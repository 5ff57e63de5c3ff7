#include "engine/formula/kernels/sort_words.hpp"

#include <algorithm>
#include <array>
#include <bit>

// The order of these matters.
// clang-format off
#include "engine/formula/kernels/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/formula/kernels/sort_words.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "hwy/contrib/sort/vqsort.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evofactor::formula::kernels {
namespace HWY_NAMESPACE {
namespace {

constexpr int kDigitBits = 10;
constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
/// Words up to which insertion alone is fastest.
constexpr std::size_t kFew = 24;
/// Moves a word, on average, above which insertion is given up.
constexpr std::size_t kMovesPerWord = 1;

/// @returns false if it gave up after kMovesPerWord moves a word; the words are all there still
HWY_INLINE bool insert(std::uint64_t* words, std::size_t n) {
  std::size_t moves = std::max(n, kFew) * kMovesPerWord;
  for (std::size_t i = 1; i < n; ++i) {
    const std::uint64_t word = words[i];
    if (words[i - 1] <= word) continue;
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

void vector_sort(std::uint64_t* words, std::size_t n) {
  thread_local const hwy::Sorter sorter;
  sorter(words, n, hwy::SortAscending());
}

void sort_words_on_target(std::uint64_t* HWY_RESTRICT words, std::uint64_t* HWY_RESTRICT spare,
                          std::size_t n) {
  if (n <= kFew) {
    if (!insert(words, n)) vector_sort(words, n);
    return;
  }
  std::uint64_t smallest = words[0];
  std::uint64_t largest = words[0];
  for (std::size_t i = 1; i < n; ++i) {
    smallest = std::min(smallest, words[i]);
    largest = std::max(largest, words[i]);
  }
  // The leading 2 kDigitBits of what the keys span.
  const std::uint64_t base = smallest >> 32U << 32U;
  const int shift = std::max(32, static_cast<int>(std::bit_width(largest - base)) - 2 * kDigitBits);
  const auto low = [&](std::uint64_t word) {
    return static_cast<std::size_t>((word - base) >> shift) % kDigits;
  };
  const auto high = [&](std::uint64_t word) {
    return static_cast<std::size_t>((word - base) >> (shift + kDigitBits));
  };
  std::array<std::uint32_t, kDigits> low_at{};
  std::array<std::uint32_t, kDigits> high_at{};
  for (std::size_t i = 0; i < n; ++i) {
    ++low_at[low(words[i])];
    ++high_at[high(words[i])];
  }
  std::uint32_t low_sum = 0;
  std::uint32_t high_sum = 0;
  for (std::size_t digit = 0; digit < kDigits; ++digit) {
    const std::uint32_t low_count = low_at[digit];
    const std::uint32_t high_count = high_at[digit];
    low_at[digit] = low_sum;
    high_at[digit] = high_sum;
    low_sum += low_count;
    high_sum += high_count;
  }
  for (std::size_t i = 0; i < n; ++i) spare[low_at[low(words[i])]++] = words[i];
  for (std::size_t i = 0; i < n; ++i) words[high_at[high(spare[i])]++] = spare[i];
  if (!insert(words, n)) vector_sort(words, n);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::formula::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evofactor::formula::kernels {

HWY_EXPORT(sort_words_on_target);

void sort_words(std::uint64_t* words, std::uint64_t* spare, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(sort_words_on_target)(words, spare, n);
}

}  // namespace evofactor::formula::kernels
#endif
