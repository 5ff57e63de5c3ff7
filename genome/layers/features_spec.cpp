#include "genome/layers/features_spec.hpp"

namespace evofactor::genome {

const std::vector<GeneOf<FeaturesSpec>>& FeaturesSpec::genes() {
  static const std::vector<GeneOf<FeaturesSpec>> genes{integer_gene<&FeaturesSpec::days>(
      "days", {2, 1000}, {3, 5, 10}, "positions of a window, and its stride")};
  return genes;
}

int FeaturesSpec::window(int positions) const { return std::min(days, positions); }

std::string text_of(const FeaturesSpec& spec) { return fmt::format("features {}", spec.days); }

LayerShape output_shape(const FeaturesSpec& spec, LayerShape input, bool) {
  return {FeaturesSpec::rows_out(input.depth()), input.positions / spec.window(input.positions)};
}

std::int64_t parameter_count(const FeaturesSpec&, LayerShape) { return 14; }

double forward_flops(const FeaturesSpec& spec, LayerShape input) {
  return 4.0 * static_cast<double>(output_shape(spec, input, true).size()) *
         spec.window(input.positions);
}

}  // namespace evofactor::genome
