#include "training/train.hpp"

#include <ATen/ATen.h>

#include <boost/test/unit_test.hpp>
#include <memory>

#include "genome/net/prune.hpp"
#include "test/training/fixture.hpp"
#include "training/pretrain.hpp"

using namespace evofactor;
using namespace evofactor::training;
using genome::NetGenome;
using test::Fixture;

BOOST_FIXTURE_TEST_CASE(a_candidate_that_turns_non_finite_fails_alone, Fixture) {
  const std::vector<NetGenome> genomes(3, genome);
  const std::vector<Seed> seeds{Seed{1}, Seed{2}, Seed{3}};
  net::StackedNet net(genomes, seeds, at::kCPU);
  net.parameters()[1].fill_(std::numeric_limits<float>::quiet_NaN());
  const std::vector<TrainReport> reports = train(net, data, {});
  BOOST_REQUIRE(reports[1].failure.has_value());
  BOOST_TEST((reports[1].failure->kind == FailureKind::kNonFinite));
  BOOST_TEST(reports[1].failure->message.find("step 10") != std::string::npos);
  BOOST_TEST(reports[1].steps == 10);
  for (const std::size_t b : {0, 2}) {
    BOOST_TEST(!reports[b].failure.has_value());
    BOOST_TEST(reports[b].steps == 20);
    BOOST_TEST(at::isfinite(net.parameters()[static_cast<std::int64_t>(b)]).all().item<bool>());
  }
}

BOOST_FIXTURE_TEST_CASE(each_candidate_of_a_stack_takes_its_own_number_of_steps, Fixture) {
  std::vector<NetGenome> genomes(2, genome);
  genomes[1].train.steps = 5;
  const std::vector<Seed> seeds{Seed{1}, Seed{1}};
  net::StackedNet net(genomes, seeds, at::kCPU);
  const std::vector<TrainReport> reports = train(net, data, {.validate_every = 10, .patience = 0});
  BOOST_TEST(reports[0].steps == 20);
  BOOST_TEST(reports[1].steps == 5);
  net::StackedNet alone({&genomes[1], 1}, {&seeds[1], 1}, at::kCPU);
  (void)train(alone, data, {.validate_every = 10, .patience = 0});
  // All but the last, the output's bias: ranks do not see it, so its gradient is rounding noise.
  const at::Tensor difference = (net.parameters()[1] - alone.parameters()[0]).abs();
  BOOST_TEST(difference.slice(0, 0, -1).max().item<double>() < 1e-4);
}

BOOST_FIXTURE_TEST_CASE(training_stops_when_patience_runs_out_and_keeps_the_best_weights, Fixture) {
  genome.train.steps = 400;
  const Seed seed{1};
  net::StackedNet net({&genome, 1}, {&seed, 1}, at::kCPU);
  const TrainReport report = train(net, data, {.validate_every = 2, .patience = 3}).front();
  BOOST_TEST(report.steps < 400);
  BOOST_TEST(report.steps == report.best_step + 6);
  NetGenome shorter = genome;
  shorter.train.steps = static_cast<int>(report.best_step);
  net::StackedNet again({&shorter, 1}, {&seed, 1}, at::kCPU);
  (void)train(again, data, {.validate_every = 2, .patience = 3});
  BOOST_TEST(at::equal(net.parameters(), again.parameters()));
}

BOOST_FIXTURE_TEST_CASE(pretraining_lowers_the_error_and_touches_only_candidates_with_a_prior,
                        Fixture) {
  std::vector<NetGenome> genomes(3, genome);
  genomes[0].prior = {"ts_return(close, 3)", 15};
  genomes[1].prior = {"ts_return(close, 3)", 120};
  for (NetGenome& g : genomes) g.train.learning_rate = 3e-3;
  const std::vector<Seed> seeds{Seed{1}, Seed{1}, Seed{1}};
  net::StackedNet net(genomes, seeds, at::kCPU);
  const at::Tensor before = net.parameters().clone();
  const std::vector<double> errors = pretrain(net, small.market, inputs, {130, 165}, Seed{9});
  BOOST_TEST(errors[1] < errors[0]);
  BOOST_TEST(errors[1] < 0.3);
  BOOST_TEST(std::isnan(errors[2]));
  BOOST_TEST(at::equal(before[2], net.parameters()[2]));
}

BOOST_FIXTURE_TEST_CASE(outliers_and_missing_values_of_a_prior_are_left_out, Fixture) {
  for (std::size_t s = 0; s < small.market.stocks.size(); ++s)
    small.market.fields["amount"](140, s) = 1;
  const auto stocks = inputs.stocks(140);
  small.market.fields["amount"](140, static_cast<std::size_t>(stocks[0])) = 1e6F;
  small.market.fields["amount"](140, static_cast<std::size_t>(stocks[1])) = kMissing;
  small.market.fields["amount"](140, static_cast<std::size_t>(stocks[2])) = 2;
  const RegressionTarget target = prior_target("amount", small.market, inputs, {140, 141});
  BOOST_TEST(std::isnan(target.rows[0][0]));
  BOOST_TEST(std::isnan(target.rows[0][1]));
  BOOST_TEST(std::isfinite(target.rows[0][2]));
}
