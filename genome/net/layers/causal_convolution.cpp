#include "genome/net/layers/causal_convolution.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "genome/net/kernels/cells.hpp"

namespace evofactor::net {

using kernels::Runs;

namespace {

Runs at(const Runs& runs, std::int64_t channel) {
  return {runs.values + channel * runs.stride, runs.stride};
}

}  // namespace

CausalConvolution::CausalConvolution(Geometry geometry) : g_(geometry) {
  (void)plan(Positions(static_cast<std::size_t>(g_.outputs()), true));
}

std::int64_t CausalConvolution::tap(std::int64_t output, std::int64_t k) const {
  return g_.positions - 1 - (g_.outputs() - 1 - output) * g_.stride -
         (g_.kernel - 1 - k) * g_.dilation;
}

std::int64_t CausalConvolution::first_tap(std::int64_t output) const {
  std::int64_t k = 0;
  while (tap(output, k) < 0) ++k;
  return k;
}

Positions CausalConvolution::plan(const Positions& wanted) {
  computed_.clear();
  read_.assign(static_cast<std::size_t>(g_.positions), false);
  for (std::int64_t i = 0; i < g_.outputs(); ++i) {
    if (!wanted[static_cast<std::size_t>(i)]) continue;
    computed_.push_back(i);
    for (std::int64_t k = first_tap(i); k < g_.kernel; ++k)
      read_[static_cast<std::size_t>(tap(i, k))] = true;
  }
  return read_;
}

std::vector<const float*> CausalConvolution::taps(const Runs& x, std::int64_t output) const {
  std::vector<const float*> list;
  for (std::int64_t k = first_tap(output); k < g_.kernel; ++k)
    append_runs(list, at(x, tap(output, k) * g_.in), g_.in);
  return list;
}

void CausalConvolution::forward(const Runs& x, std::int64_t rows, const at::Tensor& weight,
                                const float* bias, const Runs& y, kernels::Fused fused) const {
  kernels::Weights w = weights_of(weight);
  const float* all = w.values;
  for (const std::int64_t i : computed_) {
    w.values = all + first_tap(i) * g_.in;
    kernels::multiply(w, taps(x, i), rows, bias, at(y, i * g_.out), fused);
  }
}

void CausalConvolution::backward(const Runs& x, const Runs& dz, std::int64_t rows,
                                 const at::Tensor& weight, const at::Tensor& dw,
                                 const at::Tensor& db, const Runs& dx) {
  // Outputs that stand equally far apart and see as many taps share one pass over the weights.
  for (std::size_t i = 0; i < computed_.size();) {
    const std::int64_t first = computed_[i], k = first_tap(first);
    std::size_t end = i + 1;
    const std::int64_t apart = end < computed_.size() ? computed_[end] - first : 0;
    while (end < computed_.size() && first_tap(computed_[end]) == k &&
           computed_[end] - computed_[end - 1] == apart)
      ++end;
    const kernels::Segments segments{static_cast<std::int64_t>(end - i), apart * g_.out * dz.stride,
                                     apart * g_.stride * g_.in * x.stride};
    kernels::add_outer(at(dz, first * g_.out), g_.out, taps(x, first), rows,
                       dw.data_ptr<float>() + k * g_.in, g_.kernel * g_.in, segments);
    kernels::add_row_sums(at(dz, first * g_.out), g_.out, rows, db.data_ptr<float>(), segments);
    i = end;
  }
  if (dx.values == nullptr) return;
  std::vector<bool> written(read_.size(), false);
  std::vector<kernels::Weights> to_tap;
  turned_.resize(static_cast<std::size_t>(weight.numel()));
  for (std::int64_t k = 0; k < g_.kernel; ++k) {
    std::vector<float> part;
    (void)transposed(weights_of(weight), k * g_.in, g_.in, part);
    std::ranges::copy(part, turned_.begin() + k * g_.in * g_.out);
    to_tap.push_back({turned_.data() + k * g_.in * g_.out, g_.in, g_.out});
  }
  for (const std::int64_t i : computed_) {
    const std::vector<const float*> list = list_of(at(dz, i * g_.out), g_.out);
    for (std::int64_t k = first_tap(i); k < g_.kernel; ++k) {
      const std::int64_t position = tap(i, k);
      const Runs to = at(dx, position * g_.in);
      const auto w = to_tap[static_cast<std::size_t>(k)];
      if (written[static_cast<std::size_t>(position)]) {
        kernels::multiply_add(w, list, rows, to);
      } else {
        kernels::multiply(w, list, rows, nullptr, to);
      }
      written[static_cast<std::size_t>(position)] = true;
    }
  }
  for (std::size_t position = 0; position < written.size(); ++position)
    if (!written[position])
      for (std::int64_t c = 0; c < g_.in; ++c) {
        float* run = dx.values + (static_cast<std::int64_t>(position) * g_.in + c) * dx.stride;
        std::fill(run, run + rows, 0.0F);
      }
}

at::Tensor CausalConvolution::compute(const at::Tensor& x, const at::Tensor& weight,
                                      const at::Tensor& bias) const {
  const std::int64_t before = (g_.kernel - 1) * g_.dilation;
  const std::int64_t outputs = g_.outputs(), first = (g_.positions - 1) - (outputs - 1) * g_.stride;
  const at::Tensor zeros = at::zeros({x.size(0), before, g_.in, x.size(3)}, x.options());
  const at::Tensor whole = at::cat({zeros, x}, 1);
  std::vector<at::Tensor> seen;
  for (std::int64_t k = 0; k < g_.kernel; ++k)
    seen.push_back(
        whole.slice(1, first + k * g_.dilation, whole.size(1), g_.stride).narrow(1, 0, outputs));
  const at::Tensor taps = at::cat(seen, 2);  // [B, outputs, kernel * in, rows]
  return at::matmul(weight.unsqueeze(1), taps) + bias.unsqueeze(1).unsqueeze(3);
}

std::string script_of(const CausalConvolution::Geometry& g, const std::string& weight,
                      const std::string& bias) {
  const std::int64_t before = (g.kernel - 1) * g.dilation,
                     first = (g.positions - 1) - (g.outputs() - 1) * g.stride;
  return fmt::format(
             "    w = self.{0}.reshape([{1}, {2}, {3}]).permute(0, 2, 1).contiguous()\n"
             "    h = torch.conv1d(torch.constant_pad_nd(x, [{4}, 0]), w, self.{5}, [1], "
             "[0], [{6}])\n",
             weight, g.out, g.kernel, g.in, before, bias, g.dilation) +
         (g.stride > 1 ? fmt::format("    h = h[:, :, {}::{}]\n", first, g.stride) : "");
}

}  // namespace evofactor::net
