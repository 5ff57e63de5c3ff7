#include "genome/net/layers/convolution_layer.hpp"

#include <ATen/ATen.h>

#include "genome/net/init.hpp"

namespace evofactor::net {

ConvolutionLayer::ConvolutionLayer(const Site& site, TapTable table, Names reads,
                                   std::vector<genome::Activation> activations, bool norm,
                                   Dropout dropout)
    : AutogradLayer(site),
      convolution_(std::move(table)),
      reads_(std::move(reads)),
      activations_(activations),
      finish_(std::move(activations), norm, std::move(dropout), convolution_.table().out) {}

std::vector<ParameterSpec> ConvolutionLayer::parameters() const {
  const TapTable& taps = convolution_.table();
  std::vector<ParameterSpec> all{
      {"weight", {taps.out, taps.kernel * taps.in}, true, {numbered(taps.out), reads_}},
      {"bias", {taps.out}, false}};
  for (ParameterSpec& spec : finish_.parameters()) all.push_back(std::move(spec));
  return all;
}

void ConvolutionLayer::initialise(int slice, Rng& rng) {
  initialise_weight(values_[0][slice], activations_[static_cast<std::size_t>(slice)], rng);
  if (!finish_.norm()) return;
  values_[2][slice].fill_(1);
  running_[1][slice].fill_(1);
}

Positions ConvolutionLayer::plan(const Positions& wanted) {
  if (finish_.norm()) return AutogradLayer::plan(wanted);  // statistics are over every place
  const TapTable& taps = convolution_.table();
  const auto rows = static_cast<std::size_t>(taps.places_out) / wanted.size(),
             rows_in = static_cast<std::size_t>(taps.places_in / site_.input.positions);
  Positions places, read(static_cast<std::size_t>(site_.input.positions), true);
  for (const bool position : wanted) places.insert(places.end(), rows, position);
  const Positions found = convolution_.plan(places);
  if (found.size() != read.size() * rows_in || rows_in == 0) return read;
  for (std::size_t p = 0; p < read.size(); ++p) {
    bool any = false;
    for (std::size_t r = 0; r < rows_in; ++r) any = any || found[p * rows_in + r];
    read[p] = any;
  }
  return read;
}

std::vector<NormArrays> ConvolutionLayer::norms(std::span<const at::Tensor> values) const {
  std::vector<NormArrays> all;
  if (finish_.norm())
    for (std::int64_t b = 0; b < n_slices(); ++b)
      all.push_back({values[2][b], values[3][b], running_[0][b], running_[1][b]});
  return all;
}

at::Tensor ConvolutionLayer::forward(const at::Tensor& x, const Pass& pass) {
  if (!x.is_cpu()) return AutogradLayer::forward(x, pass);
  x_ = as_runs(x, input_);
  const TapTable& taps = convolution_.table();
  const at::Tensor z =
      output_.get({n_slices(), taps.places_out * taps.out, x_.size(2)}, values_[0]);
  for (std::int64_t b = 0; b < n_slices(); ++b)
    convolution_.forward(runs_of(x_, b), x_.size(2), values_[0][b], values_[1][b].data_ptr<float>(),
                         runs_of(z, b), finish_.fused_of(b));
  return finish_.forward(z, norms(values_), pass);
}

at::Tensor ConvolutionLayer::backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                                      bool need_dx) {
  if (!x.is_cpu()) return AutogradLayer::backward(x, dy, pass, need_dx);
  const at::Tensor d = as_runs(dy, gradient_);
  finish_.backward(d, norms(values_), norms(gradients_), pass);
  at::Tensor dx;
  if (need_dx) dx = input_gradient_.get({n_slices(), x_.size(1), x_.size(2)}, values_[0]);
  for (std::int64_t b = 0; b < n_slices(); ++b)
    convolution_.backward(runs_of(x_, b), runs_of(d, b), x_.size(2), values_[0][b],
                          gradients_[0][b], gradients_[1][b],
                          need_dx ? runs_of(dx, b) : kernels::Runs{});
  return need_dx ? dx.narrow(2, 0, x.size(2)) : dx;
}

at::Tensor ConvolutionLayer::compute(const at::Tensor& x, const Pass& pass,
                                     std::span<const at::Tensor> values, bool keep) const {
  const TapTable& taps = convolution_.table();
  const at::Tensor places = x.unflatten(1, {taps.places_in, taps.in});
  const at::Tensor z = convolution_.compute(places, values[0], values[1]).flatten(1, 2);
  return finish_.compute(z, norms(values), pass, keep);
}

}  // namespace evofactor::net
