#include "genome/layers/residual_spec.hpp"

namespace evofactor::genome {

const std::vector<GeneOf<ResidualSpec>>& ResidualSpec::genes() {
  static const std::vector<GeneOf<ResidualSpec>> genes{
      integer_gene<&ResidualSpec::channels>("channels", {1, 4096}, {8, 16, 32},
                                            "channels of the 3 x 3 convolution"),
      integer_gene<&ResidualSpec::stride>("stride", {1, 1000}, {1, 2},
                                          "distance between its results over time"),
      flag_gene<&ResidualSpec::bottleneck>("bottleneck", {0, 1},
                                           "1 x 1, 3 x 3, 1 x 1 with four times the channels out")};
  return genes;
}

std::string text_of(const ResidualSpec& spec) {
  std::string text =
      fmt::format("{} {}", spec.bottleneck ? "bottleneck" : "residual", spec.channels);
  if (spec.stride > 1) text += fmt::format(" stride {}", spec.stride);
  return text;
}

LayerShape output_shape(const ResidualSpec& spec, LayerShape input, bool) {
  const LayerShape image = as_image(input);
  return {spec.channels_out(), (image.positions + spec.stride - 1) / spec.stride, image.height};
}

std::int64_t parameter_count(const ResidualSpec& spec, LayerShape input) {
  const std::int64_t in = as_image(input).channels, mid = spec.channels, out = spec.channels_out();
  const std::int64_t body = spec.bottleneck ? mid * in + 9 * mid * mid + out * mid + 4 * mid
                                            : 9 * mid * in + 9 * out * mid + 2 * mid;
  const bool projected = in != out || spec.stride > 1;
  return body + 2 * out + (projected ? out * in + 2 * out : 0);
}

double forward_flops(const ResidualSpec& spec, LayerShape input) {
  const LayerShape out = output_shape(spec, input, true);
  return 2.0 * static_cast<double>(parameter_count(spec, input)) * out.positions * out.rows();
}

}  // namespace evofactor::genome
