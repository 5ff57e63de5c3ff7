#pragma once
#include <ATen/ATen.h>

#include <span>
#include <vector>

#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/functional.hpp"
#include "genome/net/layers/runs.hpp"

namespace evofactor::net {

/// What long short-term memory and gated unit share: the way through positions and rows, forwards
/// and back, four gates of units a position, the state and what is handed on.
class Recurrent : public AutogradLayer {
 public:
  [[nodiscard]] bool reads_pass() const override { return dropout_.on(); }
  at::Tensor forward(const at::Tensor& x, const Pass& pass) final;
  at::Tensor backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                      bool need_dx) final;

 protected:
  /// One position of one slice, for the rows first, ... first + count - 1.
  struct Place {
    std::int64_t slice, step, first, count;
  };

  /// @param n_carried gradients that go from a position to the one before, of units each; that of
  /// the state first
  Recurrent(const Site& site, int units, Dropout dropout, int n_carried)
      : AutogradLayer(site),
        in_(site.input.depth()),
        units_(units),
        steps_(site.input.positions),
        dropout_(std::move(dropout)),
        n_carried_(n_carried) {}

  /// Memory of this layer's own for a forward pass.
  virtual void prepare(std::int64_t rows) { (void)rows; }
  /// From inputs and the state before to gates and state. @param inputs of the position, followed
  /// by the state before if there is one
  virtual void step(const Place& place, std::span<const float* const> inputs) = 0;
  /// Transposes weights of a slice for its steps back.
  virtual void turn_weights(std::int64_t slice) = 0;
  /// Gates become their gradients. @param carried as they come from the position after, and go on
  /// @param dx of the position's inputs; null values if nobody asks
  virtual void step_back(const Place& place, const kernels::Runs& carried,
                         const kernels::Runs& dx) = 0;
  /// Once gates_ holds the gradients of all positions.
  virtual void add_weight_gradients(std::int64_t slice, std::int64_t rows) = 0;

  [[nodiscard]] kernels::Runs gates_at(const Place& p) const {
    return at(gates_, p.slice, p.step * 4 * units_, p.first);
  }

  /// Runs of slice b from a channel and a row on.
  [[nodiscard]] static kernels::Runs at(const at::Tensor& x, std::int64_t b, std::int64_t channel,
                                        std::int64_t row) {
    kernels::Runs runs = runs_of(x, b, channel);
    runs.values += row;
    return runs;
  }
  /// Of states [B, steps * units, rows]: that of the place.
  [[nodiscard]] kernels::Runs state_at(const at::Tensor& states, const Place& p) const {
    return at(states, p.slice, p.step * units_, p.first);
  }
  /// That of the position before; none before the first.
  [[nodiscard]] kernels::Runs state_before(const at::Tensor& states, const Place& p) const {
    return p.step > 0 ? at(states, p.slice, (p.step - 1) * units_, p.first) : kernels::Runs{};
  }

  /// 0, step, 2 step, … for `count` steps.
  [[nodiscard]] static std::vector<std::int64_t> every(std::int64_t step, std::int64_t count) {
    std::vector<std::int64_t> offsets;
    for (std::int64_t i = 0; i < count; ++i) offsets.push_back(i * step);
    return offsets;
  }

  /// [B, units, rows] of each step, from the oldest, as compute() returns them.
  [[nodiscard]] at::Tensor returned(const std::vector<at::Tensor>& states, const Pass& pass) const {
    return dropout_.applied(site_.sequence ? at::cat(states, 1) : states.back(), pass);
  }

  std::int64_t in_, units_, steps_;
  at::Tensor x_, gates_, states_;

 private:
  /// States [B, steps * units, rows] as what the layer hands on, dropout included.
  at::Tensor handed_on(const at::Tensor& states, const Pass& pass);
  void through_dropout(const at::Tensor& d, const Pass& pass) const;

  Dropout dropout_;
  std::int64_t n_carried_;
  at::Tensor mask_;
  Buffer input_, gate_memory_, state_memory_, gradient_, input_gradient_, carry_;
};

/// TorchScript of a loop over positions: x [n, positions, depth], `body` turns x[:, step] and the
/// states into the state h.
[[nodiscard]] std::string recurrent_script(const std::string& states, const std::string& body,
                                           const Site& site, int units);

}  // namespace evofactor::net
