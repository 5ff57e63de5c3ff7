#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <span>
#include <vector>

#include "engine/core/error.hpp"

namespace evofactor {

inline constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

/// Allocates on 64-byte boundaries (one cache line, one AVX-512 register) and leaves new elements
/// uninitialised only where the container does not construct them.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <class U>
  explicit AlignedAllocator(const AlignedAllocator<U>&) {}
  T* allocate(std::size_t n) {
    return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{64}));
  }
  void deallocate(T* p, std::size_t) { ::operator delete (p, std::align_val_t{64}); }
  bool operator==(const AlignedAllocator&) const = default;
};

/// Dense [rows, columns] table, usually [D days, N stocks]. Rows start on 64-byte boundaries and
/// are padded to a multiple of 64 bytes (`stride` elements apart), so a vector loop over a row may
/// run to `stride()` without a tail; what the padding holds has no meaning.
template <class T>
class Grid {
 public:
  Grid() = default;
  Grid(std::size_t rows, std::size_t columns, T fill = T{})
      : rows_(rows),
        columns_(columns),
        stride_((columns * sizeof(T) + 63) / 64 * 64 / sizeof(T)),
        values_(rows * stride_, fill) {}

  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t columns() const { return columns_; }
  [[nodiscard]] std::size_t stride() const { return stride_; }
  [[nodiscard]] bool empty() const { return values_.empty(); }
  [[nodiscard]] T* data() { return values_.data(); }
  [[nodiscard]] const T* data() const { return values_.data(); }
  /// Row without its padding.
  [[nodiscard]] std::span<T> row(std::size_t r) { return {values_.data() + r * stride_, columns_}; }
  [[nodiscard]] std::span<const T> row(std::size_t r) const {
    return {values_.data() + r * stride_, columns_};
  }
  T& operator()(std::size_t r, std::size_t c) { return values_[r * stride_ + c]; }
  const T& operator()(std::size_t r, std::size_t c) const { return values_[r * stride_ + c]; }
  void fill(T value) { std::fill(values_.begin(), values_.end(), value); }
  /// Equal shape and equal values by ==, padding apart. A NaN makes grids unequal.
  bool operator==(const Grid& other) const {
    if (rows_ != other.rows_ || columns_ != other.columns_) return false;
    for (std::size_t r = 0; r < rows_; ++r)
      if (!std::ranges::equal(row(r), other.row(r))) return false;
    return true;
  }

 private:
  std::size_t rows_ = 0, columns_ = 0, stride_ = 0;
  std::vector<T, AlignedAllocator<T>> values_;
};

/// Half-open range of day indices [first, last) of a calendar.
struct DayRange {
  int first = 0;
  int last = 0;
  [[nodiscard]] int size() const { return last - first; }
  [[nodiscard]] bool contains(int day) const { return day >= first && day < last; }
  bool operator==(const DayRange&) const = default;
};

/// Values of a factor on consecutive days of a market: row d - days.first is day d. NaN where
/// undefined.
struct FactorValues {
  DayRange days;
  Grid<float> values;  ///< [days.size(), N]
  [[nodiscard]] std::span<const float> day(int d) const {
    return values.row(static_cast<std::size_t>(d - days.first));
  }
};

/// A factor's values in memory that another owns; as FactorValues.
struct FactorView {
  DayRange days;
  const float* data = nullptr;
  std::size_t stride = 0;   ///< elements between days
  std::size_t columns = 0;  ///< N
  FactorView(DayRange covered, const float* first, std::size_t step, std::size_t n)
      : days(covered), data(first), stride(step), columns(n) {}
  FactorView(const FactorValues& factor)
      : FactorView(factor.days, factor.values.data(), factor.values.stride(),
                   factor.values.columns()) {}
  [[nodiscard]] std::span<const float> day(int d) const {
    return {data + static_cast<std::size_t>(d - days.first) * stride, columns};
  }
};

}  // namespace evofactor
