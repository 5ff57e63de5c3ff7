#include "genome/layers/thoughts_spec.hpp"

namespace evofactor::genome {

const std::vector<GeneOf<ThoughtsSpec>>& ThoughtsSpec::genes() {
  static const std::vector<GeneOf<ThoughtsSpec>> genes{
      integer_gene<&ThoughtsSpec::count>("count", {1, 1000}, {3, 5, 8}, "thoughts"),
      integer_gene<&ThoughtsSpec::size>("size", {1, 4096}, {16, 32}, "values of a thought"),
      integer_gene<&ThoughtsSpec::units>("units", {1, 4096}, {16, 32},
                                         "width of the network that combines them")};
  return genes;
}

std::string text_of(const ThoughtsSpec& spec) {
  return fmt::format("thoughts {}x{} to {}", spec.count, spec.size, spec.units);
}

LayerShape output_shape(const ThoughtsSpec& spec, LayerShape input, bool) {
  return {static_cast<int>(input.size()) + spec.units};
}

std::int64_t parameter_count(const ThoughtsSpec& spec, LayerShape input) {
  const std::int64_t thoughts = static_cast<std::int64_t>(spec.count) * spec.size;
  return thoughts * (input.size() + 1) + spec.units * (thoughts + 1) +
         static_cast<std::int64_t>(spec.units) * (spec.units + 1);
}

double forward_flops(const ThoughtsSpec& spec, LayerShape input) {
  return 2.0 * static_cast<double>(parameter_count(spec, input));
}

}  // namespace evofactor::genome
