#pragma once
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "genome/net/kernels/norm.hpp"
#include "genome/net/layers/layer.hpp"

namespace evofactor::net {

using kernels::kNormEpsilon;
inline constexpr double kNormMomentum = 0.1;

/// Scale and shift of a batch norm, and its running mean and variance: [C] of one candidate.
struct NormArrays {
  at::Tensor scale, shift, mean, variance;
};

/// Batch norm of one candidate's values over all but the channels; in training by the batch's own
/// statistics, which the running ones take in.
class BatchNorm {
 public:
  /// @param x its values [places * C, rows], rows contiguous and padded; kept in training until the
  /// backward pass @param y like x, gets what comes out, after `fused`; may be x but in training
  void forward(const at::Tensor& x, const NormArrays& norm, const Pass& pass, kernels::Fused fused,
               const at::Tensor& y);
  /// After a forward pass in training. @param d gradient of the norm's result (before `fused`),
  /// turned into that of x @param gradients those of scale and shift are added to
  void backward(const at::Tensor& d, const NormArrays& norm, const NormArrays& gradients);

 private:
  kernels::Batch batch_;
  at::Tensor x_;
  std::vector<float> mean_, inverse_;
};

/// The same by differentiable operations. @param z [n, C, ...] @param keep whether the running
/// statistics take the batch in
[[nodiscard]] at::Tensor batch_normed(const at::Tensor& z, const NormArrays& norm, bool training,
                                      bool keep);
/// Its TorchScript on h, after training; its arrays are attributes prefix + "norm_scale", ….
[[nodiscard]] std::string script_of_norm(const std::string& prefix);

/// Parameters of a batch norm over `channels`, with `prefix` before their names.
[[nodiscard]] std::vector<ParameterSpec> norm_parameters(const std::string& prefix, int channels);
[[nodiscard]] std::vector<ParameterSpec> norm_buffers(const std::string& prefix, int channels);

}  // namespace evofactor::net
