#include "genome/layers/conv1d_spec.hpp"

namespace evofactor::genome {

const std::vector<GeneOf<Conv1dSpec>>& Conv1dSpec::genes() {
  static const std::vector<GeneOf<Conv1dSpec>> genes{
      integer_gene<&Conv1dSpec::channels>("channels", {1, 4096}, {8, 16, 32, 64}, "channels out"),
      integer_gene<&Conv1dSpec::kernel>("kernel", {1, 1000}, {2, 3, 5, 7}, "positions it sees"),
      integer_gene<&Conv1dSpec::dilation>("dilation", {1, 1000}, {1, 2, 4, 8},
                                          "distance between them"),
      integer_gene<&Conv1dSpec::stride>("stride", {1, 1000}, {1, 2},
                                        "distance between its results"),
      choice_gene<&Conv1dSpec::activation>("activation", kActivationNames,
                                           "function applied to every value"),
      flag_gene<&Conv1dSpec::batch_norm>("batch_norm", {0, 1}, "batch norm before the activation"),
      dropout_gene<&Conv1dSpec::dropout>()};
  return genes;
}

std::string text_of(const Conv1dSpec& spec) {
  std::string text = fmt::format("conv {}x{}", spec.channels, spec.kernel);
  if (spec.dilation > 1) text += fmt::format(" dilated {}", spec.dilation);
  if (spec.stride > 1) text += fmt::format(" stride {}", spec.stride);
  return fmt::format("{} {}{}", text, name_of(spec.activation),
                     text_of_extras(spec.batch_norm, spec.dropout));
}

LayerShape output_shape(const Conv1dSpec& spec, LayerShape input, bool) {
  return {spec.channels, (input.positions + spec.stride - 1) / spec.stride};
}

std::int64_t parameter_count(const Conv1dSpec& spec, LayerShape input) {
  const std::int64_t inputs = static_cast<std::int64_t>(input.depth()) * spec.kernel;
  return spec.channels * (inputs + 1 + (spec.batch_norm ? 2 : 0));
}

double forward_flops(const Conv1dSpec& spec, LayerShape input) {
  return 2.0 * input.depth() * spec.kernel * spec.channels *
         output_shape(spec, input, true).positions;
}

}  // namespace evofactor::genome
