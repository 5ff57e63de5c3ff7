#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <span>
#include <string>
#include <vector>

#include "genome/layers/activation.hpp"
#include "genome/net/layers/layer.hpp"

namespace evofactor::net {

// Differentiable parts that the functions of several layer kinds are made of, and their
// TorchScript.

[[nodiscard]] at::Tensor activated(const at::Tensor& z, genome::Activation activation);
/// "torch.tanh(h)"
[[nodiscard]] std::string script_of(genome::Activation activation, const std::string& of);

/// Slice b of x [B or 1, ...], the only one where there is but one.
[[nodiscard]] at::Tensor slice_of(const at::Tensor& x, std::int64_t b);
/// x [B or 1, size, rows] as [B or 1, positions, depth, rows].
[[nodiscard]] at::Tensor as_series(const at::Tensor& x, const genome::LayerShape& shape);
/// The same values as slice b's images [rows, channels, positions, height], channels innermost in
/// memory. Without a copy where rows stand outermost in memory already.
[[nodiscard]] at::Tensor as_images(const at::Tensor& x, const genome::LayerShape& shape,
                                   std::int64_t slice);
/// Back to [1, size, rows], a view.
[[nodiscard]] at::Tensor from_images(const at::Tensor& images);

/// Convolution of images by weight [out, in, days, rows] with zeros around: each side gets what
/// keeps ceil(size / stride) results, the newest position and the last row being one of them.
/// @param bias may be undefined
[[nodiscard]] at::Tensor convolved(const at::Tensor& images, const at::Tensor& weight,
                                   const at::Tensor& bias, std::array<int, 2> stride);
/// Zeros before and after along one axis: {before, after}.
[[nodiscard]] std::array<std::int64_t, 2> padding_of(std::int64_t size, std::int64_t kernel,
                                                     std::int64_t stride);

// TorchScript of the above on h.
[[nodiscard]] std::string script_to_images(const genome::LayerShape& shape);
[[nodiscard]] std::string script_from_images();
/// Weights as a table of taps has them, into w as a convolution of images takes them.
/// @param shape out, days, rows, in
[[nodiscard]] std::string script_of_taps(const std::string& prefix, std::array<int, 4> shape);
[[nodiscard]] std::string script_of_convolution(const std::string& weight, const std::string& bias,
                                                std::array<int, 2> kernel,
                                                std::array<int, 2> stride,
                                                const genome::LayerShape& image);
/// A causal convolution of x [n, in, positions] by weight [out, kernel * in], tap by tap, into h.
struct Causal {
  int in = 1, out = 1, kernel = 1, dilation = 1, stride = 1, positions = 1;
};
[[nodiscard]] std::string script_of_causal(const std::string& prefix, const Causal& c);

/// Dropout of one layer of a stack.
struct Dropout {
  std::vector<double> rates;  ///< one per candidate
  std::vector<Seed> seeds;
  [[nodiscard]] bool on() const;
  /// [B, size, rows]: 0 or 1 / (1 - rate)
  [[nodiscard]] at::Tensor mask(std::int64_t size, std::int64_t rows, const Pass& pass,
                                const at::Tensor& like) const;
  /// y [B, size, rows] with its mask, in training.
  [[nodiscard]] at::Tensor applied(const at::Tensor& y, const Pass& pass) const;
};

/// Dropout of layers with such a gene.
template <class S>
Dropout dropout_of(std::span<const S> specs, const Site& site) {
  Dropout dropout{{}, site.dropout_seeds};
  for (const S& spec : specs) dropout.rates.push_back(spec.dropout);
  return dropout;
}

/// `y` for every candidate: [1, ...] of each, joined.
[[nodiscard]] at::Tensor joined_slices(const std::vector<at::Tensor>& slices);

}  // namespace evofactor::net
