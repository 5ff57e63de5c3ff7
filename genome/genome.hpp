#pragma once
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/ids.hpp"
#include "genome/chain.hpp"

namespace evofactor::genome {

/// How prepared inputs (training/inputs.hpp) reach the network.
enum class InputScale {
  kStandard,  ///< standardised per feature and lag over the training days
  kRatio      ///< prices / the last close, volumes / their mean: about 1, for layers that divide
};
inline constexpr std::array<std::pair<std::string_view, InputScale>, 2> kInputScaleNames{
    {{"standard", InputScale::kStandard}, {"ratio", InputScale::kRatio}}};

/// What the network sees of a stock: `features` over the last `window` trading days. A feature is a
/// field ("close") or a formula ("ts_corr(close, volume, 10)"); training/inputs.hpp says how each
/// is normalised.
struct InputGene {
  std::vector<std::string> features{"open", "high", "low", "close", "volume"};
  int window = 30;
  InputScale scale = InputScale::kStandard;
  bool operator==(const InputGene&) const = default;
};

/// Prior knowledge the network is pre-trained on: a formula, or none.
struct PriorGene {
  std::string formula;     ///< empty: no pre-training
  int pretrain_steps = 0;  ///< 0 if and only if there is no formula
  bool operator==(const PriorGene&) const = default;
};

/// What training minimises (training/loss.hpp). The first two are differentiable stand-ins for rank
/// IC.
enum class Loss { kPaper, kSharp, kIc, kMse, kCrossEntropy };
inline constexpr std::array<std::pair<std::string_view, Loss>, 5> kLossNames{
    {{"paper", Loss::kPaper},
     {"sharp", Loss::kSharp},
     {"ic", Loss::kIc},
     {"mse", Loss::kMse},
     {"cross_entropy", Loss::kCrossEntropy}}};
[[nodiscard]] std::string_view name_of(Loss loss);

struct TrainGenes {
  Loss loss = Loss::kSharp;
  double learning_rate = 1e-3;
  double weight_decay = 0;
  int days_per_batch = 20;
  int steps = 160;
  bool operator==(const TrainGenes&) const = default;
};

/// A network and how it is trained: a chain of hidden layers between the input and one linear
/// output. Layers that read places (Role::kSequence) stand before those that flatten.
struct NetGenome {
  InputGene input;
  Chain layers{DenseSpec{}};
  PriorGene prior;
  double prune_rate = 0;  ///< share of the first weight matrix fixed at zero after pre-training
  TrainGenes train;
  bool operator==(const NetGenome&) const = default;
};

/// Hash of all of the above: equal genomes train to the same factor.
[[nodiscard]] ContentHash content_hash(const NetGenome& genome);
/// Hash of what must be equal to be trained as one stacked model: features, window, layers but for
/// genes that may vary (Stacks), loss, days per batch. Rates, prior and pruning vary within a
/// stack.
[[nodiscard]] ShapeKey shape_key(const NetGenome& genome);
/// One line: "5x30 -> 64 tanh -> 64 relu -> 1, prior ts_mean(close, 5), prune 0.3, sharp loss".
[[nodiscard]] std::string text_of(const NetGenome& genome);

}  // namespace evofactor::genome
