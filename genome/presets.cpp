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
  genome.train = {.loss = Loss::kPaper,
                  .learning_rate = 1e-3,
                  .weight_decay = 0,
                  .days_per_batch = 20,
                  .steps = 160};
  return genome;
}

/// What every other network of the paper shares with its fully connected one.
NetGenome on_paper_inputs(Chain layers) {
  NetGenome genome = fcn_paper();
  genome.layers = std::move(layers);
  genome.prune_rate = 0;
  genome.train.loss = Loss::kSharp;
  return genome;
}

/// LeNet (LeCun et al. 1998) on 5 x 30: its two convolutions and three dense layers, with strides
/// over time alone.
NetGenome lenet() {
  const Activation tanh = Activation::kTanh;
  return on_paper_inputs({Conv2dSpec{6, 5, 5, 1, 1, tanh}, PoolSpec{PoolKind::kMean, 2, 2},
                          Conv2dSpec{16, 5, 5, 1, 1, tanh}, PoolSpec{PoolKind::kMean, 2, 2},
                          DenseSpec{120, tanh}, DenseSpec{84, tanh}});
}

/// ResNet-50 (He et al. 2016) on 5 x 30: all 50 layers, with strides over time alone.
NetGenome resnet50() {
  Chain layers{Conv2dSpec{.channels = 64,
                          .kernel_rows = 7,
                          .kernel_days = 7,
                          .stride_days = 2,
                          .activation = Activation::kRelu,
                          .batch_norm = true},
               PoolSpec{PoolKind::kMax, 3, 1}};
  constexpr std::array<int, 4> kBlocks{3, 4, 6, 3};
  for (int stage = 0; stage < 4; ++stage)
    for (int block = 0; block < kBlocks[static_cast<std::size_t>(stage)]; ++block)
      layers.push_back(ResidualSpec{64 << stage, stage > 0 && block == 0 ? 2 : 1, true});
  layers.push_back(PoolSpec{PoolKind::kMean, 0, 1, 0});
  return on_paper_inputs(std::move(layers));
}

NetGenome lstm() { return on_paper_inputs({LstmSpec{64}}); }
NetGenome gru() { return on_paper_inputs({GruSpec{30}, GruSpec{30}}); }

/// Temporal convolutional network (Bai, Kolter and Koltun 2018) that sees the whole window.
NetGenome tcn() {
  return on_paper_inputs(
      {TcnSpec{16, 3, 1}, TcnSpec{16, 3, 2}, TcnSpec{16, 3, 4}, TcnSpec{16, 3, 8}});
}

/// Self-attention encoder alone, as in Fang et al. 2020.
NetGenome transformer() { return on_paper_inputs({AttentionSpec{32, 4, 64, 2}}); }

/// What AlphaNet's versions share: 9 x 30 ratios, squared error, no prior.
NetGenome alphanet(Chain layers) {
  NetGenome genome;
  genome.input = {{"open", "high", "low", "close", "vwap", "volume", "ts_return(close, 1)",
                   "turnover", "div(amount, float_cap)"},
                  30,
                  InputScale::kRatio};
  genome.layers = std::move(layers);
  genome.train = {.loss = Loss::kMse, .learning_rate = 1e-3, .days_per_batch = 2, .steps = 320};
  return genome;
}

/// AlphaNet-V1: features of 10 days; their pools over time beside them; 702 -> 30 -> 1. 21,141
/// parameters.
NetGenome alphanet_v1() {
  const auto pooled = [](PoolKind kind) {
    return Branch{0, 1, {PoolSpec{kind, 0}, NormSpec{NormKind::kBatch, true}}};
  };
  return alphanet({FeaturesSpec{10},
                   BranchesSpec{{Branch{}, pooled(PoolKind::kMax), pooled(PoolKind::kMean),
                                 pooled(PoolKind::kMin)}},
                   DenseSpec{30, Activation::kRelu, false, 0.5}});
}

/// AlphaNet-V3: features of 10 and of 3 days, each through two gated recurrent layers.
NetGenome alphanet_v3() {
  const auto branch = [](int days) {
    return Branch{0, 1, {FeaturesSpec{days}, GruSpec{30}, GruSpec{30}}};
  };
  return alphanet({BranchesSpec{{branch(10), branch(3)}}});
}

/// LSTM with Thoughts on a month of technical features.
NetGenome lstm_thoughts() {
  NetGenome genome;
  genome.input.window = 22;
  genome.layers = {NormSpec{}, LstmSpec{64}, ThoughtsSpec{5, 32, 32}, DropoutSpec{0.2}};
  genome.train = {.loss = Loss::kIc, .learning_rate = 1e-3, .days_per_batch = 10, .steps = 160};
  return genome;
}

constexpr std::array<Preset, 10> kPresets{{
    {"fcn_paper", "fully connected network of the NNAFC paper", fcn_paper},
    {"lenet", "two convolutions and three dense layers", lenet},
    {"resnet50", "residual network of 50 layers", resnet50},
    {"lstm", "long short-term memory of 64", lstm},
    {"gru", "two gated recurrent layers of 30", gru},
    {"tcn", "temporal convolutional network of four blocks", tcn},
    {"transformer", "self-attention encoder of two blocks", transformer},
    {"alphanet_v1", "AlphaNet-V1", alphanet_v1},
    {"alphanet_v3", "AlphaNet-V3", alphanet_v3},
    {"lstm_thoughts", "LSTM with Thoughts", lstm_thoughts},
}};

}  // namespace

std::span<const Preset> presets() { return kPresets; }

std::string preset_names() {
  std::string names;
  for (const Preset& p : kPresets)
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", p.name);
  return names;
}

NetGenome preset(std::string_view name) {
  for (const Preset& p : kPresets)
    if (p.name == name) return p.make();
  throw ConfigError(
      fmt::format("unknown network preset \"{}\"; there are {}", name, preset_names()));
}

}  // namespace evofactor::genome
