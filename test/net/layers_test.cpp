// Every layer kind against autograd, against itself stacked, against its TorchScript and its shape.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/script.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "engine/device/runtime.hpp"
#include "genome/net/stacked_net.hpp"
#include "genome/net/torchscript.hpp"
#include "genome/shape.hpp"
#include "test/support/temporary_folder.hpp"
#include "test/support/two_days.hpp"

using namespace evofactor;
using namespace evofactor::net;
using namespace evofactor::genome;
using namespace evofactor::test;

namespace {

constexpr int kFeatures = 3, kWindow = 12;

struct Case {
  const char* name;
  Chain layers;
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

const std::vector<Case>& cases() {
  const Activation tanh = Activation::kTanh, relu = Activation::kRelu, gelu = Activation::kGelu;
  static const std::vector<Case> all{
      {"dense", {DenseSpec{8, tanh, false, 0.3}, DenseSpec{16, relu}, DenseSpec{5, gelu}}},
      {"dense with batch norm", {DenseSpec{8, tanh, true, 0.3}, DenseSpec{5, gelu, true}}},
      {"conv1d", {Conv1dSpec{8, 3, 2, 1, relu}, Conv1dSpec{5, 2, 1, 2, tanh, false, 0.2}}},
      {"conv1d longer than the window", {Conv1dSpec{4, 7, 4, 3, relu}}},
      {"conv1d with batch norm", {Conv1dSpec{8, 3, 1, 2, gelu, true, 0.2}}},
      {"tcn", {TcnSpec{8, 3, 1, relu, 0.2}, TcnSpec{8, 3, 2, relu}, TcnSpec{5, 3, 4, tanh}}},
      {"tcn to conv", {TcnSpec{3, 2, 3, tanh, 0.2}, Conv1dSpec{4, 3, 1, 5, relu}}},
      {"tcn with gelu", {TcnSpec{8, 3, 2, gelu, 0.2}}},
      {"conv2d", {Conv2dSpec{6, 3, 5, 1, 2, tanh}, Conv2dSpec{4, 2, 4, 2, 1, relu, true, 0.1}}},
      {"residual",
       {ResidualSpec{6, 1, false}, ResidualSpec{6, 2, false}, ResidualSpec{6, 1, false}}},
      {"bottleneck", {Conv2dSpec{8}, ResidualSpec{2, 1, true}, ResidualSpec{3, 2, true}}},
      {"stock_conv", {StockConvSpec{6, 3, 1, relu}, StockConvSpec{4, 5, 4, tanh}}},
      {"pool", {Conv1dSpec{4, 3}, PoolSpec{PoolKind::kMax, 3, 2}, PoolSpec{PoolKind::kMean, 0}}},
      {"pool of images",
       {Conv2dSpec{4}, PoolSpec{PoolKind::kMin, 3, 3, 2}, PoolSpec{PoolKind::kMax, 2, 2, 0}}},
      {"lstm", {LstmSpec{7, 0.2}}},
      {"lstm of lstm", {LstmSpec{7}, LstmSpec{5, 0.2}, DenseSpec{4, tanh}}},
      {"gru", {GruSpec{7, 0.2}}},
      {"gru of gru", {GruSpec{7, 0.2}, GruSpec{5}, DenseSpec{4, tanh}}},
      {"attention", {AttentionSpec{8, 2, 12, 2, 0.2}}},
      {"attention to gru", {AttentionSpec{6, 4, 8, 1, 0}, GruSpec{5}}},
      {"features", {FeaturesSpec{5}, GruSpec{5}}},
      {"thoughts", {LstmSpec{6}, ThoughtsSpec{3, 4, 5}}},
      {"norms",
       {NormSpec{NormKind::kBatch}, GruSpec{6}, NormSpec{NormKind::kLayer}, DropoutSpec{0.4},
        NormSpec{NormKind::kBatch, true}, DenseSpec{4, tanh}}},
      {"branches",
       {BranchesSpec{{Branch{0, 1, {GruSpec{5}}}, Branch{5, 1, {Conv1dSpec{4, 3}}},
                      Branch{0, 3, {TcnSpec{4}}}, Branch{}}},
        DenseSpec{6, tanh}}},
      {"branches of features",
       {FeaturesSpec{4},
        BranchesSpec{{Branch{}, Branch{0, 1, {PoolSpec{PoolKind::kMax, 0}, NormSpec{}}}}}}}};
  return all;
}

NetGenome genome_of(const Case& c) {
  NetGenome genome;
  genome.input.features.assign(kFeatures, "close");
  genome.input.window = kWindow;
  genome.layers = c.layers;
  return genome;
}

double worst(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / (b.abs().max() + 1e-6)).item<double>();
}

const std::vector<Seed> kSeeds{Seed{1}, Seed{2}};

}  // namespace

