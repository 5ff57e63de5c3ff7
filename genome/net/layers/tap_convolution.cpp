#include "genome/net/layers/tap_convolution.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "genome/net/layers/functional.hpp"

namespace evofactor::net {

using kernels::Runs;

namespace {

Runs at(const Runs& runs, std::int64_t channel) {
  return {runs.values + channel * runs.stride, runs.stride};
}

}  // namespace

TapTable causal_taps(std::int64_t in, std::int64_t out, std::int64_t positions, std::int64_t kernel,
                     std::int64_t dilation, std::int64_t stride) {
  TapTable table{in, out, positions, (positions + stride - 1) / stride, kernel, {}};
  for (std::int64_t i = 0; i < table.places_out; ++i)
    for (std::int64_t k = 0; k < kernel; ++k)
      table.taps.push_back(std::max<std::int64_t>(
          -1, positions - 1 - (table.places_out - 1 - i) * stride - (kernel - 1 - k) * dilation));
  return table;
}

TapTable image_taps(std::int64_t in, std::int64_t out, const genome::LayerShape& image,
                    std::array<int, 2> kernel, std::array<int, 2> stride) {
  const auto days = padding_of(image.positions, kernel[0], stride[0]),
             rows = padding_of(image.rows(), kernel[1], stride[1]);
  const std::int64_t days_out = (image.positions + stride[0] - 1) / stride[0],
                     rows_out = (image.rows() + stride[1] - 1) / stride[1];
  TapTable table{in,
                 out,
                 static_cast<std::int64_t>(image.positions) * image.rows(),
                 days_out * rows_out,
                 static_cast<std::int64_t>(kernel[0]) * kernel[1],
                 {}};
  for (std::int64_t d = 0; d < days_out; ++d)
    for (std::int64_t r = 0; r < rows_out; ++r)
      for (std::int64_t i = 0; i < kernel[0]; ++i)
        for (std::int64_t j = 0; j < kernel[1]; ++j) {
          const std::int64_t day = d * stride[0] + i - days[0], row = r * stride[1] + j - rows[0];
          const bool inside = day >= 0 && day < image.positions && row >= 0 && row < image.rows();
          table.taps.push_back(inside ? day * image.rows() + row : -1);
        }
  return table;
}

TapConvolution::TapConvolution(TapTable table) : table_(std::move(table)) {
  (void)plan(Positions(static_cast<std::size_t>(table_.places_out), true));
}

Positions TapConvolution::plan(const Positions& wanted) {
  computed_.clear();
  for (std::int64_t i = 0; i < table_.places_out; ++i)
    if (wanted[static_cast<std::size_t>(i)]) computed_.push_back(i);
  find_groups();
  find_readers();
  Positions read;
  for (const Readers& readers : readers_) read.push_back(!readers.taps.empty());
  return read;
}

void TapConvolution::find_groups() {
  groups_.clear();
  for (const std::int64_t i : computed_) {
    std::vector<std::int64_t> taps;
    for (std::int64_t k = 0; k < table_.kernel; ++k)
      if (table_.tap(i, k) >= 0) taps.push_back(k);
    const auto fits = [&](const Group& group) {
      if (group.taps != taps) return false;
      const auto distance = [&](std::int64_t k) {
        return table_.tap(i, k) - table_.tap(group.first, k);
      };
      return std::ranges::all_of(
          taps, [&](std::int64_t k) { return distance(k) == distance(taps.front()); });
    };
    auto group = std::ranges::find_if(groups_, fits);
    if (group == groups_.end()) {
      groups_.push_back({taps, i, {}, {}});
      group = groups_.end() - 1;
    }
    group->apart.push_back(i - group->first);
    group->apart_in.push_back(
        taps.empty() ? 0 : table_.tap(i, taps.front()) - table_.tap(group->first, taps.front()));
  }
}

void TapConvolution::find_readers() {
  readers_.assign(static_cast<std::size_t>(table_.places_in), {});
  for (const std::int64_t i : computed_)
    for (std::int64_t k = 0; k < table_.kernel; ++k)
      if (const std::int64_t place = table_.tap(i, k); place >= 0) {
        Readers& readers = readers_[static_cast<std::size_t>(place)];
        readers.taps.push_back(k);
        readers.outputs.push_back(i);
      }
}

/// Columns of the taps, side by side; the weights themselves where none is left out.
kernels::Weights TapConvolution::packed(const at::Tensor& weight,
                                        const std::vector<std::int64_t>& taps) {
  const kernels::Weights all = weights_of(weight);
  const auto n = static_cast<std::int64_t>(taps.size());
  if (n == table_.kernel) return all;
  packed_.resize(static_cast<std::size_t>(table_.out * n * table_.in));
  float* to = packed_.data();
  for (std::int64_t m = 0; m < table_.out; ++m)
    for (const std::int64_t k : taps)
      to = std::copy_n(all.values + m * all.stride + k * table_.in, table_.in, to);
  return {packed_.data(), table_.out, n * table_.in};
}

void TapConvolution::forward(const Runs& x, std::int64_t rows, const at::Tensor& weight,
                             const float* bias, const Runs& y, kernels::Fused fused) {
  std::vector<const float*> list;
  for (const Group& group : groups_) {
    const kernels::Weights w = packed(weight, group.taps);
    for (const std::int64_t apart : group.apart) {
      list.clear();
      for (const std::int64_t k : group.taps)
        append_runs(list, at(x, table_.tap(group.first + apart, k) * table_.in), table_.in);
      kernels::multiply(w, list, rows, bias, at(y, (group.first + apart) * table_.out), fused);
    }
  }
}

void TapConvolution::backward(const Runs& x, const Runs& dz, std::int64_t rows,
                              const at::Tensor& weight, const at::Tensor& dw, const at::Tensor& db,
                              const Runs& dx) {
  const std::int64_t width = table_.kernel * table_.in;
  std::vector<std::int64_t> dy_offsets, x_offsets;
  std::vector<const float*> list;
  for (const Group& group : groups_) {
    dy_offsets.clear();
    x_offsets.clear();
    for (const std::int64_t apart : group.apart)
      dy_offsets.push_back(apart * table_.out * dz.stride);
    for (const std::int64_t apart : group.apart_in)
      x_offsets.push_back(apart * table_.in * x.stride);
    const Runs dy = at(dz, group.first * table_.out);
    if (db.defined()) kernels::add_row_sums(dy, table_.out, rows, db.data_ptr<float>(), dy_offsets);
    list.clear();
    for (const std::int64_t k : group.taps)
      append_runs(list, at(x, table_.tap(group.first, k) * table_.in), table_.in);
    float* to = dw.data_ptr<float>();
    if (group.taps.size() == static_cast<std::size_t>(table_.kernel)) {
      kernels::add_outer(dy, table_.out, list, rows, to, width, {dy_offsets, x_offsets});
      continue;
    }
    const auto columns = static_cast<std::int64_t>(list.size());
    partial_.assign(static_cast<std::size_t>(table_.out * columns), 0.0F);
    kernels::add_outer(dy, table_.out, list, rows, partial_.data(), columns,
                       {dy_offsets, x_offsets});
    const float* from = partial_.data();
    for (std::int64_t m = 0; m < table_.out; ++m)
      for (const std::int64_t k : group.taps)
        for (std::int64_t c = 0; c < table_.in; ++c) to[m * width + k * table_.in + c] += *from++;
  }
  if (dx.values == nullptr) return;
  turned_.clear();
  for (std::int64_t place = 0; place < table_.places_in; ++place) {
    const Readers& readers = readers_[static_cast<std::size_t>(place)];
    const auto n = static_cast<std::int64_t>(readers.taps.size());
    std::vector<float>& turned = turned_[readers.taps];  // [in, readers * out]
    if (turned.empty()) {
      turned.resize(static_cast<std::size_t>(table_.in * n * table_.out));
      const float* w = weight.data_ptr<float>();
      float* to = turned.data();
      for (std::int64_t c = 0; c < table_.in; ++c)
        for (const std::int64_t k : readers.taps)
          for (std::int64_t m = 0; m < table_.out; ++m) *to++ = w[m * width + k * table_.in + c];
    }
    list.clear();
    for (const std::int64_t i : readers.outputs)
      append_runs(list, at(dz, i * table_.out), table_.out);
    kernels::multiply({turned.data(), table_.in, n * table_.out}, list, rows, nullptr,
                      at(dx, place * table_.in));
  }
}

at::Tensor TapConvolution::compute(const at::Tensor& x, const at::Tensor& weight,
                                   const at::Tensor& bias) const {
  if (table_.places_in == 1 && table_.kernel == 1)
    return at::matmul(weight.unsqueeze(1), x) + bias.unsqueeze(1).unsqueeze(3);
  // One more place holds zeros.
  const at::Tensor whole =
      at::cat({x, at::zeros({x.size(0), 1, table_.in, x.size(3)}, x.options())}, 1);
  std::vector<std::int64_t> index;
  for (const std::int64_t tap : table_.taps) index.push_back(tap < 0 ? table_.places_in : tap);
  const at::Tensor taps = whole.index_select(1, at::tensor(index).to(x.device()))
                              .unflatten(1, {table_.places_out, table_.kernel})
                              .flatten(2, 3);
  return at::matmul(weight.unsqueeze(1), taps) + bias.unsqueeze(1).unsqueeze(3);
}

}  // namespace evofactor::net
