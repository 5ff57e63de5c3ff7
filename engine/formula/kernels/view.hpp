#pragma once
#include <cstddef>

namespace evofactor::formula::kernels {

/// Columns are processed in whole groups of this many stocks: one cache line and one AVX-512
/// register of f32. Every view starts on such a group, and a width is a multiple of it (padding
/// columns hold values without meaning).
inline constexpr std::size_t kColumnGroup = 16;

/// Read-only values of consecutive market days, [days, width], of some columns of a panel or of a
/// scratch buffer. Values are finite or NaN. A stride of 0 repeats one row for every day
/// (constants).
struct ConstView {
  const float* data = nullptr;
  std::size_t stride = 0;  ///< elements between days
  int first = 0;           ///< market day of the first row
  [[nodiscard]] const float* row(int day) const {
    return data + static_cast<std::size_t>(day - first) * stride;
  }
};

/// As ConstView, to be written.
struct View {
  float* data = nullptr;
  std::size_t stride = 0;
  int first = 0;
  [[nodiscard]] float* row(int day) const {
    return data + static_cast<std::size_t>(day - first) * stride;
  }
  operator ConstView() const { return {data, stride, first}; }
};

}  // namespace evofactor::formula::kernels
