#pragma once
#include <ATen/core/Tensor.h>

#include "genome/net/stacked_net.hpp"

namespace evofactor::training {

/// Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter 2019) on a whole
/// stack: learning rate and decay are per candidate. Elementwise, so stacking changes nothing.
class Adam {
 public:
  /// @param by_operations with tensor operations that a device can record, its only way elsewhere
  /// than on a CPU
  explicit Adam(net::StackedNet& net, bool by_operations = false);
  /// One update by net.gradients(), which it sets to zero. A candidate whose rate is 0 stays as it
  /// is.
  /// @param rates, decays [B, 1] on the network's device
  void step(const at::Tensor& rates, const at::Tensor& decays);

 private:
  void step_by_operations(const at::Tensor& rates, const at::Tensor& decays);
  void step_on_host(const at::Tensor& rates, const at::Tensor& decays);
  net::StackedNet& net_;
  at::Tensor first_, second_;
  double first_power_ = 1, second_power_ = 1;  ///< on the host
  at::Tensor work_;                            ///< by operations
  at::Tensor powers_, betas_;                  ///< [2] by operations
};

}  // namespace evofactor::training
