#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

#include "genome/net/layers/layer.hpp"
#include "genome/net/layers/runs.hpp"

namespace evofactor::net {

/// Convolution over positions that sees no later one, with weights [out, kernel * in], the oldest
/// tap first. Output i of n stands at input position last - (n - 1 - i) * stride; taps before the
/// first position see zeros. Only outputs that are read are computed, on runs of rows where they
/// lie.
class CausalConvolution {
 public:
  struct Geometry {
    std::int64_t in = 1, out = 1, positions = 1;  ///< channels in and out; positions in
    std::int64_t kernel = 1, dilation = 1, stride = 1;
    [[nodiscard]] std::int64_t outputs() const { return (positions + stride - 1) / stride; }
  };
  explicit CausalConvolution(Geometry geometry);

  /// @returns the input positions that the wanted outputs read
  Positions plan(const Positions& wanted);

  /// One candidate. @param x runs of the input at `in` channels a position @param y of the output
  void forward(const kernels::Runs& x, std::int64_t rows, const at::Tensor& weight,
               const float* bias, const kernels::Runs& y, kernels::Fused fused) const;
  /// @param dz gradient of what forward stored, before its activation; adds to dw and db, and
  /// writes dx (values nullptr: not needed) at the positions that are read
  void backward(const kernels::Runs& x, const kernels::Runs& dz, std::int64_t rows,
                const at::Tensor& weight, const at::Tensor& dw, const at::Tensor& db,
                const kernels::Runs& dx);

  /// The same by differentiable operations. @param x [B or 1, positions, in, rows]
  /// @returns [B, outputs, out, rows], before the activation
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const at::Tensor& weight,
                                   const at::Tensor& bias) const;
  [[nodiscard]] const std::vector<std::int64_t>& computed() const { return computed_; }
  [[nodiscard]] const Geometry& geometry() const { return g_; }

 private:
  /// Input position of a tap of an output; negative before the window.
  [[nodiscard]] std::int64_t tap(std::int64_t output, std::int64_t k) const;
  [[nodiscard]] std::int64_t first_tap(std::int64_t output) const;
  [[nodiscard]] std::vector<const float*> taps(const kernels::Runs& x, std::int64_t output) const;

  Geometry g_;
  std::vector<std::int64_t> computed_;  ///< outputs, ascending
  std::vector<bool> read_;              ///< input positions
  std::vector<float> turned_;
};

/// TorchScript that turns x [n, in, positions] into h [n, out, outputs] before the activation.
[[nodiscard]] std::string script_of(const CausalConvolution::Geometry& g, const std::string& weight,
                                    const std::string& bias);

}  // namespace evofactor::net
