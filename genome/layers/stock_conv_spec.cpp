#include "genome/layers/stock_conv_spec.hpp"

namespace evofactor::genome {

const std::vector<GeneOf<StockConvSpec>>& StockConvSpec::genes() {
  static const std::vector<GeneOf<StockConvSpec>> genes{
      integer_gene<&StockConvSpec::channels>("channels", {1, 4096}, {8, 16, 32}, "channels out"),
      integer_gene<&StockConvSpec::kernel>("kernel", {1, 999}, {3, 5, 9},
                                           "stocks it sees; the stock itself stands in the middle"),
      integer_gene<&StockConvSpec::dilation>("dilation", {1, 1000}, {1, 4, 16, 64},
                                             "distance between them"),
      choice_gene<&StockConvSpec::activation>("activation", kActivationNames,
                                              "function applied to every value")};
  return genes;
}

std::string text_of(const StockConvSpec& spec) {
  std::string text = fmt::format("stocks {}x{}", spec.channels, spec.kernel);
  if (spec.dilation > 1) text += fmt::format(" dilated {}", spec.dilation);
  return fmt::format("{} {}", text, name_of(spec.activation));
}

LayerShape output_shape(const StockConvSpec& spec, LayerShape, bool) { return {spec.channels}; }

std::int64_t parameter_count(const StockConvSpec& spec, LayerShape input) {
  return spec.channels * (input.size() * spec.kernel + 1);
}

double forward_flops(const StockConvSpec& spec, LayerShape input) {
  return 2.0 * static_cast<double>(input.size()) * spec.kernel * spec.channels;
}

}  // namespace evofactor::genome
