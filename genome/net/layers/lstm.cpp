#include <ATen/ATen.h>

#include "genome/net/init.hpp"
#include "genome/net/kernels/cells.hpp"
#include "genome/net/layers/kinds.hpp"
#include "genome/net/layers/recurrent.hpp"
#include "genome/net/layers/runs.hpp"

namespace evofactor::net {
namespace {

using genome::LstmSpec;
using kernels::Runs;

/// weight [4 units, depth + units] and bias [4 units]: gates input, forget, new, output of [x, h].
class Lstm final : public Recurrent {
 public:
  Lstm(std::span<const LstmSpec> specs, const Site& site)
      : Recurrent(site, specs.front().units, dropout_of(specs, site)) {}

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override {
    const Names gates = paired(numbered(4), numbered(units_));
    return {{"weight",
             {4 * units_, in_ + units_},
             true,
             {gates, joined({site_.names.depth(), numbered(units_)})}},
            {"bias", {4 * units_}, false, {gates}}};
  }
  /// Each gate's weights as of a layer of its own; the forget gate starts open (Jozefowicz et al.
  /// 2015).
  void initialise(int slice, Rng& rng) override {
    for (std::int64_t gate = 0; gate < 4; ++gate)
      initialise_linear(values_[0][slice].narrow(0, gate * units_, units_), rng);
    values_[1][slice].narrow(0, units_, units_).fill_(1);
  }

  at::Tensor forward(const at::Tensor& x, const Pass& pass) override {
    if (!x.is_cpu()) return AutogradLayer::forward(x, pass);
    x_ = as_runs(x, input_);
    const std::int64_t rows = x_.size(2);
    gates_ = gate_memory_.get({n_slices(), steps_ * 4 * units_, rows}, values_[0]);
    states_ = state_memory_.get({n_slices(), steps_ * units_, rows}, values_[0]);
    cells_ = cell_memory_.get({n_slices(), steps_ * units_, rows}, values_[0]);
    for (std::int64_t b = 0; b < n_slices(); ++b)
      over_blocks(rows, [&](std::int64_t first, std::int64_t count) {
        std::vector<const float*> inputs;
        for (std::int64_t t = 0; t < steps_; ++t) {
          inputs.clear();
          append_runs(inputs, at(x_, b, t * in_, first), in_);
          if (t > 0) append_runs(inputs, at(states_, b, (t - 1) * units_, first), units_);
          const Runs gates = at(gates_, b, t * 4 * units_, first);
          kernels::multiply(weights_of(values_[0][b]), inputs, count,
                            values_[1][b].data_ptr<float>(), gates);
          kernels::lstm_cell(units_, count, gates, before(cells_, b, t, first),
                             at(cells_, b, t * units_, first), at(states_, b, t * units_, first));
        }
      });
    return handed_on(states_, pass);
  }

  at::Tensor backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                      bool need_dx) override {
    if (!x.is_cpu()) return AutogradLayer::backward(x, dy, pass, need_dx);
    const std::int64_t rows = x_.size(2);
    const at::Tensor d = as_runs(dy, gradient_);
    through_dropout(d, pass);
    at::Tensor dx;
    if (need_dx) dx = input_gradient_.get({n_slices(), steps_ * in_, rows}, values_[0]);
    const at::Tensor carry = carry_.get({1, 2 * units_, kRecurrentRows}, values_[0]);
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      const kernels::Weights w = weights_of(values_[0][b]);
      const kernels::Weights to_x = transposed(w, 0, in_, turned_x_);
      const kernels::Weights to_h = transposed(w, in_, units_, turned_h_);
      over_blocks(rows, [&](std::int64_t first, std::int64_t count) {
        carry.zero_();
        const Runs dh = runs_of(carry, 0), dc = runs_of(carry, 0, units_);
        for (std::int64_t t = steps_ - 1; t >= 0; --t) {
          if (site_.sequence || t == steps_ - 1)
            kernels::add_runs(at(d, b, site_.sequence ? t * units_ : 0, first), units_, count, dh);
          const Runs gates = at(gates_, b, t * 4 * units_, first);
          kernels::lstm_cell_backward(units_, count, gates, before(cells_, b, t, first),
                                      at(cells_, b, t * units_, first), dh, dc);
          const std::vector<const float*> list = list_of(gates, 4 * units_);
          if (t > 0) kernels::multiply(to_h, list, count, nullptr, dh);
          if (need_dx) kernels::multiply(to_x, list, count, nullptr, at(dx, b, t * in_, first));
        }
      });
      add_weight_gradients(b, rows);
    }
    return need_dx ? dx.narrow(2, 0, x.size(2)) : dx;
  }

 protected:
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass& pass,
                                   std::span<const at::Tensor> values, bool) const override {
    const at::Tensor wx = values[0].narrow(2, 0, in_), wh = values[0].narrow(2, in_, units_);
    std::vector<at::Tensor> states;
    at::Tensor h, c;
    for (std::int64_t t = 0; t < steps_; ++t) {
      at::Tensor gates = at::matmul(wx, x.narrow(1, t * in_, in_)) + values[1].unsqueeze(2);
      if (t > 0) gates = gates + at::matmul(wh, h);
      const auto part = gates.chunk(4, 1);
      const at::Tensor fresh = at::sigmoid(part[0]) * at::tanh(part[2]);
      c = t > 0 ? at::sigmoid(part[1]) * c + fresh : fresh;
      h = at::sigmoid(part[3]) * at::tanh(c);
      states.push_back(h);
    }
    return returned(states, pass);
  }

 private:
  void add_weight_gradients(std::int64_t b, std::int64_t rows) {
    const Runs dz = runs_of(gates_, b);
    const std::int64_t step = 4 * units_ * gates_.stride(1);
    float* dw = gradients_[0][b].data_ptr<float>();
    kernels::add_outer(dz, 4 * units_, list_of(runs_of(x_, b), in_), rows, dw, in_ + units_,
                       {every(step, steps_), every(in_ * x_.stride(1), steps_)});
    kernels::add_outer(runs_of(gates_, b, steps_ > 1 ? 4 * units_ : 0), 4 * units_,
                       list_of(runs_of(states_, b), units_), rows, dw + in_, in_ + units_,
                       {every(step, steps_ - 1), every(units_ * states_.stride(1), steps_ - 1)});
    kernels::add_row_sums(dz, 4 * units_, rows, gradients_[1][b].data_ptr<float>(),
                          every(step, steps_));
  }

  Buffer input_, gate_memory_, state_memory_, cell_memory_, gradient_, input_gradient_, carry_;
  at::Tensor x_, gates_, states_, cells_;
  std::vector<float> turned_x_, turned_h_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const LstmSpec> specs, const Site& site) {
  return std::make_unique<Lstm>(specs, site);
}

std::string script_of(const LstmSpec& spec, const std::string& prefix, const Site& site) {
  return recurrent_script(
      "    c = torch.zeros_like(h)\n",
      fmt::format("        i, f, g, o = torch.chunk(torch.matmul(torch.cat([x[:, step], h], 1), "
                  "self.{0}weight.t()) + self.{0}bias, 4, 1)\n"
                  "        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)\n"
                  "        h = torch.sigmoid(o) * torch.tanh(c)\n",
                  prefix),
      site, spec.units);
}

}  // namespace evofactor::net
