#include "genome/net/dropout.hpp"

#include <ATen/ATen.h>

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
                       std::span<const double> rates, std::int64_t step, std::int64_t first_slot) {
  const at::Tensor host = mask.is_cpu() ? mask : at::empty(mask.sizes(), at::kFloat);
  const std::int64_t days = mask.size(1), per_day = mask.size(2);
  float* out = host.data_ptr<float>();
  for (std::size_t b = 0; b < seeds.size(); ++b) {
    const auto threshold = static_cast<std::uint32_t>(std::ldexp(rates[b], 24));
    const auto scale = static_cast<float>(1.0 / (1.0 - rates[b]));
    for (std::int64_t day = 0; day < days; ++day, out += per_day) {
      const std::uint64_t key = derive(seeds[b], "dropout", step, first_slot + day).value;
      const auto low = static_cast<std::uint32_t>(key),
                 high = static_cast<std::uint32_t>(key >> 32);
      for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(per_day); ++i)
        out[i] = (mix((i ^ low) * 0x9e3779b9U + high) >> 8) < threshold ? 0.0F : scale;
    }
  }
  if (!mask.is_cpu()) mask.copy_(host);
}

}  // namespace evofactor::net
