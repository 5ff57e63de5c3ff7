#pragma once
#include <string>
#include <vector>

#include "genome/layer_spec.hpp"

namespace evofactor::genome {

using Chain = std::vector<LayerSpec>;

/// Whether a layer that reads places follows layer i: then it hands on every position.
[[nodiscard]] bool feeds_sequence(const Chain& chain, std::size_t i);

/// What follows from a chain without building it.
struct Walk {
  LayerShape input;
  std::vector<LayerShape> after;  ///< each layer
  std::int64_t parameters = 0;
  double forward_flops = 0;  ///< of one stock-day
  [[nodiscard]] LayerShape output() const { return after.empty() ? input : after.back(); }
};
[[nodiscard]] Walk walk(const Chain& chain, LayerShape input);

/// "conv 16x3 relu -> gru 32"
[[nodiscard]] std::string text_of(const Chain& chain);

/// The chain and those of its branches, depth first; pointers into `chain`.
[[nodiscard]] std::vector<Chain*> chains_of(Chain& chain);
/// Layers of the chain and of all branches, branch points included.
[[nodiscard]] int count_layers(const Chain& chain);

}  // namespace evofactor::genome
