// What a child takes over from its parent's weights.
#include "genome/net/transplant.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "engine/core/error.hpp"
#include "engine/device/runtime.hpp"
#include "genome/net/stacked_net.hpp"
#include "operators/mutation.hpp"
#include "test/support/two_days.hpp"

using namespace evofactor;
using namespace evofactor::net;
using namespace evofactor::genome;
using namespace evofactor::test;

namespace {

struct Case {
  const char* name;
  Chain layers;
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

constexpr Activation kTanh = Activation::kTanh, kRelu = Activation::kRelu,
                     kGelu = Activation::kGelu;

/// Chains whose layers can be widened one by one.
const std::vector<Case>& widened() {
  static const std::vector<Case> all{
      {"dense", {DenseSpec{8, kTanh, true, 0.3}, DenseSpec{16, kRelu}, DenseSpec{8, kGelu}}},
      {"conv1d", {Conv1dSpec{8, 3, 2, 1, kRelu, true}, Conv1dSpec{8, 2, 1, 2, kTanh}}},
      {"conv1d to dense", {Conv1dSpec{8, 3, 1, 2, kRelu}, DenseSpec{8, kTanh}}},
      {"conv2d", {Conv2dSpec{4, 3, 5, 1, 2, kTanh}, Conv2dSpec{4, 3, 3, 1, 1, kRelu, true}}},
      {"tcn", {TcnSpec{8, 3, 1, kRelu}, TcnSpec{8, 3, 2, kTanh}, TcnSpec{32, 2, 4, kRelu}}},
      {"tcn to dense", {TcnSpec{8, 2, 1, kGelu}, PoolSpec{PoolKind::kMax, 3, 2}, DenseSpec{8}}},
      {"residual", {Conv2dSpec{8}, ResidualSpec{8, 1, false}, ResidualSpec{8, 2, false}}},
      {"lstm", {LstmSpec{8}, LstmSpec{16}, DenseSpec{8, kTanh}}},
      {"gru", {GruSpec{8}, NormSpec{NormKind::kBatch}, GruSpec{8}}},
      {"stock_conv", {StockConvSpec{8, 3, 1, kRelu}, StockConvSpec{8, 5, 4, kTanh}}},
      {"thoughts", {LstmSpec{8}, ThoughtsSpec{3, 16, 16}}},
      {"features", {FeaturesSpec{5}, GruSpec{8}}},
      {"branches",
       {BranchesSpec{{Branch{0, 1, {GruSpec{8}}}, Branch{5, 1, {Conv1dSpec{8, 3}}},
                      Branch{0, 3, {TcnSpec{8}}}, Branch{}}},
        DenseSpec{8, kTanh}}}};
  return all;
}

/// Chains with layers that hand on values which are not negative.
const std::vector<Case>& deepened() {
  static const std::vector<Case> all{
      {"dense", {DenseSpec{8, kTanh}, DenseSpec{16, kRelu, true, 0.2}, DenseSpec{8, kGelu}}},
      {"equal layers", {DenseSpec{8, kRelu}, DenseSpec{8, kRelu}, DenseSpec{8, kRelu}}},
      {"conv1d", {Conv1dSpec{8, 3, 2, 2, kRelu, true}, Conv1dSpec{8, 2, 1, 2, kTanh}}},
      {"conv1d after a last state", {TcnSpec{8, 3, 1, kTanh}, Conv1dSpec{8, 3, 1, 1, kRelu}}},
      {"conv2d", {Conv2dSpec{4, 3, 5, 1, 2, kRelu}, DenseSpec{8}}},
      {"tcn", {TcnSpec{8, 3, 1, kRelu, 0.2}, DenseSpec{8, kTanh}}},
      {"tcn before gru", {TcnSpec{8, 3, 1, kRelu}, GruSpec{8}}},
      {"residual", {Conv2dSpec{8, 3, 3, 1, 1, kTanh}, ResidualSpec{8, 2, false}, DenseSpec{8}}},
      {"bottleneck", {Conv2dSpec{8, 3, 3, 1, 1, kTanh}, ResidualSpec{2, 1, true}}},
      {"branches",
       {BranchesSpec{{Branch{0, 1, {GruSpec{8}}}, Branch{5, 1, {Conv1dSpec{8, 3, 1, 1, kRelu}}}}},
        DenseSpec{8, kTanh}}}};
  return all;
}

NetGenome genome_of(const Case& c) {
  NetGenome genome;
  genome.input = {{"open", "close", "volume"}, 12};
  genome.layers = c.layers;
  return genome;
}

/// The same values for the same feature and lag, whatever else a genome sees.
at::Tensor inputs_of(const NetGenome& genome) {
  const auto& features = genome.input.features;
  const auto n = static_cast<std::int64_t>(features.size());
  at::Tensor x = at::zeros({1, genome.input.window * n, kRows}, at::kFloat);
  for (int lag = 0; lag < genome.input.window; ++lag)
    for (std::int64_t f = 0; f < n; ++f) {
      Rng rng(derive(Seed{5}, features[static_cast<std::size_t>(f)], lag));
      const at::Tensor run = x[0][(genome.input.window - 1 - lag) * n + f];
      for (std::int64_t r = 0; r < kUsed; ++r)
        run.data_ptr<float>()[r] = static_cast<float>(rng.normal());
    }
  return x;
}

StackedNet fresh(const NetGenome& genome, std::uint64_t seed) {
  const Seed one{seed};
  return {std::span(&genome, 1), std::span(&one, 1), at::kCPU};
}

/// A network as training may leave it: no array as it was initialised.
NetState trained(const NetGenome& genome) {
  StackedNet net = fresh(genome, 1);
  net.parameters().add_(
      0.1 *
      at::sin(at::arange(net.parameters().numel(), at::kFloat)).view(net.parameters().sizes()));
  (void)net.forward(inputs_of(genome), two_days(true));  // moves running statistics
  return net.state(0);
}

StackedNet loaded(const NetGenome& genome, const NetState& state) {
  StackedNet net = fresh(genome, 2);
  net.load(0, state);
  return net;
}

at::Tensor values(const NetGenome& genome, const NetState& state) {
  return loaded(genome, state)
      .forward(inputs_of(genome), two_days(false))
      .narrow(-1, 0, kUsed)
      .clone();
}

NetState heir(const NetGenome& child, const NetGenome& parent, const NetState& state) {
  return transplant(child, fresh(child, 3).state(0), parent, state);
}

/// Largest difference of the child's values from its parent's, of the largest of these.
double change(const NetGenome& child, const NetGenome& parent) {
  const NetState state = trained(parent);
  const at::Tensor before = values(parent, state),
                   after = values(child, heir(child, parent, state));
  return ((after - before).abs().max() / before.abs().max()).item<double>();
}

float entry(const NetState& state, const char* name, std::int64_t row, std::int64_t column) {
  const NamedArray& array = state.at(name);
  return array.values[static_cast<std::size_t>(row * array.shape[1] + column)];
}

}  // namespace

BOOST_DATA_TEST_CASE_F(OneThread, widening_a_layer_leaves_the_function,
                       boost::unit_test::data::make(widened()), layers) {
  const NetGenome parent = genome_of(layers);
  const SearchSpace space;
  std::vector<NetGenome> seen;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Rng rng(Seed{seed});
    const auto child = operators::widen_layer(rng, parent, space);
    BOOST_REQUIRE(child.has_value());
    if (std::ranges::find(seen, *child) != seen.end()) continue;
    seen.push_back(*child);
    BOOST_TEST(change(*child, parent) < 1e-5, text_of(*child));
  }
}

