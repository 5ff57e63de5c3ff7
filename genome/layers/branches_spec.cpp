#include "genome/layers/branches_spec.hpp"

#include <numeric>

#include "genome/chain.hpp"

namespace evofactor::genome {

bool Branch::operator==(const Branch&) const = default;
bool BranchesSpec::operator==(const BranchesSpec&) const = default;

LayerShape Branch::input(LayerShape whole) const {
  const int seen = window == 0 ? whole.positions : std::min(window, whole.positions);
  whole.positions = (seen + every - 1) / every;
  return whole;
}

const std::vector<GeneOf<BranchesSpec>>& BranchesSpec::genes() {
  static const std::vector<GeneOf<BranchesSpec>> none;
  return none;
}

std::string text_of(const BranchesSpec& spec) {
  std::string text;
  for (const Branch& branch : spec.branches) {
    if (!text.empty()) text += " | ";
    if (branch.window > 0) text += fmt::format("last {} ", branch.window);
    if (branch.every > 1) text += fmt::format("every {} ", branch.every);
    text += branch.layers.empty() ? "as is" : text_of(branch.layers);
  }
  return fmt::format("({})", text);
}

LayerShape output_shape(const BranchesSpec& spec, LayerShape input, bool) {
  int channels = 0;
  for (const Branch& branch : spec.branches)
    channels += static_cast<int>(walk(branch.layers, branch.input(input)).output().size());
  return {channels};
}

std::int64_t parameter_count(const BranchesSpec& spec, LayerShape input) {
  std::int64_t count = 0;
  for (const Branch& branch : spec.branches)
    count += walk(branch.layers, branch.input(input)).parameters;
  return count;
}

double forward_flops(const BranchesSpec& spec, LayerShape input) {
  double flops = 0;
  for (const Branch& branch : spec.branches)
    flops += walk(branch.layers, branch.input(input)).forward_flops;
  return flops;
}

}  // namespace evofactor::genome
