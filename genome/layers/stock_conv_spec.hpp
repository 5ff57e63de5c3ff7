#pragma once
#include "genome/layers/layer_kind.hpp"

namespace evofactor::genome {

/// Convolution over the stocks of the day, in order of their codes, with zeros beyond the first and
/// last: each stock sees its neighbours, and the whole day after some layers. What comes in is
/// flattened. For priors that compare stocks. Source: Fang et al. 2020, Figure 5.
struct StockConvSpec {
  static constexpr std::string_view kKind = "stock_conv";
  static constexpr Role kRole = Role::kFlat;
  [[nodiscard]] static const std::vector<GeneOf<StockConvSpec>>& genes();
  int channels = 16;
  int kernel = 3;  ///< stocks, odd: the stock itself in the middle
  int dilation = 1;
  Activation activation = Activation::kRelu;
  bool operator==(const StockConvSpec&) const = default;
};

[[nodiscard]] std::string text_of(const StockConvSpec& spec);
[[nodiscard]] LayerShape output_shape(const StockConvSpec& spec, LayerShape input, bool sequence);
[[nodiscard]] std::int64_t parameter_count(const StockConvSpec& spec, LayerShape input);
[[nodiscard]] double forward_flops(const StockConvSpec& spec, LayerShape input);

}  // namespace evofactor::genome