BOOST_DATA_TEST_CASE_F(OneThread, deepening_leaves_the_function_and_can_be_trained,
                       boost::unit_test::data::make(deepened()), layers) {
  const NetGenome parent = genome_of(layers);
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    Rng rng(Seed{seed});
    const auto child = operators::deepen_layer(rng, parent, {});
    BOOST_REQUIRE(child.has_value());
    BOOST_TEST(change(*child, parent) < 1e-5, text_of(*child));
    // Something of every layer gets a gradient.
    StackedNet net = loaded(*child, heir(*child, parent, trained(parent)));
    const at::Tensor x = inputs_of(*child);
    const at::Tensor y = net.forward(x, two_days(true));
    net.backward(x, at::sin(at::arange(y.numel(), at::kFloat)).view(y.sizes()), two_days(true));
    std::map<std::string, float> largest;
    for (const auto& entry : net.parameter_entries()) {
      float& most = largest[entry.name.substr(0, entry.name.rfind('.'))];
      most = std::max(
          most, net.gradients()[0].narrow(0, entry.offset, entry.size).abs().max().item<float>());
    }
    for (const auto& [layer, most] : largest) BOOST_TEST(most > 0, layer);
  }
}

BOOST_DATA_TEST_CASE_F(OneThread, an_equal_network_takes_over_every_number,
                       boost::unit_test::data::make(widened()), layers) {
  const NetGenome genome = genome_of(layers);
  const NetState state = trained(genome);
  BOOST_TEST((heir(genome, genome, state) == state));
}

