#include "genome/net/torchscript.hpp"

#include <torch/script.h>

#include <boost/test/unit_test.hpp>

#include "engine/core/error.hpp"
#include "genome/net/stacked_net.hpp"
#include "test/support/temporary_folder.hpp"

using namespace evofactor;
using namespace evofactor::net;
using genome::Activation;
using genome::DenseSpec;
using genome::NetGenome;

BOOST_AUTO_TEST_CASE(a_saved_module_gives_the_networks_values) {
  const at::NoGradGuard no_grad;
  NetGenome genome;
  genome.input = {{"close", "volume"}, 5};
  genome.layers = {DenseSpec{8, Activation::kTanh, true, 0.3},
                   DenseSpec{16, Activation::kRelu, false, 0},
                   DenseSpec{8, Activation::kGelu, true, 0}};
  const Seed seed{1};
  StackedNet net(std::span(&genome, 1), std::span(&seed, 1), at::kCPU);
  Pass pass;
  pass.stocks = 30;
  pass.training = true;
  const at::Tensor prepared = at::sin(at::arange(300, at::kFloat)).view({30, 2, 5});
  NetState state = net.state(0);
  std::vector<float> mean(10), scale(10);
  for (std::size_t i = 0; i < 10; ++i) {
    mean[i] = 0.01F * static_cast<float>(i);
    scale[i] = 1 + 0.1F * static_cast<float>(i);
  }
  const at::Tensor x =
      ((prepared.flatten(1) - at::from_blob(mean.data(), {10})) * at::from_blob(scale.data(), {10}))
          .unsqueeze(0);
  (void)net.forward(x, pass);  // moves the running statistics
  pass.training = false;
  const at::Tensor expected = net.forward(x, pass)[0].clone();
  state = net.state(0);
  state.arrays.push_back({"input.mean", {2, 5}, mean});
  state.arrays.push_back({"input.scale", {2, 5}, scale});

  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "7.pt";
  save_torchscript(file, genome, state);
  torch::jit::Module module = torch::jit::load(file.string());
  const at::Tensor got = module.forward({prepared}).toTensor();
  BOOST_TEST(got.sizes() == expected.sizes());
  BOOST_TEST((got - expected).abs().max().item<double>() < 1e-6);
}

BOOST_AUTO_TEST_CASE(a_state_without_normalisation_is_refused) {
  NetGenome genome;
  const Seed seed{1};
  const StackedNet net(std::span(&genome, 1), std::span(&seed, 1), at::kCPU);
  const test::TemporaryFolder folder;
  BOOST_CHECK_EXCEPTION(save_torchscript(folder.path() / "7.pt", genome, net.state(0)), StoreError,
                        [](const StoreError& e) {
                          return std::string(e.what()).find("input.mean") != std::string::npos;
                        });
}
