#include "genome/layers/dropout_spec.hpp"

namespace evofactor::genome {

const std::vector<GeneOf<DropoutSpec>>& DropoutSpec::genes() {
  static const std::vector<GeneOf<DropoutSpec>> genes{
      gene<&DropoutSpec::share>({"share",
                                 "share of values set to zero while training",
                                 GeneType::kReal,
                                 {0, 0.9},
                                 {},
                                 {0.1, 0.2, 0.3, 0.5},
                                 Stacks::kSwitch})};
  return genes;
}

std::string text_of(const DropoutSpec& spec) { return fmt::format("drop {}", spec.share); }

LayerShape output_shape(const DropoutSpec&, LayerShape input, bool) { return input; }

std::int64_t parameter_count(const DropoutSpec&, LayerShape) { return 0; }

double forward_flops(const DropoutSpec&, LayerShape input) {
  return static_cast<double>(input.size());
}

}  // namespace evofactor::genome
