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
