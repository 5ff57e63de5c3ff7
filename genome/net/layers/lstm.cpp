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
      : Recurrent(site, specs.front().units, dropout_of(specs, site), 2) {}

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

 protected:
  void prepare(std::int64_t rows) override {
    cells_ = cell_memory_.get({n_slices(), steps_ * units_, rows}, values_[0]);
  }

  void step(const Place& p, std::span<const float* const> inputs) override {
    const Runs gates = gates_at(p);
    kernels::multiply(weights_of(values_[0][p.slice]), inputs, p.count,
                      values_[1][p.slice].data_ptr<float>(), gates);
    kernels::lstm_cell(units_, p.count, gates, state_before(cells_, p), state_at(cells_, p),
                       state_at(states_, p));
  }

  void turn_weights(std::int64_t slice) override {
    const kernels::Weights w = weights_of(values_[0][slice]);
    to_x_ = transposed(w, 0, in_, turned_x_);
    to_h_ = transposed(w, in_, units_, turned_h_);
  }

  /// @param carried gradients of state and cell
  void step_back(const Place& p, const Runs& carried, const Runs& dx) override {
    const Runs gates = gates_at(p), dc{carried.values + units_ * carried.stride, carried.stride};
    kernels::lstm_cell_backward(units_, p.count, gates, state_before(cells_, p),
                                state_at(cells_, p), carried, dc);
    const std::vector<const float*> list = list_of(gates, 4 * units_);
    if (p.step > 0) kernels::multiply(to_h_, list, p.count, nullptr, carried);
    if (dx.values != nullptr) kernels::multiply(to_x_, list, p.count, nullptr, dx);
  }

  void add_weight_gradients(std::int64_t b, std::int64_t rows) override {
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
  Buffer cell_memory_;
  at::Tensor cells_;
  kernels::Weights to_x_, to_h_;
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
