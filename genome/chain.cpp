#include "genome/chain.hpp"

namespace evofactor::genome {

bool feeds_sequence(const Chain& chain, std::size_t i) {
  for (std::size_t j = i + 1; j < chain.size(); ++j) {
    const Role role = role_of(chain[j]);
    if (role != Role::kAny) return role == Role::kSequence;
  }
  return false;
}

Walk walk(const Chain& chain, LayerShape input) {
  Walk path;
  path.input = input;
  LayerShape at = input;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    std::visit(
        [&](const auto& spec) {
          path.parameters += parameter_count(spec, at);
          path.forward_flops += forward_flops(spec, at);
          at = output_shape(spec, at, feeds_sequence(chain, i));
        },
        chain[i]);
    path.after.push_back(at);
  }
  return path;
}

std::string text_of(const Chain& chain) {
  std::string text;
  for (const LayerSpec& layer : chain) text += (text.empty() ? "" : " -> ") + text_of(layer);
  return text;
}

std::vector<Chain*> chains_of(Chain& chain) {
  std::vector<Chain*> chains{&chain};
  for (LayerSpec& layer : chain)
    if (auto* parting = std::get_if<BranchesSpec>(&layer))
      for (Branch& branch : parting->branches)
        for (Chain* inner : chains_of(branch.layers)) chains.push_back(inner);
  return chains;
}

int count_layers(const Chain& chain) {
  int count = 0;
  for (const LayerSpec& layer : chain) {
    ++count;
    if (const auto* parting = std::get_if<BranchesSpec>(&layer))
      for (const Branch& branch : parting->branches) count += count_layers(branch.layers);
  }
  return count;
}

}  // namespace evofactor::genome
