#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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

/// What becomes of a stock some of whose formula inputs have no value.
enum class Missing {
  kLeaveOut,  ///< it has no factor value that day
  kMiddle     ///< they take the median of the day's cross-section
};
inline constexpr std::array<std::pair<std::string_view, Missing>, 2> kMissingNames{
    {{"leave_out", Missing::kLeaveOut}, {"middle", Missing::kMiddle}}};

/// What the network sees of a stock: `features` over the last `window` trading days. A feature is a
/// field ("close") or a formula ("ts_corr(close, volume, 10)"); training/inputs.hpp says how each
/// is normalised.
struct InputGene {
  std::vector<std::string> features{"open", "high", "low", "close", "volume"};
  int window = 30;
  InputScale scale = InputScale::kStandard;
  Missing missing = Missing::kLeaveOut;
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
  bool inherit = false;  ///< as a child, start from the first parent's weights where it has any
  bool operator==(const TrainGenes&) const = default;
};

struct TrainedNet;

/// Where a network that inherits its weights starts from (Lamarckian evolution).
struct Start {
  ContentHash parent;      ///< its content, and so its weights
  std::int64_t steps = 0;  ///< trained in the line so far, pre-training included
  /// The parent, where it is at hand: it takes no part in comparisons and is not stored.
  std::shared_ptr<const TrainedNet> trained;
  bool operator==(const Start& other) const {
    return parent == other.parent && steps == other.steps;
  }
};

/// A network and how it is trained: a chain of hidden layers between the input and one linear
/// output. Layers that read places (Role::kSequence) stand before those that flatten.
struct NetGenome {
  InputGene input;
  Chain layers{DenseSpec{}};
  PriorGene prior;
  double prune_rate = 0;  ///< share of the first weight matrix fixed at zero after pre-training
  TrainGenes train;
  std::optional<Start> start;  ///< nothing: random weights
  bool operator==(const NetGenome&) const = default;
};

/// A network with the weights that training gave it.
struct TrainedNet {
  NetGenome genome;
  std::shared_ptr<const std::vector<std::byte>> weights;  ///< net::NetState as bytes
};

/// The same genes from random weights.
[[nodiscard]] NetGenome without_start(NetGenome genome);
/// Steps of pre-training it takes: none where it starts from a parent, whose line has learnt a
/// prior before.
[[nodiscard]] int pretrain_steps(const NetGenome& genome);

/// Hash of all of the above: equal genomes train to the same factor.
[[nodiscard]] ContentHash content_hash(const NetGenome& genome);
/// Hash of what must be equal to be trained as one stacked model: features, window, layers but for
/// genes that may vary (Stacks), loss, days per batch. Rates, prior and pruning vary within a
/// stack.
[[nodiscard]] ShapeKey shape_key(const NetGenome& genome);
/// One line: "5x30 -> 64 tanh -> 64 relu -> 1, prior ts_mean(close, 5), prune 0.3, sharp loss", and
/// ", from 90af12cd after 480 steps" where it starts from a parent.
[[nodiscard]] std::string text_of(const NetGenome& genome);

}  // namespace evofactor::genome
