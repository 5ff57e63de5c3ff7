#include "genome/net/stacked_net.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "engine/core/error.hpp"
#include "engine/device/runtime.hpp"
#include "genome/net/dropout.hpp"
#include "genome/net/prune.hpp"
#include "genome/shape.hpp"
#include "test/support/two_days.hpp"

using namespace evofactor;
using namespace evofactor::net;
using namespace evofactor::test;
using genome::Activation;
using genome::DenseSpec;
using genome::NetGenome;
using genome::NormSpec;

namespace {

NetGenome small_genome(bool batch_norm, double dropout, Activation second = Activation::kRelu) {
  NetGenome genome;
  genome.input = {{"close", "volume"}, 5};
  genome.layers = {DenseSpec{8, Activation::kTanh, batch_norm, dropout},
                   DenseSpec{16, second, batch_norm, dropout},
                   DenseSpec{8, Activation::kGelu, false, 0}};
  return genome;
}

double worst(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / (b.abs().max() + 1e-12)).item<double>();
}

}  // namespace

BOOST_DATA_TEST_CASE_F(OneThread, own_backward_equals_autograd, boost::unit_test::data::xrange(4),
                       variant) {
  const bool batch_norm = variant % 2 == 1;
  const double dropout = variant / 2 == 1 ? 0.3 : 0;
  // Three candidates with different activations in one stack.
  const std::vector<NetGenome> genomes{small_genome(batch_norm, dropout),
                                       small_genome(batch_norm, dropout, Activation::kTanh),
                                       small_genome(batch_norm, dropout, Activation::kGelu)};
  const std::vector<Seed> seeds{Seed{1}, Seed{2}, Seed{3}};
  StackedNet net(genomes, seeds, at::kCPU);
  const Pass pass = two_days(true);
  const at::Tensor x = random_rows({1, 10, kRows}, 5);
  const at::Tensor dy = random_rows({3, kRows}, 6);

  const at::Tensor own = net.forward(x, pass).clone();
  net.backward(x, dy.clone(), pass);

  const at::AutoGradMode with_gradients(true);
  const at::Tensor parameters = net.parameters().detach().clone().requires_grad_(true);
  const at::Tensor expected = net.reference(x, pass, parameters);
  BOOST_TEST(worst(used(own), used(expected.detach())) < 1e-5);
  (used(expected) * used(dy)).sum().backward();
  BOOST_TEST(worst(net.gradients(), parameters.grad()) < 2e-5);
}

BOOST_FIXTURE_TEST_CASE(evaluation_uses_running_statistics_and_no_dropout, OneThread) {
  const NetGenome genome = small_genome(true, 0.5);
  const Seed seed{1};
  StackedNet net(std::span(&genome, 1), std::span(&seed, 1), at::kCPU);
  const at::Tensor x = random_rows({1, 10, kRows}, 5);
  (void)net.forward(x, two_days(true));
  Pass pass = two_days(false);
  const at::Tensor all = net.forward(x, pass).clone();
  BOOST_TEST(worst(used(all), used(net.reference(x, pass, net.parameters()))) < 1e-5);
  pass.stocks = {16};
  const at::Tensor some = net.forward(x.narrow(2, 0, 16), pass);
  BOOST_TEST(worst(some, all.narrow(1, 0, 16)) < 1e-6);
}

BOOST_FIXTURE_TEST_CASE(running_statistics_are_those_of_torch, OneThread) {
  NetGenome genome = small_genome(false, 0);
  genome.layers.insert(genome.layers.begin(), NormSpec{});
  const Seed seed{1};
  StackedNet net(std::span(&genome, 1), std::span(&seed, 1), at::kCPU);
  const at::Tensor x = 3 * random_rows({1, 10, kRows}, 5) + 0.5;
  const at::Tensor mean = at::zeros({2}), variance = at::ones({2});
  for (int step = 0; step < 2; ++step) {
    (void)net.forward(x, two_days(true));
    (void)at::batch_norm(used(x)[0].unflatten(0, {5, 2}), {}, {}, mean, variance, true, 0.1, 1e-5,
                         false);
  }
  BOOST_TEST(worst(net.buffers()[0], at::cat({mean, variance})) < 1e-6);
}

