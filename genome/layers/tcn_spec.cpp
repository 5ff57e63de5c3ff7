#include "genome/layers/tcn_spec.hpp"

namespace evofactor::genome {

const std::vector<GeneOf<TcnSpec>>& TcnSpec::genes() {
  static const std::vector<GeneOf<TcnSpec>> genes{
      integer_gene<&TcnSpec::channels>("channels", {1, 4096}, {8, 16, 32, 64}, "channels out"),
      integer_gene<&TcnSpec::kernel>("kernel", {1, 1000}, {2, 3, 5},
                                     "positions each convolution sees"),
      integer_gene<&TcnSpec::dilation>("dilation", {1, 1000}, {1, 2, 4, 8, 16},
                                       "distance between them"),
      choice_gene<&TcnSpec::activation>("activation", kActivationNames,
                                        "function applied to every value"),
      dropout_gene<&TcnSpec::dropout>()};
  return genes;
}

std::string text_of(const TcnSpec& spec) {
  return fmt::format("tcn {}x{} dilated {} {}{}", spec.channels, spec.kernel, spec.dilation,
                     name_of(spec.activation), text_of_extras(false, spec.dropout));
}

LayerShape output_shape(const TcnSpec& spec, LayerShape input, bool sequence) {
  return {spec.channels, sequence ? input.positions : 1};
}

std::int64_t parameter_count(const TcnSpec& spec, LayerShape input) {
  const std::int64_t out = spec.channels, in = input.depth();
  const std::int64_t shortcut = in == out ? 0 : out * (in + 1);
  return out * (in * spec.kernel + 1) + out * (out * spec.kernel + 1) + shortcut;
}

double forward_flops(const TcnSpec& spec, LayerShape input) {
  return 2.0 * static_cast<double>(parameter_count(spec, input)) * input.positions;
}

}  // namespace evofactor::genome