BOOST_DATA_TEST_CASE_F(OneThread, a_feature_more_leaves_the_function,
                       boost::unit_test::data::make(widened()), layers) {
  const std::string_view name = layers.name;
  if (name == "conv2d" || name == "residual") return;  // features are rows of the image
  const NetGenome parent = genome_of(layers);
  NetGenome child = parent;
  child.input.features = {"open", "high", "close", "volume"};
  BOOST_TEST(change(child, parent) < 1e-5);
}

BOOST_FIXTURE_TEST_CASE(a_longer_kernel_or_window_leaves_the_function, OneThread) {
  NetGenome parent, child;
  parent.layers = child.layers = {Conv1dSpec{8, 2, 2, 1, kRelu}, TcnSpec{8, 2, 1, kRelu},
                                  Conv2dSpec{4, 3, 3, 1, 2, kTanh}};
  std::get<Conv1dSpec>(child.layers[0]).kernel = 5;
  std::get<TcnSpec>(child.layers[1]).kernel = 3;
  std::get<Conv2dSpec>(child.layers[2]).kernel_days = 7;
  BOOST_TEST(change(child, parent) < 1e-5);
  parent.layers = child.layers = {DenseSpec{8, kTanh}};
  parent.input.window = 10;
  BOOST_TEST(change(child, parent) < 1e-5);
}

BOOST_FIXTURE_TEST_CASE(what_is_left_of_the_inputs_keeps_its_weights, OneThread) {
  NetGenome parent, child;
  parent.input = {{"open", "close", "volume"}, 10};
  child.input = {{"volume", "open"}, 5};
  parent.layers = child.layers = {DenseSpec{8, kTanh}};
  const NetState before = trained(parent), after = heir(child, parent, before);
  for (int lag = 0; lag < 5; ++lag)
    for (int unit = 0; unit < 8; ++unit) {
      BOOST_TEST(entry(after, "layer0.weight", unit, (4 - lag) * 2) ==
                 entry(before, "layer0.weight", unit, (9 - lag) * 3 + 2));
      BOOST_TEST(entry(after, "layer0.weight", unit, (4 - lag) * 2 + 1) ==
                 entry(before, "layer0.weight", unit, (9 - lag) * 3));
    }
}

BOOST_FIXTURE_TEST_CASE(a_new_layer_in_front_leaves_the_others_their_weights, OneThread) {
  NetGenome parent, child;
  parent.layers = {DenseSpec{8, kTanh}, DenseSpec{16, kTanh}};
  child.layers = {DenseSpec{32, kGelu}, DenseSpec{8, kTanh}, DenseSpec{16, kTanh}};
  const NetState before = trained(parent), after = heir(child, parent, before),
                 random = fresh(child, 3).state(0);
  BOOST_TEST((after.at("layer2.weight").values == before.at("layer1.weight").values));
  BOOST_TEST((after.at("output.weight").values == before.at("output.weight").values));
  // Nothing that the second layer reads was there before: weights of 0 would leave a constant.
  BOOST_TEST((after.at("layer1.weight") == random.at("layer1.weight")));
  BOOST_TEST((after.at("layer0.weight") == random.at("layer0.weight")));
}

BOOST_FIXTURE_TEST_CASE(networks_that_have_little_in_common_can_be_joined, OneThread) {
  std::vector<Case> all = widened();
  all.insert(all.end(), deepened().begin(), deepened().end());
  all.push_back({"attention", {AttentionSpec{16, 2, 32, 2}}});
  all.push_back({"wider attention", {AttentionSpec{32, 4, 32, 1}, NormSpec{NormKind::kLayer}}});
  for (const Case& a : all) {
    const NetGenome parent = genome_of(a);
    const NetState state = trained(parent);
    for (const Case& b : all) {
      const NetGenome child = genome_of(b);
      BOOST_TEST(values(child, heir(child, parent, state)).isfinite().all().item<bool>());
    }
  }
}

BOOST_FIXTURE_TEST_CASE(weights_of_another_parent_are_refused, OneThread) {
  const NetGenome parent = genome_of(widened()[0]), other = genome_of(widened()[1]);
  BOOST_CHECK_THROW((void)heir(parent, parent, trained(other)), StoreError);
}
