#pragma once
#include <algorithm>
#include <cstdint>

namespace evofactor::genome {

/// Shape of one stock-day between two layers: `channels` values at each of `positions` places in
/// time, oldest first. An image has `height` such rows (fields, at first); a series has height 0.
/// In memory the value of (position, row, channel) stands at (position * height + row) * channels +
/// channel. Flat layers have one position.
struct LayerShape {
  int channels = 0;
  int positions = 1;
  int height = 0;
  [[nodiscard]] int rows() const { return std::max(1, height); }
  /// Values at one position.
  [[nodiscard]] int depth() const { return channels * rows(); }
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(depth()) * positions; }
  bool operator==(const LayerShape&) const = default;
};

/// A series as an image of one channel whose rows are the series' channels: the same values at the
/// same places. An image stays as it is.
[[nodiscard]] inline LayerShape as_image(LayerShape shape) {
  return shape.height > 0 ? shape : LayerShape{1, shape.positions, shape.channels};
}
/// An image as a series: its rows' channels side by side.
[[nodiscard]] inline LayerShape as_series(LayerShape shape) {
  return {shape.depth(), shape.positions, 0};
}
[[nodiscard]] inline LayerShape flattened(LayerShape shape) {
  return {static_cast<int>(shape.size()), 1, 0};
}

}  // namespace evofactor::genome