BOOST_FIXTURE_TEST_CASE(a_stack_of_three_equals_three_single_networks, OneThread) {
  const std::vector<NetGenome> genomes{small_genome(true, 0.3),
                                       small_genome(true, 0.2, Activation::kTanh),
                                       small_genome(true, 0.5, Activation::kGelu)};
  const std::vector<Seed> seeds{Seed{1}, Seed{2}, Seed{3}};
  const Pass pass = two_days(true);
  const at::Tensor x = random_rows({1, 10, kRows}, 5);
  const at::Tensor dy = random_rows({3, kRows}, 6);
  StackedNet stack(genomes, seeds, at::kCPU);
  const at::Tensor together = stack.forward(x, pass).clone();
  stack.backward(x, dy.clone(), pass);
  for (std::size_t b = 0; b < 3; ++b) {
    const auto slice = static_cast<std::int64_t>(b);
    StackedNet single({&genomes[b], 1}, {&seeds[b], 1}, at::kCPU);
    BOOST_TEST(worst(used(single.forward(x, pass)), used(together.narrow(0, slice, 1))) < 1e-5);
    single.backward(x, dy.narrow(0, slice, 1).clone(), pass);
    BOOST_TEST(worst(single.gradients(), stack.gradients().narrow(0, slice, 1)) < 1e-5);
  }
}

BOOST_FIXTURE_TEST_CASE(non_finite_weights_of_one_candidate_stay_in_its_slice, OneThread) {
  const std::vector<NetGenome> genomes(3, small_genome(true, 0.3));
  const std::vector<Seed> seeds{Seed{1}, Seed{2}, Seed{3}};
  StackedNet net(genomes, seeds, at::kCPU);
  net.parameters()[1].fill_(std::numeric_limits<float>::quiet_NaN());
  const Pass pass = two_days(true);
  const at::Tensor x = random_rows({1, 10, kRows}, 5);
  const at::Tensor y = net.forward(x, pass);
  BOOST_TEST(at::isfinite(used(y)[0]).all().item<bool>());
  BOOST_TEST(!at::isfinite(used(y)[1]).any().item<bool>());
  BOOST_TEST(at::isfinite(used(y)[2]).all().item<bool>());
  net.backward(x, random_rows({3, kRows}, 6), pass);
  BOOST_TEST(at::isfinite(net.gradients()[0]).all().item<bool>());
  BOOST_TEST(at::isfinite(net.gradients()[2]).all().item<bool>());
}

BOOST_FIXTURE_TEST_CASE(weights_depend_on_the_candidates_seed_alone, OneThread) {
  const std::vector<NetGenome> genomes(3, small_genome(false, 0));
  const std::vector<Seed> seeds{Seed{1}, Seed{2}, Seed{1}};
  at::manual_seed(1);
  StackedNet a(genomes, seeds, at::kCPU);
  at::manual_seed(2);
  StackedNet b({&genomes[0], 1}, {&seeds[0], 1}, at::kCPU);
  BOOST_TEST(at::equal(a.parameters()[0], b.parameters()[0]));
  BOOST_TEST(at::equal(a.parameters()[0], a.parameters()[2]));
  BOOST_TEST(!at::equal(a.parameters()[0], a.parameters()[1]));
  BOOST_TEST(a.parameters().size(1) == genome::shape_of(genomes[0]).parameters);
}

BOOST_FIXTURE_TEST_CASE(dropout_masks_do_not_depend_on_how_a_batch_is_cut, OneThread) {
  const std::vector<Seed> seeds{Seed{5}, Seed{6}};
  const std::vector<double> rates{0.25, 0.5};
  Pass two;
  two.step = 9;
  two.first_slot = 3;
  two.stocks = {400, 400};
  Pass last = two;
  last.first_slot = 4;
  last.stocks = {400};
  const at::Tensor both = at::empty({2, 10, 800}, at::kFloat);
  fill_dropout_mask(both, seeds, rates, two);
  const at::Tensor second = at::empty({1, 10, 416}, at::kFloat);
  fill_dropout_mask(second, std::span(seeds).first(1), std::span(rates).first(1), last);
  BOOST_TEST(at::equal(second[0].narrow(1, 0, 400), both[0].narrow(1, 400, 400)));
  BOOST_TEST(!at::equal(both[0].narrow(1, 0, 400), both[0].narrow(1, 400, 400)));
  for (std::int64_t b = 0; b < 2; ++b) {
    const double rate = rates[static_cast<std::size_t>(b)];
    BOOST_TEST((both[b] == 0).to(at::kFloat).mean().item<double>() == rate,
               boost::test_tools::tolerance(0.05));
    BOOST_TEST(both[b].mean().item<double>() == 1.0, boost::test_tools::tolerance(0.05));
  }
}

