#pragma once
#include <cstdint>

namespace evofactor::genome {

/// Shape of one stock-day between two layers: `channels` values at each of `positions` places in
/// time. Flat layers have one position.
struct LayerShape {
  int channels = 0;
  int positions = 1;
  [[nodiscard]] std::int64_t size() const {
    return static_cast<std::int64_t>(channels) * positions;
  }
  bool operator==(const LayerShape&) const = default;
};

}  // namespace evofactor::genome
