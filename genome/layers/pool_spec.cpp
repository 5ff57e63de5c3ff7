#include "genome/layers/pool_spec.hpp"

namespace evofactor::genome {

const std::vector<GeneOf<PoolSpec>>& PoolSpec::genes() {
  static const std::vector<GeneOf<PoolSpec>> genes{
      choice_gene<&PoolSpec::kind>("pool", kPoolKindNames, "what is taken of a window"),
      integer_gene<&PoolSpec::days>("days", {0, 1000}, {0, 2, 3, 5},
                                    "positions a window holds; 0: all"),
      integer_gene<&PoolSpec::stride>("stride", {1, 1000}, {2, 3}, "distance between windows"),
      integer_gene<&PoolSpec::rows>("rows", {0, 100}, {1}, "rows of an image it holds; 0: all")};
  return genes;
}

std::string text_of(const PoolSpec& spec) {
  const std::string_view kind = kPoolKindNames[static_cast<std::size_t>(spec.kind)].first;
  if (spec.days == 0) return fmt::format("{} pool", kind);
  return fmt::format("{} pool {} stride {}", kind, spec.days, spec.stride);
}

LayerShape output_shape(const PoolSpec& spec, LayerShape input, bool) {
  LayerShape out = input;
  out.positions = spec.days == 0 ? 1 : (input.positions + spec.stride - 1) / spec.stride;
  if (input.height > 0)
    out.height = spec.rows == 0 ? 1 : (input.height + spec.rows - 1) / spec.rows;
  return out;
}

std::int64_t parameter_count(const PoolSpec&, LayerShape) { return 0; }

double forward_flops(const PoolSpec& spec, LayerShape input) {
  const double days = spec.days == 0 ? input.positions : spec.days;
  const double rows = input.height == 0 ? 1 : spec.rows == 0 ? input.height : spec.rows;
  return days * rows * static_cast<double>(output_shape(spec, input, true).size());
}

}  // namespace evofactor::genome
