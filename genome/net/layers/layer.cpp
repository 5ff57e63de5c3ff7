#include "genome/net/layers/layer.hpp"

#include <ATen/ATen.h>

namespace evofactor::net {

at::Tensor Buffer::get(at::IntArrayRef shape, const at::Tensor& like) {
  const std::int64_t size = c10::multiply_integers(shape);
  if (!flat_.defined() || flat_.numel() < size)
    flat_ = at::empty({size}, like.options().requires_grad(false));
  return flat_.narrow(0, 0, size).view(shape);
}

}  // namespace evofactor::net
