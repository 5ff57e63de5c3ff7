#pragma once
#include <ATen/ATen.h>

#include <algorithm>

#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/functional.hpp"
#include "genome/net/layers/runs.hpp"

namespace evofactor::net {

/// Rows that recurrent layers take through all steps at a time, so that a step's gates stay in the
/// cache.
inline constexpr std::int64_t kRecurrentRows = 256;

/// What long short-term memory and gated unit share: the positions, the state and what is handed
/// on.
class Recurrent : public AutogradLayer {
 public:
  [[nodiscard]] bool reads_pass() const override { return dropout_.on(); }

 protected:
  Recurrent(const Site& site, int units, Dropout dropout)
      : AutogradLayer(site),
        in_(site.input.depth()),
        units_(units),
        steps_(site.input.positions),
        dropout_(std::move(dropout)) {}

  /// Calls f(first, count) for blocks of rows.
  template <class F>
  static void over_blocks(std::int64_t rows, F f) {
    for (std::int64_t r = 0; r < rows; r += kRecurrentRows)
      f(r, std::min(kRecurrentRows, rows - r));
  }

  /// Runs of slice b from a channel and a row on.
  [[nodiscard]] static kernels::Runs at(const at::Tensor& x, std::int64_t b, std::int64_t channel,
                                        std::int64_t row) {
    kernels::Runs runs = runs_of(x, b, channel);
    runs.values += row;
    return runs;
  }
  /// The state before step t; none before the first.
  [[nodiscard]] kernels::Runs before(const at::Tensor& states, std::int64_t b, std::int64_t t,
                                     std::int64_t row) const {
    return t > 0 ? at(states, b, (t - 1) * units_, row) : kernels::Runs{};
  }

  /// 0, step, 2 step, … for `count` steps.
  [[nodiscard]] static std::vector<std::int64_t> every(std::int64_t step, std::int64_t count) {
    std::vector<std::int64_t> offsets;
    for (std::int64_t i = 0; i < count; ++i) offsets.push_back(i * step);
    return offsets;
  }

  /// States [B, steps * units, rows] as what the layer hands on, dropout included.
  at::Tensor handed_on(const at::Tensor& states, const Pass& pass) {
    const at::Tensor y = site_.sequence ? states : states.narrow(1, (steps_ - 1) * units_, units_);
    if (!pass.training || !dropout_.on()) return y;
    mask_ = dropout_.mask(y.size(1), y.size(2), pass, y);
    return y * mask_;
  }
  void through_dropout(const at::Tensor& d, const Pass& pass) const {
    if (pass.training && dropout_.on()) d.mul_(mask_);
  }
  /// [B, units, rows] of each step, from the oldest, as compute() returns them.
  [[nodiscard]] at::Tensor returned(const std::vector<at::Tensor>& states, const Pass& pass) const {
    return dropout_.applied(site_.sequence ? at::cat(states, 1) : states.back(), pass);
  }

  std::int64_t in_, units_, steps_;
  Dropout dropout_;
  at::Tensor mask_;
};

/// TorchScript of a loop over positions: x [n, positions, depth], `body` turns x[:, step] and the
/// states into the state h.
[[nodiscard]] std::string recurrent_script(const std::string& states, const std::string& body,
                                           const Site& site, int units);

}  // namespace evofactor::net
