#include "genome/net/dropout.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "engine/core/rng.hpp"

namespace evofactor::net {
namespace {

/// Finaliser of MurmurHash3 (32 bit): every input bit moves every output bit.
inline std::uint32_t mix(std::uint32_t h) {
  h ^= h >> 16;
  h *= 0x85ebca6bU;
  h ^= h >> 13;
  h *= 0xc2b2ae35U;
  h ^= h >> 16;
  return h;
}

}  // namespace

void fill_dropout_mask(const at::Tensor& mask, std::span<const Seed> seeds,
                       std::span<const double> rates, const Pass& pass) {
  const std::int64_t size = mask.size(1), rows = mask.size(2);
  float* out = mask.data_ptr<float>();
  for (std::size_t b = 0; b < seeds.size(); ++b, out += size * rows) {
    const auto threshold = static_cast<std::uint32_t>(std::ldexp(rates[b], 24));
    const auto scale = static_cast<float>(1.0 / (1.0 - rates[b]));
    std::int64_t first = 0;
    for (std::size_t day = 0; day < pass.stocks.size(); ++day) {
      const std::uint64_t key =
          derive(seeds[b], "dropout", pass.step, pass.first_slot + static_cast<std::int64_t>(day))
              .value;
      const auto low = static_cast<std::uint32_t>(key),
                 high = static_cast<std::uint32_t>(key >> 32);
      const std::int64_t n = pass.stocks[day];
      for (std::int64_t c = 0; c < size; ++c) {
        float* run = out + c * rows + first;
        for (std::int64_t s = 0; s < n; ++s) {
          const auto i = static_cast<std::uint32_t>(s * size + c);
          run[s] = (mix((i ^ low) * 0x9e3779b9U + high) >> 8) < threshold ? 0.0F : scale;
        }
      }
      first += n;
    }
    for (std::int64_t c = 0; c < size; ++c)
      std::fill(out + c * rows + first, out + (c + 1) * rows, 0.0F);
  }
}

}  // namespace evofactor::net
