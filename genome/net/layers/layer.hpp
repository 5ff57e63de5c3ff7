#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/core/rng.hpp"
#include "genome/layer_shape.hpp"

namespace evofactor::net {

/// The rows of one forward pass: `days` trading days of `stocks` rows each, day by day. Rows that
/// stand for no stock (padding of shorter days) hold zeros and are 0 in `valid`.
struct Pass {
  bool training = false;
  std::int64_t step = 0;        ///< of training; with the day's place it tells dropout masks apart
  std::int64_t first_slot = 0;  ///< place of the first day in the step's batch
  int days = 1;
  int stocks = 0;
  at::Tensor valid;  ///< [days * stocks] 1 or 0; undefined: every row is valid
};

/// One named array of a layer, stacked over the bucket.
struct ParameterSpec {
  std::string name;                 ///< "weight"
  std::vector<std::int64_t> shape;  ///< of one candidate
  bool decays = false;              ///< weight decay applies, and pruning may
};

/// One layer kind, stacked: B candidates side by side, nothing couples them. Forward and backward
/// work in place on buffers kept between calls; what a call returns is valid until the layer's next
/// one.
///
/// Shapes: x [B or 1, rows, in] (1: the same input for all candidates), y [B, rows, out].
class Layer {
 public:
  virtual ~Layer() = default;
  /// Trained arrays, in the order in which `bind` gets their views.
  [[nodiscard]] virtual std::vector<ParameterSpec> parameters() const = 0;
  /// Arrays that are kept but not trained (running statistics).
  [[nodiscard]] virtual std::vector<ParameterSpec> buffers() const { return {}; }
  /// Gives the layer its places in the network's flat storage: values and gradients [B, shape...]
  /// and buffers.
  virtual void bind(std::vector<at::Tensor> values, std::vector<at::Tensor> gradients,
                    std::vector<at::Tensor> buffers) = 0;
  /// Sets every array of one candidate from its own generator; called on CPU storage.
  virtual void initialise(int slice, Rng& rng) = 0;
  virtual at::Tensor forward(const at::Tensor& x, const Pass& pass) = 0;
  /// Adds to the gradients. @param x what forward got @param dy [B, rows, out] gradient of what it
  /// returned; overwritten
  /// @returns [B, rows, in] gradient with respect to x; undefined unless `need_dx`
  virtual at::Tensor backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                              bool need_dx) = 0;
  /// The same function by differentiable operations on `values`; the oracle of tests and the source
  /// of saliency.
  [[nodiscard]] virtual at::Tensor reference(const at::Tensor& x, const Pass& pass,
                                             std::span<const at::Tensor> values) const = 0;
};

/// Memory that grows to the largest request and is handed out as contiguous tensors.
class Buffer {
 public:
  at::Tensor get(at::IntArrayRef shape, const at::Tensor& like);

 private:
  at::Tensor flat_;
};

}  // namespace evofactor::net
