#pragma once
#include "genome/net/layers/layer.hpp"

namespace evofactor::net {

/// A layer given by its differentiable function alone: LibTorch's autograd finds the gradients.
/// Kinds with kernels of their own derive from it too, and use it where those do not run (another
/// device, a variant they do not cover).
class AutogradLayer : public Layer {
 public:
  [[nodiscard]] ValueNames names() const override { return made_names(site_.output); }
  void bind(std::vector<at::Tensor> values, std::vector<at::Tensor> gradients,
            std::vector<at::Tensor> buffers) override;
  Positions plan(const Positions& wanted) override;
  at::Tensor forward(const at::Tensor& x, const Pass& pass) override;
  at::Tensor backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                      bool need_dx) override;
  [[nodiscard]] at::Tensor reference(const at::Tensor& x, const Pass& pass,
                                     std::span<const at::Tensor> values) const override;

 protected:
  explicit AutogradLayer(Site site) : site_(std::move(site)) {}
  /// @param x [B or 1, size, rows] @param keep whether running statistics take the batch in
  /// @returns [B, size, rows]
  [[nodiscard]] virtual at::Tensor compute(const at::Tensor& x, const Pass& pass,
                                           std::span<const at::Tensor> values, bool keep) const = 0;

  [[nodiscard]] std::int64_t n_slices() const {
    return static_cast<std::int64_t>(site_.dropout_seeds.size());
  }
  Site site_;
  std::vector<at::Tensor> values_, gradients_, running_;

 private:
  at::Tensor x_, y_;  ///< leaf and result of the last training pass
  std::vector<at::Tensor> leaves_;
};

}  // namespace evofactor::net
