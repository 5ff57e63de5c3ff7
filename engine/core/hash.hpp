#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace evofactor {

/// XXH3, 64 bit, of the bytes: the same on every platform and in every run.
[[nodiscard]] std::uint64_t hash_bytes(const void* data, std::size_t size, std::uint64_t seed = 0);

/// Collects values and hashes them together. Order matters; strings are length-prefixed, so
/// ("ab","c") != ("a","bc").
class Hasher {
 public:
  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T> Hasher& add(T value) {
    append(&value, sizeof value);
    return *this;
  }
  Hasher& add(std::string_view text) {
    add(text.size());
    append(text.data(), text.size());
    return *this;
  }
  template <class T>
  requires std::is_arithmetic_v<T> Hasher& add(std::span<const T> values) {
    add(values.size());
    append(values.data(), values.size_bytes());
    return *this;
  }
  [[nodiscard]] std::uint64_t value() const { return hash_bytes(bytes_.data(), bytes_.size()); }

 private:
  void append(const void* data, std::size_t size);
  std::vector<unsigned char> bytes_;
};

}  // namespace evofactor
