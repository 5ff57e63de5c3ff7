#include "genome/layers/gru_spec.hpp"

namespace evofactor::genome {

const std::vector<GeneOf<GruSpec>>& GruSpec::genes() {
  static const std::vector<GeneOf<GruSpec>> genes{
      integer_gene<&GruSpec::units>("units", {1, 4096}, {8, 16, 32, 64}, "width of the state"),
      dropout_gene<&GruSpec::dropout>()};
  return genes;
}

std::string text_of(const GruSpec& spec) {
  return fmt::format("gru {}{}", spec.units, text_of_extras(false, spec.dropout));
}

LayerShape output_shape(const GruSpec& spec, LayerShape input, bool sequence) {
  return {spec.units, sequence ? input.positions : 1};
}

std::int64_t parameter_count(const GruSpec& spec, LayerShape input) {
  const std::int64_t units = spec.units;
  return 3 * units * (input.depth() + units + 1) + units;
}

double forward_flops(const GruSpec& spec, LayerShape input) {
  return 2.0 * static_cast<double>(parameter_count(spec, input)) * input.positions;
}

}  // namespace evofactor::genome
