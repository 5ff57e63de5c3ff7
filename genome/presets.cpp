#include "genome/presets.hpp"

#include <array>

#include "engine/formula/indicators.hpp"

namespace evofactor::genome {
namespace {

/// Fully connected network of Fang et al. 2020 (doi:10.1080/14697688.2020.1814039),
/// sections 3.2-4.1: 5 x 30 input, 3 to 5 hidden layers of 64 to 128 units with tanh and relu,
/// pre-trained on an indicator (the moving average), pruned, rank IC over 20 days a step.
NetGenome fcn_paper() {
  NetGenome genome;
  genome.input = {{"open", "high", "low", "close", "volume"}, 30};
  genome.layers = {DenseSpec{.units = 128, .activation = Activation::kTanh},
                   DenseSpec{.units = 128, .activation = Activation::kRelu},
                   DenseSpec{.units = 64, .activation = Activation::kTanh},
                   DenseSpec{.units = 64, .activation = Activation::kRelu}};
  genome.prior = {formula::to_string(*formula::indicator("MA")), 40};
  genome.prune_rate = 0.3;
  genome.train = {.kernel = RankKernel::kPaper,
                  .learning_rate = 1e-3,
                  .weight_decay = 0,
                  .days_per_batch = 20,
                  .steps = 160};
  return genome;
}

constexpr std::array<Preset, 1> kPresets{{
    {"fcn_paper", "fully connected network of the NNAFC paper", fcn_paper},
}};

}  // namespace

std::span<const Preset> presets() { return kPresets; }

NetGenome preset(std::string_view name) {
  std::string known;
  for (const Preset& p : kPresets) {
    if (p.name == name) return p.make();
    known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", p.name);
  }
  throw ConfigError(fmt::format("unknown network preset \"{}\"; there are {}", name, known));
}

}  // namespace evofactor::genome