// Own kernels in single precision against autograd in double.
BOOST_DATA_TEST_CASE_F(OneThread, own_gradients_equal_those_of_autograd,
                       boost::unit_test::data::make(cases()), layer) {
  const std::vector<NetGenome> genomes(2, genome_of(layer));
  StackedNet net(genomes, kSeeds, at::kCPU);
  // Weights far from their starting values, biases included.
  net.parameters().add_(
      0.1 *
      at::sin(at::arange(net.parameters().numel(), at::kFloat)).view(net.parameters().sizes()));
  const Pass pass = two_days(true);
  const at::Tensor x = random_rows({1, kFeatures * kWindow, kRows}, 5);
  const at::Tensor own = used(net.forward(x, pass)).clone();
  const at::Tensor dy = random_rows({2, kRows}, 6).narrow(1, 0, net.forward(x, pass).size(1));
  net.gradients().zero_();
  net.backward(x, dy.clone(), pass);

  const at::AutoGradMode with_gradients(true);
  const at::Tensor parameters = net.parameters().detach().to(at::kDouble).requires_grad_(true);
  const at::Tensor expected = used(net.reference(x.to(at::kDouble), pass, parameters));
  BOOST_TEST(expected.scalar_type() == at::kDouble);
  BOOST_TEST(worst(own.to(at::kDouble), expected.detach()) < 2e-6);
  (expected * used(dy)).sum().backward();
  BOOST_TEST(worst(net.gradients().to(at::kDouble), parameters.grad()) < 1e-6);
  BOOST_TEST(parameters.grad().abs().max().item<double>() > 1e-3);
}

BOOST_DATA_TEST_CASE_F(OneThread, a_stack_equals_single_networks,
                       boost::unit_test::data::make(cases()), layer) {
  const std::vector<NetGenome> genomes(2, genome_of(layer));
  const Pass pass = two_days(true);
  const at::Tensor x = random_rows({1, kFeatures * kWindow, kRows}, 5);
  StackedNet stack(genomes, kSeeds, at::kCPU);
  const at::Tensor together = stack.forward(x, pass).clone();
  const at::Tensor dy = random_rows({2, kRows}, 6).narrow(1, 0, together.size(1));
  stack.backward(x, dy.clone(), pass);
  for (std::size_t b = 0; b < 2; ++b) {
    const auto slice = static_cast<std::int64_t>(b);
    StackedNet single({&genomes[b], 1}, {&kSeeds[b], 1}, at::kCPU);
    BOOST_TEST(worst(used(single.forward(x, pass)), used(together.narrow(0, slice, 1))) < 2e-5);
    single.backward(x, dy.narrow(0, slice, 1).clone(), pass);
    BOOST_TEST(worst(single.gradients(), stack.gradients().narrow(0, slice, 1)) < 1e-4);
  }
  BOOST_TEST(!at::equal(used(together)[0], used(together)[1]));
}

