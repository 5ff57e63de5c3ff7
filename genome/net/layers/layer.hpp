#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/core/rng.hpp"
#include "engine/device/host_memory.hpp"
#include "genome/layer_shape.hpp"
#include "genome/net/layers/names.hpp"

namespace evofactor::net {

/// The rows of one forward pass: the stocks of one or more trading days, day after day. Rows at the
/// end that stand for no stock, up to a multiple of kernels::kRowMultiple, hold zeros; what a layer
/// gives for them means nothing, and their gradient is 0.
struct Pass {
  bool training = false;
  std::int64_t step = 0;        ///< of training; with the day's place it tells dropout masks apart
  std::int64_t first_slot = 0;  ///< place of the first day in the step's batch
  std::vector<int> stocks;      ///< of each day
  [[nodiscard]] std::int64_t used_rows() const;
};
/// `rows` raised to the multiple that layers ask for.
[[nodiscard]] std::int64_t padded_rows(std::int64_t rows);

/// One named array of a layer, stacked over the bucket.
struct ParameterSpec {
  std::string name;                 ///< "weight"
  std::vector<std::int64_t> shape;  ///< of one candidate
  bool decays = false;              ///< weight decay applies, and pruning may
  /// What its indices stand for, by which a child's arrays are filled from its parent's: the first
  /// axis counts what the array makes, the others what it reads. Empty: numbers.
  std::vector<Names> axes{};
};

/// Memory that grows to the largest request and is handed out as contiguous tensors. On a GPU new
/// memory each time, which its allocator has at hand: what was recorded (device::record) keeps its
/// own.
class Buffer {
 public:
  /// @throws c10::OutOfMemoryError where networks have taken what they may (device::HostMemory)
  at::Tensor get(at::IntArrayRef shape, const at::Tensor& like);

 private:
  device::HostMemory taken_;
  at::Tensor flat_;
};

/// What the layers of a chain need in a backward pass and no longer, so that they share it.
struct Scratch {
  std::array<Buffer, 3> values;
  /// For a gradient with respect to a layer's input, which the layer before reads while it writes
  /// its own to the other.
  Buffer& next_gradient() { return gradients_[static_cast<std::size_t>(turn_ = 1 - turn_)]; }

 private:
  std::array<Buffer, 2> gradients_;
  int turn_ = 0;
};

/// Where a layer stands.
struct Site {
  genome::LayerShape input, output;
  bool sequence = false;               ///< a layer that reads places follows
  std::vector<Seed> dropout_seeds{};   ///< one per candidate
  ValueNames names{};                  ///< of the input
  std::shared_ptr<Scratch> scratch{};  ///< of the chain
};

/// Positions of a layer's input or output that someone reads.
using Positions = std::vector<bool>;

/// One layer kind, stacked: B candidates side by side, nothing couples them. What a call returns is
/// valid until the layer's next one.
///
/// Shapes: x [B or 1, size, rows] (1: the same input for all candidates) in the order of
/// LayerShape, y [B, size, rows]; strides are free, but layers hand on contiguous rows where they
/// can, because most work on runs of rows.
class Layer {
 public:
  virtual ~Layer() = default;
  /// Trained arrays, in the order in which `bind` gets their views.
  [[nodiscard]] virtual std::vector<ParameterSpec> parameters() const { return {}; }
  /// Arrays that are kept but not trained (running statistics).
  [[nodiscard]] virtual std::vector<ParameterSpec> buffers() const { return {}; }
  /// Of what it hands on.
  [[nodiscard]] virtual ValueNames names() const = 0;
  /// Gives the layer its places in the network's flat storage: values and gradients [B, shape...]
  /// and buffers.
  virtual void bind(std::vector<at::Tensor> values, std::vector<at::Tensor> gradients,
                    std::vector<at::Tensor> buffers) = 0;
  /// Sets every array of one candidate from its own generator; called on CPU storage.
  virtual void initialise(int slice, Rng& rng) = 0;
  /// Tells which positions of the output are read; the others need not be computed.
  /// @returns the positions of the input that are read for them
  virtual Positions plan(const Positions& wanted) = 0;
  /// True if a forward pass in training looks at all days of a batch at once (batch norm).
  [[nodiscard]] virtual bool needs_whole_batch() const { return false; }
  /// False if a forward pass in training is a function of x alone, and not of days and steps
  /// (dropout, norms, neighbours of the day).
  [[nodiscard]] virtual bool reads_pass() const { return true; }
  virtual at::Tensor forward(const at::Tensor& x, const Pass& pass) = 0;
  /// Adds to the gradients. @param x what forward got @param dy [B, size, rows] gradient of what it
  /// returned; overwritten
  /// @returns [B, size, rows] gradient with respect to x; undefined unless `need_dx`
  virtual at::Tensor backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                              bool need_dx) = 0;
  /// The same function by differentiable operations on `values`; the oracle of tests and the source
  /// of saliency.
  [[nodiscard]] virtual at::Tensor reference(const at::Tensor& x, const Pass& pass,
                                             std::span<const at::Tensor> values) const = 0;
};

}  // namespace evofactor::net
