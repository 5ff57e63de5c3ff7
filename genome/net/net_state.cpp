#include "genome/net/net_state.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/core/error.hpp"
#include "engine/core/hash.hpp"

namespace evofactor::net {
namespace {

static_assert(std::endian::native == std::endian::little,
              "numbers are stored as they lie in memory");

constexpr std::string_view kMagic = "evofactor.net";
constexpr std::uint32_t kVersion = 2;

void put(std::vector<std::byte>& bytes, const void* data, std::size_t size) {
  if (size == 0) return;
  bytes.resize(bytes.size() + size);
  std::memcpy(bytes.data() + bytes.size() - size, data, size);
}
template <class T>
void put(std::vector<std::byte>& bytes, T value) {
  put(bytes, &value, sizeof value);
}

class Cursor {
 public:
  explicit Cursor(const std::vector<std::byte>& bytes) : bytes_(bytes) {}
  void take(void* out, std::size_t size) {
    if (size > left()) throw StoreError("network weights are torn: they end too early");
    if (size > 0) std::memcpy(out, bytes_.data() + at_, size);
    at_ += size;
  }
  template <class T>
  T take() {
    T value;
    take(&value, sizeof value);
    return value;
  }
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }
  [[nodiscard]] std::size_t position() const { return at_; }

 private:
  const std::vector<std::byte>& bytes_;
  std::size_t at_ = 0;
};

}  // namespace

const NamedArray* NetState::find(std::string_view name) const {
  const auto it = std::ranges::find(arrays, name, &NamedArray::name);
  return it == arrays.end() ? nullptr : &*it;
}

const NamedArray& NetState::at(std::string_view name) const {
  const NamedArray* array = find(name);
  if (array == nullptr)
    throw StoreError(
        fmt::format("network weights lack the array \"{}\"; they belong to another genome", name));
  return *array;
}

std::vector<std::byte> to_bytes(const NetState& state) {
  std::vector<std::byte> bytes;
  put(bytes, kMagic.data(), kMagic.size());
  put(bytes, kVersion);
  put(bytes, static_cast<std::uint32_t>(state.arrays.size()));
  for (const NamedArray& array : state.arrays) {
    put(bytes, static_cast<std::uint32_t>(array.name.size()));
    put(bytes, array.name.data(), array.name.size());
    put(bytes, static_cast<std::uint32_t>(array.shape.size()));
    for (const std::int64_t n : array.shape) put(bytes, n);
    put(bytes, array.values.data(), array.values.size() * sizeof(float));
  }
  put(bytes, hash_bytes(bytes.data(), bytes.size()));
  return bytes;
}

NetState from_bytes(const std::vector<std::byte>& bytes) {
  Cursor cursor(bytes);
  std::string magic(kMagic.size(), '\0');
  if (bytes.size() >= magic.size()) cursor.take(magic.data(), magic.size());
  if (magic != kMagic) throw StoreError("expected network weights, got other bytes");
  const auto version = cursor.take<std::uint32_t>();
  if (version != kVersion)
    throw StoreError(fmt::format("network weights have version {}; this program reads version {}",
                                 version, kVersion));
  if (bytes.size() < sizeof(std::uint64_t) + cursor.position())
    throw StoreError("network weights are torn: they end too early");
  const std::size_t body = bytes.size() - sizeof(std::uint64_t);
  std::uint64_t stored = 0;
  std::memcpy(&stored, bytes.data() + body, sizeof stored);
  if (stored != hash_bytes(bytes.data(), body))
    throw StoreError("network weights are damaged: their checksum does not fit");
  NetState state;
  const auto n_arrays = cursor.take<std::uint32_t>();
  for (std::uint32_t i = 0; i < n_arrays; ++i) {
    NamedArray array;
    array.name.resize(std::min<std::size_t>(cursor.take<std::uint32_t>(), cursor.left()));
    cursor.take(array.name.data(), array.name.size());
    array.shape.resize(std::min<std::size_t>(cursor.take<std::uint32_t>(), cursor.left()));
    std::size_t count = 1;
    for (std::int64_t& n : array.shape) {
      n = cursor.take<std::int64_t>();
      count *= static_cast<std::size_t>(n);
    }
    if (count > cursor.left() / sizeof(float))
      throw StoreError("network weights are torn: they end too early");
    array.values.resize(count);
    cursor.take(array.values.data(), count * sizeof(float));
    state.arrays.push_back(std::move(array));
  }
  return state;
}

}  // namespace evofactor::net
