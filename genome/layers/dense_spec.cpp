#include "genome/layers/dense_spec.hpp"

namespace evofactor::genome {

const std::vector<GeneOf<DenseSpec>>& DenseSpec::genes() {
  static const std::vector<GeneOf<DenseSpec>> genes{
      integer_gene<&DenseSpec::units>("units", {1, 4096}, {8, 16, 32, 64, 128, 256},
                                      "width of the layer"),
      choice_gene<&DenseSpec::activation>("activation", kActivationNames,
                                          "function applied to every unit", Stacks::kFree),
      flag_gene<&DenseSpec::batch_norm>("batch_norm", {0, 1}, "batch norm before the activation"),
      dropout_gene<&DenseSpec::dropout>()};
  return genes;
}

std::string text_of(const DenseSpec& spec) {
  return fmt::format("{} {}{}", spec.units, name_of(spec.activation),
                     text_of_extras(spec.batch_norm, spec.dropout));
}

LayerShape output_shape(const DenseSpec& spec, LayerShape, bool) { return {spec.units}; }

std::int64_t parameter_count(const DenseSpec& spec, LayerShape input) {
  return spec.units * (input.size() + 1 + (spec.batch_norm ? 2 : 0));
}

double forward_flops(const DenseSpec& spec, LayerShape input) {
  return 2.0 * static_cast<double>(input.size()) * spec.units;
}

}  // namespace evofactor::genome