BOOST_FIXTURE_TEST_CASE(pruning_fixes_exactly_the_smallest_first_weights, OneThread) {
  const std::vector<NetGenome> genomes(2, small_genome(false, 0));
  const std::vector<Seed> seeds{Seed{1}, Seed{2}};
  StackedNet net(genomes, seeds, at::kCPU);
  const at::Tensor before = net.parameters().clone();
  prune(net, std::vector<double>{0.3, 0}, false);
  const auto& first = net.parameter_entries().front();
  const at::Tensor kept = before[0].narrow(0, first.offset, first.size);
  const at::Tensor mask = net.mask()[0].narrow(0, first.offset, first.size);
  BOOST_TEST((mask == 0).sum().item<int>() == 24);  // floor(0.3 * 80)
  BOOST_TEST(kept.abs().masked_select(mask == 0).max().item<float>() <=
             kept.abs().masked_select(mask == 1).min().item<float>());
  BOOST_TEST((net.mask()[0] == 0).sum().item<int>() == 24);
  BOOST_TEST(net.mask()[1].all().item<bool>());
  BOOST_TEST(at::equal(net.parameters(), before * net.mask()));
  prune(net, std::vector<double>{0.5, 0.5}, true);
  BOOST_TEST((net.mask()[1] == 0).sum().item<int>() == (80 + 128 + 128) / 2);
}

BOOST_FIXTURE_TEST_CASE(state_survives_bytes_and_gives_the_same_values, OneThread) {
  const NetGenome genome = small_genome(true, 0.3);
  const Seed one{1}, two{2};
  StackedNet net(std::span(&genome, 1), std::span(&one, 1), at::kCPU);
  const at::Tensor x = random_rows({1, 10, kRows}, 5);
  (void)net.forward(x, two_days(true));
  prune(net, std::vector<double>{0.4}, false);
  const NetState state = net.state(0);
  const std::vector<std::byte> bytes = to_bytes(state);
  BOOST_TEST((from_bytes(bytes) == state));
  StackedNet other(std::span(&genome, 1), std::span(&two, 1), at::kCPU);
  other.load(0, from_bytes(bytes));
  const Pass pass = two_days(false);
  BOOST_TEST(at::equal(used(net.forward(x, pass)), used(other.forward(x, pass))));
  BOOST_TEST(at::equal(net.mask(), other.mask()));
}

BOOST_FIXTURE_TEST_CASE(damaged_or_foreign_weights_are_refused, OneThread) {
  const NetGenome genome = small_genome(true, 0);
  const Seed seed{1};
  StackedNet net(std::span(&genome, 1), std::span(&seed, 1), at::kCPU);
  const std::vector<std::byte> bytes = to_bytes(net.state(0));
  const auto refused = [](const std::vector<std::byte>& given, const char* why) {
    BOOST_CHECK_EXCEPTION((void)from_bytes(given), StoreError, [&](const StoreError& e) {
      return std::string(e.what()).find(why) != std::string::npos;
    });
  };
  auto damaged = bytes;
  damaged[bytes.size() / 2] ^= std::byte{1};
  refused(damaged, "damaged");
  auto torn = bytes;
  torn.resize(bytes.size() - 5);
  refused(torn, "damaged");
  torn.resize(15);
  refused(torn, "torn");
  refused({}, "expected network weights");
  auto newer = bytes;
  newer[13] = std::byte{9};
  refused(newer, "version 9");
  NetGenome wider = genome;
  std::get<DenseSpec>(wider.layers[0]).units = 16;
  StackedNet other(std::span(&wider, 1), std::span(&seed, 1), at::kCPU);
  BOOST_CHECK_EXCEPTION(other.load(0, net.state(0)), StoreError, [](const StoreError& e) {
    return std::string(e.what()).find("layer0.weight") != std::string::npos;
  });
}
