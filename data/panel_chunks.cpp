#include "data/panel_chunks.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "engine/core/error.hpp"

namespace evofactor {
namespace {

constexpr std::size_t kChecksumBytes = 4;
constexpr int kDeflateLevel = 1;

/// Fletcher's checksum over big-endian 16-bit words, as H5_checksum_fletcher32 of the HDF5 library
/// computes it.
std::uint32_t fletcher32(std::span<const std::byte> bytes) {
  constexpr std::size_t kWordsBeforeOverflow = 360;
  const auto fold = [](std::uint32_t sum) { return (sum & 0xffffU) + (sum >> 16); };
  std::uint32_t sum1 = 0, sum2 = 0;
  const std::byte* at = bytes.data();
  for (std::size_t words = bytes.size() / 2; words > 0;) {
    const std::size_t n = std::min(words, kWordsBeforeOverflow);
    words -= n;
    for (std::size_t i = 0; i < n; ++i, at += 2) {
      sum1 += (static_cast<std::uint32_t>(at[0]) << 8) | static_cast<std::uint32_t>(at[1]);
      sum2 += sum1;
    }
    sum1 = fold(sum1);
    sum2 = fold(sum2);
  }
  if (bytes.size() % 2 != 0) {
    sum1 = fold(sum1 + (static_cast<std::uint32_t>(*at) << 8));
    sum2 = fold(sum2 + sum1);
  }
  return (fold(sum2) << 16) | fold(sum1);
}

/// First bytes of all elements, then the second ones, and so on.
void shuffle(const std::byte* in, std::byte* out, std::size_t elements, std::size_t width) {
  for (std::size_t b = 0; b < width; ++b)
    for (std::size_t i = 0; i < elements; ++i) out[b * elements + i] = in[i * width + b];
}
template <std::size_t kWidth>
void unshuffle(const std::byte* in, std::byte* out, std::size_t elements) {
  for (std::size_t i = 0; i < elements; ++i)
    for (std::size_t b = 0; b < kWidth; ++b) out[i * kWidth + b] = in[b * elements + i];
}

}  // namespace

std::vector<std::byte> pack_chunk(std::span<const std::byte> raw, std::size_t element_bytes) {
  std::vector<std::byte> shuffled;
  if (element_bytes > 1) {
    shuffled.resize(raw.size());
    shuffle(raw.data(), shuffled.data(), raw.size() / element_bytes, element_bytes);
    raw = shuffled;
  }
  uLongf size = compressBound(static_cast<uLong>(raw.size()));
  std::vector<std::byte> packed(size + kChecksumBytes);
  const int status = compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                               reinterpret_cast<const Bytef*>(raw.data()),
                               static_cast<uLong>(raw.size()), kDeflateLevel);
  EVOFACTOR_CHECK(status == Z_OK, "zlib could not deflate {} bytes: {}", raw.size(), status);
  const std::uint32_t checksum = fletcher32({packed.data(), size});
  for (std::size_t i = 0; i < kChecksumBytes; ++i)
    packed[size + i] = static_cast<std::byte>(checksum >> (8 * i));
  packed.resize(size + kChecksumBytes);
  return packed;
}

bool unpack_chunk(std::span<const std::byte> packed, std::size_t element_bytes,
                  std::span<std::byte> raw) {
  if (packed.size() < kChecksumBytes) return false;
  const auto body = packed.first(packed.size() - kChecksumBytes);
  std::uint32_t checksum = 0;
  for (std::size_t i = 0; i < kChecksumBytes; ++i)
    checksum |= static_cast<std::uint32_t>(packed[body.size() + i]) << (8 * i);
  if (checksum != fletcher32(body)) return false;
  std::vector<std::byte> shuffled;
  std::span<std::byte> inflated = raw;
  if (element_bytes > 1) {
    shuffled.resize(raw.size());
    inflated = shuffled;
  }
  uLongf size = static_cast<uLongf>(inflated.size());
  if (uncompress(reinterpret_cast<Bytef*>(inflated.data()), &size,
                 reinterpret_cast<const Bytef*>(body.data()),
                 static_cast<uLong>(body.size())) != Z_OK ||
      size != inflated.size())
    return false;
  const std::size_t elements = raw.size() / element_bytes;
  if (element_bytes == 4)
    unshuffle<4>(shuffled.data(), raw.data(), elements);
  else if (element_bytes == 2)
    unshuffle<2>(shuffled.data(), raw.data(), elements);
  else if (element_bytes == 8)
    unshuffle<8>(shuffled.data(), raw.data(), elements);
  else
    EVOFACTOR_CHECK(element_bytes == 1, "no elements of {} bytes", element_bytes);
  return true;
}

}  // namespace evofactor
