#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

#include "genome/layers/activation.hpp"
#include "genome/net/kernels/multiply.hpp"
#include "genome/net/layers/layer.hpp"

namespace evofactor::net {

// What layers with kernels of their own need to get from tensors to runs of rows.

/// x [B, size, rows] with rows contiguous and padded; a copy into `buffer` where it is not.
[[nodiscard]] at::Tensor as_runs(const at::Tensor& x, Buffer& buffer);
/// Runs of slice b of x [B or 1, size, rows], from its channel `first` on.
[[nodiscard]] kernels::Runs runs_of(const at::Tensor& x, std::int64_t b, std::int64_t first = 0);
/// Runs of one slice x [size, rows].
[[nodiscard]] kernels::Runs runs_of(const at::Tensor& x);
/// Adds pointers to `count` consecutive runs.
void append_runs(std::vector<const float*>& list, const kernels::Runs& runs, std::int64_t count);
[[nodiscard]] std::vector<const float*> list_of(const kernels::Runs& runs, std::int64_t count);

/// Weights [out, in] of one candidate as a kernel takes them.
[[nodiscard]] kernels::Weights weights_of(const at::Tensor& weight);
/// Columns first .. first + count of w [out, in], transposed: [count, out], contiguous in `memory`.
[[nodiscard]] kernels::Weights transposed(const kernels::Weights& w, std::int64_t first,
                                          std::int64_t count, std::vector<float>& memory);

/// The activation as one that kernels fuse. @pre not gelu
[[nodiscard]] kernels::Fused fused(genome::Activation activation);

}  // namespace evofactor::net
