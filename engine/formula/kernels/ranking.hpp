#pragma once
#include <cstddef>
#include <cstdint>

namespace evofactor::formula::kernels {

/// The values of a row in ascending order, as words of (key << 32 | column): unsigned order of the
/// keys is numeric order, and -0 and 0 have one key. Equal values stand in the order of their
/// columns.
/// @param row finite or NaN, padded to whole column groups (view.hpp); NaN is left out
/// @param only null, or a row that is NaN where a value is to be left out
/// @param words room for width + kColumnGroup
/// @returns the number of words
///
/// Made for the few hundred to few thousand stocks of a day: values are dealt into buckets by a
/// rough guess at their distribution function, so that a bucket holds one or two, and insertion
/// does the rest; what the guess is too wrong for goes to Highway's vectorised quicksort.
std::size_t ascending(const float* row, const float* only, std::size_t width, std::uint64_t* words);

/// Average ranks of a row as `ascending` sees it, centred and scaled to [-scale, scale] (lowest
/// -scale, highest scale; all 0 if all are equal); 0 where a value is left out. `out` as wide.
void centred_ranks(const float* row, const float* only, std::size_t width, float scale, float* out);

/// Whether two neighbours of ascending words have equal values.
[[nodiscard]] bool has_ties(const std::uint64_t* words, std::size_t n);

[[nodiscard]] inline std::uint32_t key_of(std::uint64_t word) {
  return static_cast<std::uint32_t>(word >> 32U);
}
[[nodiscard]] inline std::uint32_t column_of(std::uint64_t word) {
  return static_cast<std::uint32_t>(word);
}

/// Sum of squares of n untied ranks, each 2 r - (n + 1).
[[nodiscard]] inline double untied_squares(std::size_t n) {
  const auto count = static_cast<double>(n);
  return count * (count * count - 1) / 3;
}

/// Calls visit(column, r) for ascending words in order, r = 2 rank - (n + 1) with average ranks
/// from 1: a whole number. @returns the sum of squares of r; 0 if all values are equal
template <class Visit>
double visit_ranks(const std::uint64_t* words, std::size_t n, Visit visit) {
  double squares = untied_squares(n);
  for (std::size_t first = 0; first < n;) {
    std::size_t last = first + 1;
    while (last < n && key_of(words[last]) == key_of(words[first])) ++last;
    if (last - first > 1) squares -= untied_squares(last - first);
    const double rank = static_cast<double>(first + last) - static_cast<double>(n);
    for (; first < last; ++first) visit(column_of(words[first]), rank);
  }
  return squares;
}

}  // namespace evofactor::formula::kernels
