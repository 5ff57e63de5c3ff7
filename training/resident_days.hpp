#pragma once
#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "training/inputs.hpp"

namespace evofactor::training {

/// Inputs of all days of an input set in the memory of one device, where batches are put together
/// by the places of their rows. Read-only.
class ResidentDays {
 public:
  ResidentDays(const InputSet& inputs, const c10::Device& device);
  /// [columns, rows of all days + 1]; the last row stands for no stock and holds zeros.
  [[nodiscard]] const at::Tensor& x() const { return x_; }
  /// Values of every row as one tensor [rows of all days + 1] on the device, `missing` on days that
  /// `values` gives nothing for and in the last row.
  /// @param values of the day's rows, or nothing
  [[nodiscard]] at::Tensor rows_of(const std::function<std::span<const float>(int day)>& values,
                                   float missing) const;
  /// Places of the days' rows, one day after the other, then of the last row up to `rows`; [rows]
  /// int64, on the CPU.
  [[nodiscard]] at::Tensor places(std::span<const int> days, std::int64_t rows) const;
  /// Which of `days` each row of `places` belongs to; [rows] int64, on the CPU; 0 where no stock
  /// stands.
  [[nodiscard]] at::Tensor day_numbers(std::span<const int> days, std::int64_t rows) const;
  /// Rows of the day.
  [[nodiscard]] std::int64_t size_of(int day) const {
    return first_[static_cast<std::size_t>(day - days_.first) + 1] - first_of(day);
  }

 private:
  [[nodiscard]] std::int64_t first_of(int day) const {
    return first_[static_cast<std::size_t>(day - days_.first)];
  }
  DayRange days_;
  std::vector<std::int64_t> first_;  ///< [days + 1] place of each day's first row
  c10::Device device_;
  at::Tensor x_;
};

}  // namespace evofactor::training
