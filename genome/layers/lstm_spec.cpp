#include "genome/layers/lstm_spec.hpp"

namespace evofactor::genome {

const std::vector<GeneOf<LstmSpec>>& LstmSpec::genes() {
  static const std::vector<GeneOf<LstmSpec>> genes{
      integer_gene<&LstmSpec::units>("units", {1, 4096}, {8, 16, 32, 64}, "width of the state"),
      dropout_gene<&LstmSpec::dropout>()};
  return genes;
}

std::string text_of(const LstmSpec& spec) {
  return fmt::format("lstm {}{}", spec.units, text_of_extras(false, spec.dropout));
}

LayerShape output_shape(const LstmSpec& spec, LayerShape input, bool sequence) {
  return {spec.units, sequence ? input.positions : 1};
}

std::int64_t parameter_count(const LstmSpec& spec, LayerShape input) {
  const std::int64_t units = spec.units;
  return 4 * units * (input.depth() + units + 1);
}

double forward_flops(const LstmSpec& spec, LayerShape input) {
  return 2.0 * static_cast<double>(parameter_count(spec, input)) * input.positions;
}

}  // namespace evofactor::genome
