#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evofactor::net {

/// A named array of float values, row-major.
struct NamedArray {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;
  bool operator==(const NamedArray&) const = default;
};

/// All numbers of a trained network: "layer0.weight" … "output.bias", running statistics, "mask" if
/// it was pruned, "start." + its name for each array as inherited, and "input.mean" and
/// "input.scale" [window, features], by which prepared inputs are standardised.
struct NetState {
  std::vector<NamedArray> arrays;
  [[nodiscard]] const NamedArray* find(std::string_view name) const;
  /// @throws StoreError if there is no such array
  [[nodiscard]] const NamedArray& at(std::string_view name) const;
  bool operator==(const NetState&) const = default;
};

/// Stable little-endian bytes with names, shapes and a checksum; the same on every platform.
[[nodiscard]] std::vector<std::byte> to_bytes(const NetState& state);
/// @throws StoreError if the bytes are torn, damaged, of a newer version or something else
[[nodiscard]] NetState from_bytes(const std::vector<std::byte>& bytes);

}  // namespace evofactor::net
