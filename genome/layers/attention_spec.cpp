#include "genome/layers/attention_spec.hpp"

namespace evofactor::genome {

const std::vector<GeneOf<AttentionSpec>>& AttentionSpec::genes() {
  static const std::vector<GeneOf<AttentionSpec>> genes{
      integer_gene<&AttentionSpec::units>("units", {1, 4096}, {16, 32, 64}, "width of a position"),
      integer_gene<&AttentionSpec::heads>("heads", {1, 64}, {1, 2, 4},
                                          "attention heads; lowered to what divides units"),
      integer_gene<&AttentionSpec::feed_forward>("feed_forward", {1, 8192}, {32, 64, 128},
                                                 "width of the feed-forward part"),
      integer_gene<&AttentionSpec::blocks>("blocks", {1, 24}, {1, 2}, "encoder blocks"),
      dropout_gene<&AttentionSpec::dropout>()};
  return genes;
}

int AttentionSpec::heads_used() const {
  int used = heads;
  while (units % used != 0) --used;
  return used;
}

std::string text_of(const AttentionSpec& spec) {
  return fmt::format("attention {} heads {} ff {} x{}{}", spec.units, spec.heads_used(),
                     spec.feed_forward, spec.blocks, text_of_extras(false, spec.dropout));
}

LayerShape output_shape(const AttentionSpec& spec, LayerShape input, bool sequence) {
  return {spec.units, sequence ? input.positions : 1};
}

std::int64_t parameter_count(const AttentionSpec& spec, LayerShape input) {
  const std::int64_t d = spec.units, ff = spec.feed_forward;
  const std::int64_t block = 4 * d * (d + 1) + ff * (d + 1) + d * (ff + 1) + 4 * d;
  return d * (input.depth() + 1) + spec.blocks * block;
}

double forward_flops(const AttentionSpec& spec, LayerShape input) {
  const double positions = input.positions;
  return 2.0 * static_cast<double>(parameter_count(spec, input)) * positions +
         4.0 * spec.blocks * spec.units * positions * positions;
}

}  // namespace evofactor::genome
