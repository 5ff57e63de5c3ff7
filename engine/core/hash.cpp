#include "engine/core/hash.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <charconv>

#include "engine/core/error.hpp"
#include "engine/core/ids.hpp"

namespace evofactor {

std::uint64_t hash_bytes(const void* data, std::size_t size, std::uint64_t seed) {
  return XXH3_64bits_withSeed(data, size, seed);
}

void Hasher::append(const void* data, std::size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  bytes_.insert(bytes_.end(), bytes, bytes + size);
}

std::string to_hex(std::uint64_t value) { return fmt::format("{:016x}", value); }

std::uint64_t from_hex(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size() || text.empty() || text.size() > 16)
    throw StoreError(fmt::format("expected 1 to 16 hexadecimal digits, got \"{}\"", text));
  return value;
}

}  // namespace evofactor
