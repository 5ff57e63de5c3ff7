#include "genome/net/layers/recurrent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "genome/net/kernels/cells.hpp"

namespace evofactor::net {
namespace {

/// Rows taken through all positions at a time, so that a position's gates stay in the cache.
constexpr std::int64_t kRows = 256;

/// Calls f(first, count) for blocks of rows.
template <class F>
void over_blocks(std::int64_t rows, F f) {
  for (std::int64_t r = 0; r < rows; r += kRows) f(r, std::min(kRows, rows - r));
}

}  // namespace

at::Tensor Recurrent::forward(const at::Tensor& x, const Pass& pass) {
  if (!x.is_cpu()) return AutogradLayer::forward(x, pass);
  x_ = as_runs(x, input_);
  const std::int64_t rows = x_.size(2);
  gates_ = gate_memory_.get({n_slices(), steps_ * 4 * units_, rows}, values_[0]);
  states_ = state_memory_.get({n_slices(), steps_ * units_, rows}, values_[0]);
  prepare(rows);
  std::vector<const float*> inputs;
  for (std::int64_t b = 0; b < n_slices(); ++b)
    over_blocks(rows, [&](std::int64_t first, std::int64_t count) {
      for (std::int64_t t = 0; t < steps_; ++t) {
        inputs.clear();
        append_runs(inputs, at(x_, b, t * in_, first), in_);
        const Place place{b, t, first, count};
        if (t > 0) append_runs(inputs, state_before(states_, place), units_);
        step(place, inputs);
      }
    });
  return handed_on(states_, pass);
}

at::Tensor Recurrent::backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                               bool need_dx) {
  if (!x.is_cpu()) return AutogradLayer::backward(x, dy, pass, need_dx);
  const std::int64_t rows = x_.size(2);
  const at::Tensor d = as_runs(dy, gradient_);
  through_dropout(d, pass);
  at::Tensor dx;
  if (need_dx) dx = input_gradient_.get({n_slices(), steps_ * in_, rows}, values_[0]);
  const at::Tensor carry = carry_.get({1, n_carried_ * units_, kRows}, values_[0]);
  const kernels::Runs carried = runs_of(carry, 0);
  for (std::int64_t b = 0; b < n_slices(); ++b) {
    turn_weights(b);
    over_blocks(rows, [&](std::int64_t first, std::int64_t count) {
      carry.zero_();
      for (std::int64_t t = steps_ - 1; t >= 0; --t) {
        if (site_.sequence || t == steps_ - 1)
          kernels::add_runs(at(d, b, site_.sequence ? t * units_ : 0, first), units_, count,
                            carried);
        step_back({b, t, first, count}, carried,
                  need_dx ? at(dx, b, t * in_, first) : kernels::Runs{});
      }
    });
    add_weight_gradients(b, rows);
  }
  return need_dx ? dx.narrow(2, 0, x.size(2)) : dx;
}

at::Tensor Recurrent::handed_on(const at::Tensor& states, const Pass& pass) {
  const at::Tensor y = site_.sequence ? states : states.narrow(1, (steps_ - 1) * units_, units_);
  if (!pass.training || !dropout_.on()) return y;
  mask_ = dropout_.mask(y.size(1), y.size(2), pass, y);
  return y * mask_;
}

void Recurrent::through_dropout(const at::Tensor& d, const Pass& pass) const {
  if (pass.training && dropout_.on()) d.mul_(mask_);
}

std::string recurrent_script(const std::string& states, const std::string& body, const Site& site,
                             int units) {
  std::string text = fmt::format("    x = torch.reshape(h, [-1, {}, {}])\n", site.input.positions,
                                 site.input.depth());
  text += fmt::format("    h = torch.zeros([x.size(0), {}])\n", units) + states;
  if (site.sequence) text += "    states = []\n";
  text += fmt::format("    for step in range({}):\n", site.input.positions) + body;
  if (site.sequence) text += "        states.append(h)\n";
  if (site.sequence) text += "    h = torch.cat(states, 1)\n";
  return text;
}

}  // namespace evofactor::net
