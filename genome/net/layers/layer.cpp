#include "genome/net/layers/layer.hpp"

#include <ATen/ATen.h>

#include <numeric>

#include "genome/net/kernels/multiply.hpp"

namespace evofactor::net {

std::int64_t Pass::used_rows() const {
  return std::accumulate(stocks.begin(), stocks.end(), std::int64_t{0});
}

std::int64_t padded_rows(std::int64_t rows) {
  constexpr std::int64_t kMultiple = kernels::kRowMultiple;
  return (rows + kMultiple - 1) / kMultiple * kMultiple;
}

at::Tensor Buffer::get(at::IntArrayRef shape, const at::Tensor& like) {
  if (!like.is_cpu()) return at::empty(shape, like.options().requires_grad(false));
  const std::int64_t size = c10::multiply_integers(shape);
  if (!flat_.defined() || flat_.numel() < size) {
    flat_ = at::Tensor();
    taken_ = device::HostMemory();
    taken_ = device::HostMemory(size * like.element_size());
    flat_ = at::empty({size}, like.options().requires_grad(false));
  }
  return flat_.narrow(0, 0, size).view(shape);
}

}  // namespace evofactor::net
