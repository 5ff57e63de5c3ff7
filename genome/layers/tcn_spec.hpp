#pragma once
#include "genome/layers/layer_kind.hpp"

namespace evofactor::genome {

/// Residual block of a temporal convolutional network: two causal dilated convolutions, each with
/// activation and dropout, added to the input (through a 1 x 1 convolution where the channels
/// differ), activation. Weight normalisation is left out. Source: Bai, Kolter and Koltun 2018.
struct TcnSpec {
  static constexpr std::string_view kKind = "tcn";
  static constexpr Role kRole = Role::kSequence;
  [[nodiscard]] static const std::vector<GeneOf<TcnSpec>>& genes();
  int channels = 16;
  int kernel = 3;  ///< positions
  int dilation = 1;
  Activation activation = Activation::kRelu;
  double dropout = 0;
  bool operator==(const TcnSpec&) const = default;
};

[[nodiscard]] std::string text_of(const TcnSpec& spec);
[[nodiscard]] LayerShape output_shape(const TcnSpec& spec, LayerShape input, bool sequence);
[[nodiscard]] std::int64_t parameter_count(const TcnSpec& spec, LayerShape input);
[[nodiscard]] double forward_flops(const TcnSpec& spec, LayerShape input);

}  // namespace evofactor::genome
