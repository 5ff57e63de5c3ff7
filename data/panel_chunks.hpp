#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace evofactor {

/// The filters of HDF5 that panels use (shuffle, deflate, Fletcher 32, in this order), done by hand
/// so that chunks can be packed and unpacked by many threads at once; HDF5's own filters read and
/// write the same bytes.

/// @param raw  whole chunk, as HDF5 would hand it to its first filter
[[nodiscard]] std::vector<std::byte> pack_chunk(std::span<const std::byte> raw,
                                                std::size_t element_bytes);
/// Inverse of `pack_chunk` into `raw`, which has the size of a chunk. @returns false if the
/// checksum or the size does not fit, that is, the bytes are damaged
[[nodiscard]] bool unpack_chunk(std::span<const std::byte> packed, std::size_t element_bytes,
                                std::span<std::byte> raw);

}  // namespace evofactor
