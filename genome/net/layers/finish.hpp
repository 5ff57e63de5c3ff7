#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

#include "genome/layers/activation.hpp"
#include "genome/net/kernels/multiply.hpp"
#include "genome/net/layers/batch_norm.hpp"
#include "genome/net/layers/functional.hpp"

namespace evofactor::net {

/// What follows the product of a dense layer or a convolution: batch norm over the channels of
/// every place (if on), activation, dropout. Values are [B, places * channels, rows].
class Finish {
 public:
  Finish(std::vector<genome::Activation> activations, bool norm, Dropout dropout,
         std::int64_t channels);

  [[nodiscard]] bool drops() const { return dropout_.on(); }
  [[nodiscard]] bool norm() const { return norm_; }
  /// Trained and kept arrays of the batch norm; none without.
  [[nodiscard]] std::vector<ParameterSpec> parameters() const;
  [[nodiscard]] std::vector<ParameterSpec> buffers() const;

  /// What candidate b's product may apply by itself; forward then leaves its values alone.
  [[nodiscard]] kernels::Fused fused_of(std::int64_t b) const;
  /// @param z products, overwritten; a norm in training needs them until its backward pass
  /// @param norms of each candidate @returns values that are good
  /// until the next call
  at::Tensor forward(const at::Tensor& z, const std::vector<NormArrays>& norms, const Pass& pass);
  /// Turns d, the gradient of what forward returned, into that of the products.
  /// @param gradients scale and shift of each candidate; adds to them
  void backward(const at::Tensor& d, const std::vector<NormArrays>& norms,
                const std::vector<NormArrays>& gradients, const Pass& pass);

  /// The same by differentiable operations.
  [[nodiscard]] at::Tensor compute(const at::Tensor& z, const std::vector<NormArrays>& norms,
                                   const Pass& pass, bool keep) const;

 private:
  std::vector<genome::Activation> activations_;
  bool norm_, keeps_input_ = false;  ///< of the activation, which gelu needs
  Dropout dropout_;
  std::int64_t channels_;
  Buffer normed_memory_, active_memory_, dropped_memory_;
  at::Tensor z_, active_, mask_;
  std::vector<BatchNorm> norms_;  ///< of each candidate
};

}  // namespace evofactor::net
