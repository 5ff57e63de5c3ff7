#include <ATen/ATen.h>

#include "genome/net/init.hpp"
#include "genome/net/kernels/cells.hpp"
#include "genome/net/layers/kinds.hpp"
#include "genome/net/layers/recurrent.hpp"
#include "genome/net/layers/runs.hpp"

namespace evofactor::net {
namespace {

using genome::GruSpec;
using kernels::Runs;

/// Reset and update gate of [x, h]; the new state of x plus reset times that of h:
///   n = tanh(new_input x + new_bias + r (new_state h + state_bias))
class Gru final : public Recurrent {
 public:
  Gru(std::span<const GruSpec> specs, const Site& site)
      : Recurrent(site, specs.front().units, dropout_of(specs, site), 1) {}

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override {
    const Names gates = paired(numbered(2), numbered(units_)), input = site_.names.depth();
    return {
        {"weight", {2 * units_, in_ + units_}, true, {gates, joined({input, numbered(units_)})}},
        {"new_input", {units_, in_}, true, {numbered(units_), input}},
        {"new_state", {units_, units_}, true},
        {"bias", {2 * units_}, false, {gates}},
        {"new_bias", {units_}, false},
        {"state_bias", {units_}, false}};
  }
  void initialise(int slice, Rng& rng) override {
    for (std::int64_t gate = 0; gate < 2; ++gate)
      initialise_linear(values_[0][slice].narrow(0, gate * units_, units_), rng);
    initialise_linear(values_[1][slice], rng);
    initialise_linear(values_[2][slice], rng);
  }

 protected:
  void step(const Place& p, std::span<const float* const> inputs) override {
    const Runs gates = gates_at(p);
    const auto from_x = inputs.first(static_cast<std::size_t>(in_)),
               from_h = inputs.subspan(static_cast<std::size_t>(in_));
    kernels::multiply(weights_of(values_[0][p.slice]), inputs, p.count, bias(3, p.slice), gates);
    kernels::multiply(weights_of(values_[1][p.slice]), from_x, p.count, bias(4, p.slice),
                      part(gates, 2));
    kernels::multiply(weights_of(values_[2][p.slice]), from_h, p.count, bias(5, p.slice),
                      part(gates, 3));
    kernels::gru_cell(units_, p.count, gates, state_before(states_, p), state_at(states_, p));
  }

  void turn_weights(std::int64_t slice) override {
    const kernels::Weights w = weights_of(values_[0][slice]);
    gates_to_x_ = transposed(w, 0, in_, turned_[0]);
    new_to_x_ = transposed(weights_of(values_[1][slice]), 0, in_, turned_[1]);
    gates_to_h_ = transposed(w, in_, units_, turned_[2]);
    new_to_h_ = transposed(weights_of(values_[2][slice]), 0, units_, turned_[3]);
  }

  void step_back(const Place& p, const Runs& dh, const Runs& dx) override {
    const Runs gates = gates_at(p);
    kernels::gru_cell_backward(units_, p.count, gates, state_before(states_, p), dh);
    const std::vector<const float*> list = list_of(gates, 4 * units_);
    const std::span<const float* const> all(list);
    const auto units = static_cast<std::size_t>(units_);
    if (p.step > 0) {
      kernels::multiply_add(gates_to_h_, all.first(2 * units), p.count, dh);
      kernels::multiply_add(new_to_h_, all.subspan(3 * units), p.count, dh);
    }
    if (dx.values != nullptr) {
      kernels::multiply(gates_to_x_, all.first(2 * units), p.count, nullptr, dx);
      kernels::multiply_add(new_to_x_, all.subspan(2 * units, units), p.count, dx);
    }
  }

  void add_weight_gradients(std::int64_t b, std::int64_t rows) override {
    const std::int64_t step = 4 * units_ * gates_.stride(1);
    const std::vector<const float*> inputs = list_of(runs_of(x_, b), in_),
                                    states = list_of(runs_of(states_, b), units_);
    const auto gradient = [&](std::size_t i) { return gradients_[i][b].data_ptr<float>(); };
    const auto from_x = [&](std::int64_t part, std::int64_t outputs, float* dw,
                            std::int64_t stride) {
      kernels::add_outer(runs_of(gates_, b, part * units_), outputs, inputs, rows, dw, stride,
                         {every(step, steps_), every(in_ * x_.stride(1), steps_)});
    };
    const auto from_h = [&](std::int64_t part, std::int64_t outputs, float* dw,
                            std::int64_t stride) {
      if (steps_ > 1)
        kernels::add_outer(
            runs_of(gates_, b, (4 + part) * units_), outputs, states, rows, dw, stride,
            {every(step, steps_ - 1), every(units_ * states_.stride(1), steps_ - 1)});
    };
    from_x(0, 2 * units_, gradient(0), in_ + units_);
    from_h(0, 2 * units_, gradient(0) + in_, in_ + units_);
    from_x(2, units_, gradient(1), in_);
    from_h(3, units_, gradient(2), units_);
    const auto sums = [&](std::int64_t part, std::int64_t outputs, float* db) {
      kernels::add_row_sums(runs_of(gates_, b, part * units_), outputs, rows, db,
                            every(step, steps_));
    };
    sums(0, 2 * units_, gradient(3));
    sums(2, units_, gradient(4));
    sums(3, units_, gradient(5));
  }

  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass& pass,
                                   std::span<const at::Tensor> values, bool) const override {
    const at::Tensor wx = values[0].narrow(2, 0, in_), wh = values[0].narrow(2, in_, units_);
    std::vector<at::Tensor> states;
    at::Tensor h = at::zeros({n_slices(), units_, x.size(2)}, x.options());
    for (std::int64_t t = 0; t < steps_; ++t) {
      const at::Tensor now = x.narrow(1, t * in_, in_);
      const at::Tensor gates =
          at::sigmoid(at::matmul(wx, now) + at::matmul(wh, h) + values[3].unsqueeze(2));
      const at::Tensor r = gates.narrow(1, 0, units_), z = gates.narrow(1, units_, units_);
      const at::Tensor n = at::tanh(at::matmul(values[1], now) + values[4].unsqueeze(2) +
                                    r * (at::matmul(values[2], h) + values[5].unsqueeze(2)));
      h = n + z * (h - n);
      states.push_back(h);
    }
    return returned(states, pass);
  }

 private:
  [[nodiscard]] Runs part(Runs gates, std::int64_t which) const {
    gates.values += which * units_ * gates.stride;
    return gates;
  }
  [[nodiscard]] const float* bias(std::size_t i, std::int64_t b) const {
    return values_[i][b].data_ptr<float>();
  }

  kernels::Weights gates_to_x_, new_to_x_, gates_to_h_, new_to_h_;
  std::array<std::vector<float>, 4> turned_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const GruSpec> specs, const Site& site) {
  return std::make_unique<Gru>(specs, site);
}

std::string script_of(const GruSpec& spec, const std::string& prefix, const Site& site) {
  return recurrent_script(
      "",
      fmt::format(
          "        r, z = torch.chunk(torch.sigmoid(torch.matmul(torch.cat([x[:, step], h], "
          "1), self.{0}weight.t()) + self.{0}bias), 2, 1)\n"
          "        n = torch.tanh(torch.matmul(x[:, step], self.{0}new_input.t()) + "
          "self.{0}new_bias + r * (torch.matmul(h, self.{0}new_state.t()) + "
          "self.{0}state_bias))\n"
          "        h = n + z * (h - n)\n",
          prefix),
      site, spec.units);
}

}  // namespace evofactor::net
