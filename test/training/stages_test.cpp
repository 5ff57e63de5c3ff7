#include "training/stages.hpp"

#include <ATen/ATen.h>

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "engine/core/error.hpp"
#include "genome/net/net_state.hpp"
#include "genome/net/prune.hpp"
#include "test/support/limited_host_memory.hpp"
#include "test/training/planted.hpp"
#include "training/batches.hpp"
#include "training/replicate.hpp"
#include "training/saliency.hpp"
#include "training/thread_set_up.hpp"

using namespace evofactor;
using namespace evofactor::training;
using genome::NetGenome;

namespace {

/// With time to learn a prior.
struct Planted : test::Planted {
  Planted() { settings.space.pretrain_steps = {80}; }
};

Evaluation searched(const Planted& planted, const NetGenome& genome) {
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const Candidate<NetGenome> one{CandidateId{0}, genome, {}};
  return std::get<Evaluation>(problem.evaluate(std::span(&one, 1), {}, {}).front());
}

StageHistory replayed(const Planted& planted, const NetGenome& genome,
                      const Evaluation& evaluation) {
  InputStore inputs = input_store(planted.settings, planted.fold);
  return replay_stages(planted.settings, planted.fold, inputs, genome, evaluation, {});
}

std::vector<std::string> names(const StageHistory& history) {
  std::vector<std::string> names;
  for (const StageRecord& record : history.records) names.emplace_back(name_of(record.stage));
  return names;
}

NetGenome with_prior(const Planted& planted) {
  NetGenome genome = planted.genome();
  genome.prior = {planted.settings.space.priors.front(), 80};
  genome.prune_rate = 0.4;
  return genome;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_replay_ends_with_the_weights_and_scores_of_the_search) {
  const Planted planted;
  const NetGenome genome = with_prior(planted);
  const Evaluation evaluation = searched(planted, genome);
  const StageHistory history = replayed(planted, genome, evaluation);
  BOOST_TEST(history.equal);
  BOOST_TEST(!history.failure.has_value());
  BOOST_TEST(history.seconds > 0);
  BOOST_TEST(names(history) == (std::vector<std::string>{"initial", "pretrained", "pruned", "epoch",
                                                         "epoch", "epoch", "epoch", "trained"}),
             boost::test_tools::per_element());
  const StageRecord& end = history.records.back();
  BOOST_TEST(end.step == evaluation.metric("best_step"));
  BOOST_TEST(evaluation.sign * end.train_rank_ic == evaluation.metric("train_rank_ic"));
  BOOST_TEST(evaluation.sign * end.validate_rank_ic == evaluation.metric("validate_rank_ic"));
  for (const StageRecord& record : history.records)
    BOOST_TEST(record.saliency.size() == (record.stage == Stage::kEpoch ? 0U : 30U));
}

BOOST_AUTO_TEST_CASE(other_weights_than_those_of_the_search_are_noticed) {
  const Planted planted;
  const NetGenome genome = planted.genome();
  Evaluation evaluation = searched(planted, genome);
  std::vector<std::byte> other = *evaluation.weights;
  other.back() ^= std::byte{1};
  evaluation.weights = std::make_shared<const std::vector<std::byte>>(other);
  BOOST_TEST(!replayed(planted, genome, evaluation).equal);
}

BOOST_AUTO_TEST_CASE(pretraining_draws_near_to_the_prior_and_training_leaves_it) {
  const Planted planted;
  const NetGenome genome = with_prior(planted);
  const StageHistory history = replayed(planted, genome, searched(planted, genome));
  const StageRecord &initial = history.records[0], &pretrained = history.records[1],
                    &trained = history.records.back();
  BOOST_TEST(pretrained.prior_mse < 0.7 * initial.prior_mse);
  BOOST_TEST(pretrained.prior_distance < initial.prior_distance);
  BOOST_TEST(pretrained.prior_distance < 0.5);
  BOOST_TEST(trained.prior_distance > pretrained.prior_distance);
  BOOST_TEST(std::abs(trained.validate_rank_ic) > std::abs(initial.validate_rank_ic));
}

BOOST_AUTO_TEST_CASE(stages_a_genome_does_not_ask_for_are_passed_over) {
  const Planted planted;
  const NetGenome genome = planted.genome();
  const StageHistory history = replayed(planted, genome, searched(planted, genome));
  BOOST_TEST(history.equal);
  BOOST_TEST(names(history)[0] == "initial");
  BOOST_TEST(names(history)[1] == "epoch");
  for (const StageRecord& record : history.records) {
    BOOST_TEST(std::isnan(record.prior_mse));
    BOOST_TEST(std::isnan(record.prior_distance));
  }
}

BOOST_AUTO_TEST_CASE(the_pruned_stage_has_its_zeros) {
  const Planted planted;
  const NetGenome genome = with_prior(planted);
  const ThreadSetUp guard;
  InputStore store = input_store(planted.settings, planted.fold);
  const auto inputs = store.get(genome.input);
  std::vector<std::pair<Stage, std::int64_t>> zeros;
  (void)develop(std::span(&genome, 1), 0, at::kCPU, *inputs, planted.settings, planted.fold,
                [&](Stage stage, std::int64_t, net::StackedNet& net) {
                  const auto& first = net.parameter_entries().front();
                  BOOST_TEST(first.name == "layer0.weight");
                  const at::Tensor weights =
                      net.parameters()[0].narrow(0, first.offset, first.size);
                  zeros.emplace_back(stage, (weights == 0).sum().item<std::int64_t>());
                });
  for (const auto& [stage, count] : zeros)
    BOOST_TEST(
        count ==
            (stage == Stage::kInitial || stage == Stage::kPretrained ? 0 : 3 * 10 * 32 * 4 / 10),
        name_of(stage));
}

BOOST_AUTO_TEST_CASE(saliency_equals_finite_differences) {
  const Planted planted;
  NetGenome genome = planted.genome();
  for (auto& layer : genome.layers)
    layer = genome::DenseSpec{8, genome::Activation::kTanh, false, 0};
  const ThreadSetUp guard;
  InputStore store = input_store(planted.settings, planted.fold);
  const auto inputs = store.get(genome.input);
  const Seed seed{3};
  net::StackedNet net({&genome, 1}, {&seed, 1}, at::kCPU);
  const std::vector<int> days = evenly_spaced(planted.fold.split.train.days, 3);
  const std::vector<double> got = saliency(net, *inputs, days);
  BOOST_TEST_REQUIRE(got.size() == 30U);
  // Column lag * 3 + feature of every stock is moved up and down.
  const double step = 1e-2;
  for (const auto& [feature, lag] : {std::pair{0, 0}, {1, 4}, {2, 9}}) {
    const std::int64_t column = lag * 3 + feature;
    double sum = 0, stocks = 0;
    Batches batches(*inputs, net);
    batches.for_each(days, false, 0, [&](const Chunk& chunk) {
      const std::int64_t used = chunk.pass.used_rows();
      const auto total = [&](double by) {
        at::Tensor x = chunk.x.clone();
        x.select(1, column).add_(by);
        return net.forward(x.contiguous(), chunk.pass)
            .narrow(1, 0, used)
            .to(at::kDouble)
            .sum()
            .item<double>();
      };
      sum += (total(step) - total(-step)) / (2 * step);
      stocks += static_cast<double>(used);
    });
    const double expected = sum / stocks;
    BOOST_TEST(got[static_cast<std::size_t>(feature * 10 + lag)] == expected,
               boost::test_tools::tolerance(2e-3));
  }
}

BOOST_AUTO_TEST_CASE(days_are_spaced_evenly_from_the_first_to_the_last) {
  BOOST_TEST(evenly_spaced({10, 20}, 4) == (std::vector<int>{10, 13, 16, 19}),
             boost::test_tools::per_element());
  BOOST_TEST(evenly_spaced({10, 13}, 20) == (std::vector<int>{10, 11, 12}),
             boost::test_tools::per_element());
  BOOST_TEST(evenly_spaced({10, 13}, 1) == (std::vector<int>{10}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(replicates_are_fresh_starts_and_the_same_wherever_they_are_trained) {
  const Planted planted;
  const NetGenome genome = with_prior(planted);
  const Evaluation selected = searched(planted, genome);
  InputStore inputs = input_store(planted.settings, planted.fold);
  const auto replicate = [&](int number, int sign) {
    return std::get<Evaluation>(train_replicate(planted.settings, planted.fold, inputs, genome,
                                                sign, number, Lane{.index = number}));
  };
  const Evaluation first = replicate(1, selected.sign), second = replicate(2, selected.sign);
  BOOST_TEST((*first.weights != *selected.weights));
  BOOST_TEST((*first.weights != *second.weights));
  BOOST_TEST(first.fitness > 0.2);
  BOOST_TEST((*replicate(1, selected.sign).weights == *first.weights));
  // Against the sign that the search chose, a good factor is a bad one.
  BOOST_TEST(replicate(1, -selected.sign).fitness == -first.fitness);
}

BOOST_AUTO_TEST_CASE(a_replicate_that_cannot_be_trained_is_a_failure) {
  Planted planted;
  planted.settings.on_stage = [](std::string_view stage, std::span<const NetGenome>) {
    if (stage == "train") throw DataError("injected");
  };
  InputStore inputs = input_store(planted.settings, planted.fold);
  const Outcome outcome =
      train_replicate(planted.settings, planted.fold, inputs, planted.genome(), 1, 1, {});
  BOOST_TEST_REQUIRE(std::holds_alternative<Failure>(outcome));
  BOOST_TEST(std::get<Failure>(outcome).message == "injected");
}

BOOST_AUTO_TEST_CASE(a_replicate_that_does_not_fit_the_memory_says_so) {
  const Planted planted;
  InputStore inputs = input_store(planted.settings, planted.fold);
  const test::LimitedHostMemory limited(1024);
  const Outcome outcome =
      train_replicate(planted.settings, planted.fold, inputs, planted.genome(), 1, 1, {});
  BOOST_TEST_REQUIRE(std::holds_alternative<Failure>(outcome));
  const Failure& failure = std::get<Failure>(outcome);
  BOOST_TEST((failure.kind == FailureKind::kOutOfMemory));
  BOOST_TEST(failure.message.find("fewer days per batch") != std::string::npos);
}
