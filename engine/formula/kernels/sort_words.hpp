#pragma once
#include <cstddef>
#include <cstdint>

namespace evofactor::formula::kernels {

/// Sorts words of (32-bit key << 32 | distinct number below 2^32) in ascending order. For the few
/// hundred to few thousand words of one day's stocks: two passes of a radix sort over the keys'
/// leading bits, counted from the smallest key, then insertion of the few words that those bits do
/// not tell apart; keys too close together for that (clumps beside outliers) go to Highway's
/// vectorised quicksort. `spare` has room for n words. Thread-safe, without memory of its own that
/// grows.
void sort_words(std::uint64_t* words, std::uint64_t* spare, std::size_t n);

}  // namespace evofactor::formula::kernels
