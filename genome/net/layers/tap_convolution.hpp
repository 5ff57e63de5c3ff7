#pragma once
#include <ATen/core/Tensor.h>

#include <map>
#include <vector>

#include "genome/net/layers/layer.hpp"
#include "genome/net/layers/runs.hpp"

namespace evofactor::net {

/// Which places of its input every place of a convolution's output sees.
struct TapTable {
  std::int64_t in = 1, out = 1;  ///< channels a place
  std::int64_t places_in = 1, places_out = 1, kernel = 1;
  std::vector<std::int64_t> taps;  ///< [places_out * kernel] place of the input; -1: a zero
  [[nodiscard]] std::int64_t tap(std::int64_t place, std::int64_t k) const {
    return taps[static_cast<std::size_t>(place * kernel + k)];
  }
};

/// Over positions, seeing no later one: tap k of an output stands (kernel - 1 - k) * dilation
/// before it, and output i of n at position last - (n - 1 - i) * stride.
[[nodiscard]] TapTable causal_taps(std::int64_t in, std::int64_t out, std::int64_t positions,
                                   std::int64_t kernel, std::int64_t dilation, std::int64_t stride);
/// Over days x rows with zeros around (functional.hpp, padding_of); tap (day, row) is day *
/// kernel[1] + row.
[[nodiscard]] TapTable image_taps(std::int64_t in, std::int64_t out,
                                  const genome::LayerShape& image, std::array<int, 2> kernel,
                                  std::array<int, 2> stride);

/// Convolution by a table of taps with weights [out, kernel * in], tap by tap. Only places that are
/// read are computed, on runs of rows where they lie: no copy of the input, no work for zeros.
class TapConvolution {
 public:
  explicit TapConvolution(TapTable table);

  /// @param wanted places of the output @returns the places of the input they read
  Positions plan(const Positions& wanted);

  /// One candidate. @param x runs of the input, `in` channels a place @param bias nullptr: none
  /// @param y of the output
  void forward(const kernels::Runs& x, std::int64_t rows, const at::Tensor& weight,
               const float* bias, const kernels::Runs& y, kernels::Fused fused);
  /// @param dz gradient of what forward stored, before its activation; adds to dw and db
  /// (undefined: no bias), and writes dx (values nullptr: not needed) at every place
  void backward(const kernels::Runs& x, const kernels::Runs& dz, std::int64_t rows,
                const at::Tensor& weight, const at::Tensor& dw, const at::Tensor& db,
                const kernels::Runs& dx);

  /// The same by differentiable operations. @param x [B or 1, places, in, rows]
  /// @returns [B, places, out, rows], before the activation
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const at::Tensor& weight,
                                   const at::Tensor& bias) const;
  [[nodiscard]] const std::vector<std::int64_t>& computed() const { return computed_; }
  [[nodiscard]] const TapTable& table() const { return table_; }

 private:
  /// Outputs that see the same taps at the same distances: they share one pass over the weights.
  struct Group {
    std::vector<std::int64_t> taps;             ///< the kernel's taps that are no zeros
    std::int64_t first = 0;                     ///< place of the output
    std::vector<std::int64_t> apart, apart_in;  ///< places of each from the first's, out and in
  };
  /// An input place's readers: for each, its tap. The same list of taps: the same weights.
  struct Readers {
    std::vector<std::int64_t> taps, outputs;
  };
  void find_groups();
  void find_readers();
  [[nodiscard]] kernels::Weights packed(const at::Tensor& weight,
                                        const std::vector<std::int64_t>& taps);

  TapTable table_;
  std::vector<std::int64_t> computed_;  ///< places of the output, ascending
  std::vector<Group> groups_;
  std::vector<Readers> readers_;  ///< by place of the input
  std::vector<float> packed_, partial_;
  std::map<std::vector<std::int64_t>, std::vector<float>> turned_;
};

}  // namespace evofactor::net
