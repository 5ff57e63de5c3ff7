#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "genome/layer_shape.hpp"

namespace evofactor::net {

/// What the indices along an axis of an array stand for. Equal names in two networks mean the same:
/// the same feature, the same lag before the newest position, the same unit of a layer, the same
/// tap.
using Names = std::vector<std::uint64_t>;

/// 0, 1, … n - 1, less `zero`: with n - 1 the last is 0, as of lags and of causal taps.
[[nodiscard]] Names numbered(std::int64_t n, std::int64_t zero = 0);
/// Taps of a kernel with zeros on both sides, counted from its middle (functional.hpp, padding_of).
[[nodiscard]] Names centred(std::int64_t kernel);
[[nodiscard]] Names named(const std::vector<std::string>& texts);
/// Every outer with every inner one, inner ones side by side.
[[nodiscard]] Names paired(const Names& outer, const Names& inner);
/// One after the other, told apart by their number.
[[nodiscard]] Names joined(const std::vector<Names>& parts);

/// Names of a layer's values, by place (genome/layer_shape.hpp).
struct ValueNames {
  Names positions, rows, channels;
  /// Of a position's values.
  [[nodiscard]] Names depth() const { return paired(rows, channels); }
  /// Of all values, as they lie in memory.
  [[nodiscard]] Names all() const { return paired(positions, depth()); }
};
/// Values that a layer made: lags, and rows and channels by number.
[[nodiscard]] ValueNames made_names(const genome::LayerShape& shape);
[[nodiscard]] ValueNames flat_names(Names values);
/// As genome::as_image.
[[nodiscard]] ValueNames as_image(const ValueNames& names, const genome::LayerShape& shape);

}  // namespace evofactor::net
