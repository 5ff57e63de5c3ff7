#include "genome/layers/norm_spec.hpp"

namespace evofactor::genome {

const std::vector<GeneOf<NormSpec>>& NormSpec::genes() {
  static const std::vector<GeneOf<NormSpec>> genes{
      choice_gene<&NormSpec::kind>("norm", kNormKindNames, "what is normalised"),
      flag_gene<&NormSpec::shared>("shared", {0}, "batch: all channels as one")};
  return genes;
}

std::string text_of(const NormSpec& spec) {
  return fmt::format("{} norm{}", kNormKindNames[static_cast<std::size_t>(spec.kind)].first,
                     spec.shared ? " shared" : "");
}

LayerShape output_shape(const NormSpec&, LayerShape input, bool) { return input; }

std::int64_t parameter_count(const NormSpec& spec, LayerShape input) {
  return spec.kind == NormKind::kBatch && spec.shared ? 2 : 2 * input.channels;
}

double forward_flops(const NormSpec&, LayerShape input) {
  return 4.0 * static_cast<double>(input.size());
}

}  // namespace evofactor::genome