BOOST_DATA_TEST_CASE_F(OneThread, shapes_and_parameters_are_those_inferred,
                       boost::unit_test::data::make(cases()), layer) {
  const NetGenome genome = genome_of(layer);
  StackedNet net({&genome, 1}, {&kSeeds[0], 1}, at::kCPU);
  BOOST_TEST(net.parameters().size(1) == shape_of(genome).parameters);
  BOOST_TEST(shape_of(genome).forward_flops > 0);
}

BOOST_DATA_TEST_CASE_F(OneThread, a_saved_module_gives_the_networks_values,
                       boost::unit_test::data::make(cases()), layer) {
  const NetGenome genome = genome_of(layer);
  StackedNet net({&genome, 1}, {&kSeeds[0], 1}, at::kCPU);
  const at::Tensor prepared = at::sin(at::arange(kUsed * kFeatures * kWindow, at::kFloat))
                                  .view({kUsed, kFeatures, kWindow});
  std::vector<float> mean, scale;
  for (int i = 0; i < kFeatures * kWindow; ++i) {
    mean.push_back(0.01F * static_cast<float>(i));
    scale.push_back(1 + 0.01F * static_cast<float>(i));
  }
  const at::Tensor standard =
      (prepared.permute({0, 2, 1}).flatten(1) - at::from_blob(mean.data(), {kFeatures * kWindow})) *
      at::from_blob(scale.data(), {kFeatures * kWindow});
  const at::Tensor x = at::constant_pad_nd(standard.t(), {0, kRows - kUsed}).unsqueeze(0);
  Pass pass = two_days(true);
  pass.stocks = {static_cast<int>(kUsed)};
  (void)net.forward(x, pass);  // moves running statistics
  pass.training = false;
  const at::Tensor expected = used(net.forward(x, pass))[0].clone();
  NetState state = net.state(0);
  state.arrays.push_back({"input.mean", {kWindow, kFeatures}, mean});
  state.arrays.push_back({"input.scale", {kWindow, kFeatures}, scale});
  const test::TemporaryFolder folder;
  save_torchscript(folder.path() / "7.pt", genome, state);
  torch::jit::Module module = torch::jit::load((folder.path() / "7.pt").string());
  const at::Tensor got = module.forward({prepared}).toTensor();
  BOOST_TEST(got.sizes() == expected.sizes());
  BOOST_TEST(worst(got, expected) < 2e-5);
}

BOOST_DATA_TEST_CASE_F(OneThread, a_value_depends_on_no_other_stock_unless_the_layer_says_so,
                       boost::unit_test::data::make(cases()), layer) {
  const NetGenome genome = genome_of(layer);
  StackedNet net({&genome, 1}, {&kSeeds[0], 1}, at::kCPU);
  const at::Tensor x = random_rows({1, kFeatures * kWindow, kRows}, 5);
  const Pass pass = two_days(false);
  const at::Tensor before = net.forward(x, pass).clone();
  at::Tensor other = x.clone();
  other.select(2, 3).add_(1);
  const at::Tensor changed = (net.forward(other, pass) - before).abs()[0] > 1e-6;
  const bool sees_others = std::string_view(layer.name) == "stock_conv";
  BOOST_TEST(changed[3].item<bool>());
  BOOST_TEST(changed[4].item<bool>() == sees_others);
  BOOST_TEST(!used(changed).narrow(0, 20, 17).any().item<bool>());  // another day
}

BOOST_FIXTURE_TEST_CASE(a_return_over_a_loss_of_one_hundredth_is_finite, OneThread) {
  const NetGenome genome = genome_of({"features", {FeaturesSpec{5}}});
  StackedNet net({&genome, 1}, {&kSeeds[0], 1}, at::kCPU);
  at::Tensor x = random_rows({1, kFeatures * kWindow, kRows}, 5);
  x.index_put_({x.abs() < 0.3}, -0.01F);  // as a price of 10.00 that falls to 9.90
  for (const bool training : {true, false})
    BOOST_TEST(used(net.forward(x, two_days(training))).isfinite().all().item<bool>());
}
