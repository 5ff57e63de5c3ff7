#include "genome/net/layers/runs.hpp"

#include <ATen/ATen.h>

#include "engine/core/error.hpp"

namespace evofactor::net {

at::Tensor as_runs(const at::Tensor& x, Buffer& buffer) {
  const std::int64_t rows = x.size(2), padded = padded_rows(rows);
  if (rows == padded && x.stride(2) == 1) return x;
  const at::Tensor copy = buffer.get({x.size(0), x.size(1), padded}, x);
  copy.narrow(2, 0, rows).copy_(x);
  copy.narrow(2, rows, padded - rows).zero_();
  return copy;
}

kernels::Runs runs_of(const at::Tensor& x, std::int64_t b, std::int64_t first) {
  const std::int64_t slice = x.size(0) == 1 ? 0 : b;
  return {x.data_ptr<float>() + slice * x.stride(0) + first * x.stride(1), x.stride(1)};
}

kernels::Runs runs_of(const at::Tensor& x) { return {x.data_ptr<float>(), x.stride(0)}; }

void append_runs(std::vector<const float*>& list, const kernels::Runs& runs, std::int64_t count) {
  for (std::int64_t c = 0; c < count; ++c) list.push_back(runs.values + c * runs.stride);
}

std::vector<const float*> list_of(const kernels::Runs& runs, std::int64_t count) {
  std::vector<const float*> list;
  list.reserve(static_cast<std::size_t>(count));
  append_runs(list, runs, count);
  return list;
}

kernels::Weights weights_of(const at::Tensor& weight) {
  return {weight.data_ptr<float>(), weight.size(0), weight.size(1)};
}

kernels::Weights transposed(const kernels::Weights& w, std::int64_t first, std::int64_t count,
                            std::vector<float>& memory) {
  memory.resize(static_cast<std::size_t>(count * w.outputs));
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t m = 0; m < w.outputs; ++m)
      memory[static_cast<std::size_t>(i * w.outputs + m)] = w.values[m * w.stride + first + i];
  return {memory.data(), count, w.outputs};
}

kernels::Fused fused(genome::Activation activation) {
  switch (activation) {
    case genome::Activation::kTanh:
      return kernels::Fused::kTanh;
    case genome::Activation::kRelu:
      return kernels::Fused::kRelu;
    case genome::Activation::kGelu:
      break;
  }
  EVOFACTOR_CHECK(false, "activation {} is not fused", static_cast<int>(activation));
}

}  // namespace evofactor::net
