#include "training/evaluate.hpp"

#include <c10/util/Exception.h>
#include <torch/script.h>

#include <array>
#include <atomic>
#include <barrier>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <thread>

#include "engine/core/error.hpp"
#include "engine/device/lane.hpp"
#include "engine/evolve/state.hpp"
#include "fitness/ranks.hpp"
#include "genome/net/net_state.hpp"
#include "genome/validate.hpp"
#include "operators/creation.hpp"
#include "test/support/limited_host_memory.hpp"
#include "test/support/temporary_folder.hpp"
#include "test/training/planted.hpp"
#include "training/inputs.hpp"

using namespace evofactor;
using namespace evofactor::training;
using genome::NetGenome;
using test::Planted;

namespace {

Candidate<NetGenome> candidate(const NetGenome& genome, std::uint64_t id = 0) {
  return {CandidateId{id}, genome, {}};
}

Outcome evaluate_one(const evolve::Problem<NetGenome>& problem, const NetGenome& genome,
                     Lane lane = {}) {
  const Candidate<NetGenome> one = candidate(genome);
  return problem.evaluate(std::span(&one, 1), lane, {}).front();
}

/// All of an evaluation that is promised to be reproducible, as text.
std::string fingerprint(const Outcome& outcome) {
  if (const auto* failure = std::get_if<Failure>(&outcome)) return failure->message;
  const auto& e = std::get<Evaluation>(outcome);
  std::string text = fmt::format("{:a} {} {}", e.fitness, e.sign, e.train_steps);
  for (const auto& [name, value] : e.metrics) text += fmt::format(" {}={:a}", name, value);
  return text + to_hex(hash_bytes(e.weights->data(), e.weights->size()));
}

const Failure& failure_of(const Outcome& outcome) {
  BOOST_REQUIRE(std::holds_alternative<Failure>(outcome));
  return std::get<Failure>(outcome);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_planted_signal_is_found_and_holds_out_of_sample) {
  const Planted planted;
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const NetGenome genome = planted.genome();
  const Outcome outcome = evaluate_one(problem, genome);
  BOOST_REQUIRE(std::holds_alternative<Evaluation>(outcome));
  const auto& evaluation = std::get<Evaluation>(outcome);
  BOOST_TEST_MESSAGE("validation rank IC " << evaluation.fitness);
  BOOST_TEST(evaluation.fitness > 0.25);
  BOOST_TEST(evaluation.metrics.size() == 7U);
  BOOST_TEST(evaluation.metrics[0].first == "train_rank_ic");
  BOOST_TEST(evaluation.metrics[6].first == "best_step");
  BOOST_TEST(evaluation.metric("validate_rank_ic") == evaluation.fitness);
  BOOST_TEST(evaluation.metric("coverage") > 0.9);
  BOOST_TEST(std::isnan(evaluation.metric("pretrain_mse")));

  const DayRange test_days = planted.fold.split.test.part.days;
  const FactorValues values =
      network_values(genome, *evaluation.weights, planted.small.market, test_days);
  const auto score = planted.scorer->score(values, test_days);
  BOOST_TEST(evaluation.sign * score.rank_ic.mean > 0.2);
}

BOOST_AUTO_TEST_CASE(shuffled_labels_give_nothing_out_of_sample) {
  const Planted planted(true);
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const NetGenome genome = planted.genome();
  const Outcome outcome = evaluate_one(problem, genome);
  BOOST_REQUIRE(std::holds_alternative<Evaluation>(outcome));
  const auto& evaluation = std::get<Evaluation>(outcome);
  BOOST_TEST(evaluation.fitness < 0.08);
  const DayRange test_days = planted.fold.split.test.part.days;
  const FactorValues values =
      network_values(genome, *evaluation.weights, planted.small.market, test_days);
  BOOST_TEST(std::abs(planted.scorer->score(values, test_days).rank_ic.mean) < 0.06);
}

BOOST_AUTO_TEST_CASE(one_genome_gives_the_same_bits_in_any_lane_among_any_number) {
  const Planted planted;
  const auto problem = make_network_problem(planted.settings, planted.fold);
  std::vector<NetGenome> genomes;
  Rng rng(Seed{3});
  for (int i = 0; i < 8; ++i)
    genomes.push_back(operators::random_genome(rng, planted.settings.space));
  std::vector<std::string> expected;
  const EnterLane enter = device::make_enter_lane();
  for (const std::size_t n_threads : {1, 2, 8}) {
    const std::vector<Lane> lanes = device::make_lanes("cpu", static_cast<int>(n_threads));
    std::vector<std::string> got(genomes.size());
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < n_threads; ++t)
      threads.emplace_back([&, t] {
        const auto guard = enter(lanes[t]);
        for (std::size_t i = t; i < genomes.size(); i += n_threads)
          got[i] = fingerprint(evaluate_one(problem, genomes[i], lanes[t]));
      });
    for (std::thread& thread : threads) thread.join();
    if (expected.empty())
      expected = got;
    else
      BOOST_TEST(got == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(the_factor_for_the_pool_is_the_one_that_was_scored) {
  const Planted planted;
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const NetGenome genome = planted.genome();
  const auto evaluation = std::get<Evaluation>(evaluate_one(problem, genome));
  const Grid<float> ranks = problem.pool_values(genome, evaluation);
  const DayRange train = planted.fold.split.train.days, validate = planted.fold.split.validate.days;
  BOOST_TEST(ranks.rows() == static_cast<std::size_t>(validate.last - train.first));
  const FactorValues factor{{train.first, validate.last}, ranks};
  const auto score = planted.scorer->score(factor, validate);
  BOOST_TEST(std::abs(score.rank_ic.mean - evaluation.fitness) < 0.02);
}

BOOST_AUTO_TEST_CASE(a_network_that_reads_neighbouring_stocks_is_valued_as_it_was_trained) {
  Planted planted;  // a fifth of its stocks is outside the cross-section
  NetGenome genome = planted.genome();
  genome.layers.insert(genome.layers.begin(), genome::StockConvSpec{4, 5});
  planted.settings.space.fixed_layers = genome.layers;
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const auto evaluation = std::get<Evaluation>(evaluate_one(problem, genome));
  const Split& split = planted.fold.split;
  const DayRange days{split.train.days.first, split.validate.days.last};
  const FactorValues values =
      network_values(genome, *evaluation.weights, planted.small.market, days);
  BOOST_TEST(evolve::hash_of_values(fitness::centred_ranks(values, planted.small.labels.mask, days,
                                                           evaluation.sign)) ==
             evolve::hash_of_values(problem.pool_values(genome, evaluation)));
}

BOOST_AUTO_TEST_CASE(the_factor_for_the_pool_is_the_same_whoever_scored_it) {
  const Planted planted;
  const auto scored = make_network_problem(planted.settings, planted.fold);
  const auto other = make_network_problem(planted.settings, planted.fold);
  const auto evaluation = std::get<Evaluation>(evaluate_one(scored, planted.genome()));
  const std::uint64_t expected =
      evolve::hash_of_values(other.pool_values(planted.genome(), evaluation));
  for (int time = 0; time < 2; ++time)
    BOOST_TEST(evolve::hash_of_values(scored.pool_values(planted.genome(), evaluation)) ==
               expected);
}

BOOST_AUTO_TEST_CASE(a_prior_is_learnt_and_pruned_weights_stay_zero_through_training) {
  const Planted planted;
  NetGenome genome = planted.genome();
  genome.prior = {planted.settings.space.priors.front(), 10};
  genome.prune_rate = 0.4;
  genome.train.weight_decay = 1e-3;
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const auto evaluation = std::get<Evaluation>(evaluate_one(problem, genome));
  BOOST_TEST(evaluation.metric("pretrain_mse") < 0.9);
  const net::NetState state = net::from_bytes(*evaluation.weights);
  const auto& mask = state.at("mask").values;
  const auto& weights = state.at("layer0.weight").values;
  std::size_t pruned = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    BOOST_TEST((weights[i] == 0) == (mask[i] == 0));
    pruned += mask[i] == 0 ? 1 : 0;
  }
  BOOST_TEST(pruned == static_cast<std::size_t>(0.4 * 3 * 10 * 32));
}

BOOST_AUTO_TEST_CASE(a_stack_of_three_trains_like_three_single_networks) {
  const Planted planted;
  const auto problem = make_network_problem(planted.settings, planted.fold);
  std::vector<Candidate<NetGenome>> batch;
  for (std::uint64_t i = 0; i < 3; ++i) {
    NetGenome genome = planted.genome();
    genome.train.learning_rate = 1e-3 * static_cast<double>(i + 1);
    if (i == 1) genome.prior = {planted.settings.space.priors.front(), 10};
    if (i == 2) genome.prune_rate = 0.3;
    batch.push_back(candidate(genome, i));
  }
  Lane wide;
  wide.bucket_cap = 3;
  const std::vector<Outcome> together = problem.evaluate(batch, wide, {});
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& stacked = std::get<Evaluation>(together[i]);
    const auto single = std::get<Evaluation>(evaluate_one(problem, batch[i].genome));
    BOOST_TEST(std::abs(stacked.fitness - single.fitness) < 0.02);
    BOOST_TEST(stacked.metric("parameters") == single.metric("parameters"));
  }
}

BOOST_AUTO_TEST_CASE(inputs_that_are_never_finite_make_a_degenerate_candidate) {
  Planted planted;
  const std::string never = "log(sub(0, exp(ts_return(close, 1))))";
  planted.settings.space.optional_inputs = {never};
  NetGenome genome = planted.genome();
  genome.input.features = {never};
  genome.prior = {planted.settings.space.priors.front(), 10};
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const Outcome outcome = evaluate_one(problem, genome);
  BOOST_TEST((failure_of(outcome).kind == FailureKind::kDegenerate));
}

BOOST_AUTO_TEST_CASE(running_out_of_memory_halves_the_stack_and_fails_only_who_does_not_fit_alone) {
  Planted planted;
  std::vector<std::size_t> sizes;
  const double greedy = 4e-3;
  planted.settings.on_stage = [&](std::string_view stage, std::span<const NetGenome> bucket) {
    if (stage != "train") return;
    sizes.push_back(bucket.size());
    const bool has_greedy = std::ranges::any_of(
        bucket, [&](const NetGenome& g) { return g.train.learning_rate == greedy; });
    if (bucket.size() > 2 || has_greedy) TORCH_CHECK_WITH(OutOfMemoryError, false, "injected");
  };
  const auto problem = make_network_problem(planted.settings, planted.fold);
  std::vector<Candidate<NetGenome>> batch;
  for (std::uint64_t i = 0; i < 4; ++i) {
    NetGenome genome = planted.genome();
    genome.train.learning_rate = 1e-3 * static_cast<double>(i + 1);
    batch.push_back(candidate(genome, i));
  }
  Lane wide;
  wide.bucket_cap = 4;
  const std::vector<Outcome> outcomes = problem.evaluate(batch, wide, {});
  BOOST_TEST(sizes == (std::vector<std::size_t>{4, 2, 2, 1, 1, 1}),
             boost::test_tools::per_element());
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(std::holds_alternative<Evaluation>(outcomes[i]));
  BOOST_TEST((failure_of(outcomes[3]).kind == FailureKind::kOutOfMemory));
}

BOOST_AUTO_TEST_CASE(a_network_that_does_not_fit_fails_and_those_that_fit_one_by_one_succeed) {
  Planted planted;
  std::atomic<int> trainings = 0;
  std::barrier<> together(2);
  std::atomic<bool> paired = false;
  planted.settings.on_stage = [&](std::string_view stage, std::span<const NetGenome>) {
    if (stage == "train" && ++trainings <= 2 && paired) together.arrive_and_wait();
  };
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const std::string expected = fingerprint(evaluate_one(problem, planted.genome()));
  const test::LimitedHostMemory limited(1024);
  const Outcome too_large = evaluate_one(problem, planted.genome());
  BOOST_TEST((failure_of(too_large).kind == FailureKind::kOutOfMemory));
  BOOST_TEST(failure_of(too_large).message.find("fewer days per batch") != std::string::npos);

  // The next power of two that it fits, so that two of it do not.
  for (std::int64_t limit = 2048; fingerprint(evaluate_one(problem, planted.genome())) != expected;
       limit *= 2)
    device::limit_host_memory(limit);
  trainings = 0;
  paired = true;
  std::array<std::string, 2> found;
  {
    const auto evaluate = [&](std::size_t i) {
      found[i] = fingerprint(evaluate_one(problem, planted.genome()));
    };
    const std::jthread first(evaluate, 0), second(evaluate, 1);
  }
  BOOST_TEST(found[0] == expected);
  BOOST_TEST(found[1] == expected);
  BOOST_TEST(trainings > 2);
}

BOOST_AUTO_TEST_CASE(an_invalid_genome_fails_with_its_violations_and_the_others_are_scored) {
  const Planted planted;
  const auto problem = make_network_problem(planted.settings, planted.fold);
  std::vector<Candidate<NetGenome>> batch{candidate(planted.genome(), 0),
                                          candidate(planted.genome(), 1)};
  batch[0].genome.train.steps = 7;
  const std::vector<Outcome> outcomes = problem.evaluate(batch, {}, {});
  BOOST_TEST((failure_of(outcomes[0]).kind == FailureKind::kInvalidGenome));
  BOOST_TEST(failure_of(outcomes[0]).message.find("training length 7") != std::string::npos);
  BOOST_TEST(std::holds_alternative<Evaluation>(outcomes[1]));
}

BOOST_AUTO_TEST_CASE(a_factor_that_leaves_out_many_stocks_is_degenerate) {
  Planted planted;
  const std::string sparse = "if_else(gt(ts_return(close, 1), 0), ts_return(close, 2), log(-1))";
  planted.settings.space.optional_inputs = {sparse};
  NetGenome genome = planted.genome();
  genome.input.features = {sparse};
  planted.settings.space.windows = {1, 10};
  genome.input.window = 1;
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const Outcome outcome = evaluate_one(problem, genome);
  BOOST_TEST((failure_of(outcome).kind == FailureKind::kDegenerate));
  BOOST_TEST_MESSAGE(failure_of(outcome).message);
}

BOOST_AUTO_TEST_CASE(a_share_of_the_effort_takes_a_share_of_the_steps) {
  Planted planted;
  planted.settings.patience = 0;
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const auto lanes = device::make_lanes("cpu", 1);
  const Candidate<NetGenome> one = candidate(planted.genome());
  const auto whole = std::get<Evaluation>(problem.evaluate({&one, 1}, lanes[0], {}).front());
  const auto part =
      std::get<Evaluation>(problem.evaluate_share({&one, 1}, lanes[0], {}, 0.25).front());
  BOOST_TEST(whole.train_steps == 40);
  BOOST_TEST(part.train_steps == 10);
}

BOOST_AUTO_TEST_CASE(torchscript_gives_the_networks_values_from_prepared_inputs) {
  const Planted planted;
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const NetGenome genome = planted.genome();
  const auto evaluation = std::get<Evaluation>(evaluate_one(problem, genome));
  const test::TemporaryFolder folder;
  write_torchscript(folder.path() / "0.pt", genome, *evaluation.weights);
  torch::jit::Module module = torch::jit::load((folder.path() / "0.pt").string());

  const DayRange days{200, 201};
  const FactorValues expected =
      network_values(genome, *evaluation.weights, planted.small.market, days);
  const Normalisation none{std::vector<float>(30, 0.0F), std::vector<float>(30, 1.0F)};
  const InputSet prepared = make_inputs(planted.small.market, genome.input, days, none);
  DayScratch scratch;
  const DayInputs x = prepared.day(200, scratch);
  const auto n = static_cast<std::int64_t>(x.stocks.size());
  BOOST_REQUIRE(n > 100);
  const at::Tensor input =
      at::from_blob(const_cast<float*>(x.x), {n, 3, 10}, {1, x.stride, 3 * x.stride}, at::kFloat);
  const at::Tensor got = module.forward({input}).toTensor();
  for (std::int64_t r = 0; r < n; ++r)
    BOOST_TEST(std::abs(got[r].item<double>() -
                        expected.values(0, static_cast<std::size_t>(
                                               x.stocks[static_cast<std::size_t>(r)]))) < 1e-5);
}

BOOST_AUTO_TEST_CASE(weights_of_another_genome_are_refused) {
  const Planted planted;
  const auto problem = make_network_problem(planted.settings, planted.fold);
  NetGenome genome = planted.genome();
  const auto evaluation = std::get<Evaluation>(evaluate_one(problem, genome));
  genome.input.features.pop_back();
  BOOST_CHECK_THROW(
      (void)network_values(genome, *evaluation.weights, planted.small.market, {200, 201}),
      StoreError);
}

BOOST_AUTO_TEST_CASE(settings_that_do_not_fit_the_market_are_refused_all_at_once) {
  Planted planted;
  planted.small.market.fields.erase("volume");
  planted.settings.operators = {{"swap_everything", 1.0}};
  BOOST_CHECK_EXCEPTION((void)make_network_problem(planted.settings, planted.fold), ConfigError,
                        [](const ConfigError& e) {
                          const std::string text = e.what();
                          return text.find("needs the field volume") != std::string::npos &&
                                 text.find("swap_everything") != std::string::npos;
                        });
}

BOOST_AUTO_TEST_CASE(initial_members_created_ones_and_children_can_all_be_evaluated) {
  Planted planted;
  planted.settings.extra_priors = {"ts_zscore(close, 7)"};
  const auto problem = make_network_problem(planted.settings, planted.fold);
  genome::SearchSpace space = planted.settings.space;
  space.priors.push_back("ts_zscore(close, 7)");
  BOOST_TEST(problem.initial.size() == 1U);
  Rng rng(Seed{6});
  const NetGenome a = problem.create(rng), b = problem.create(rng);
  for (const NetGenome* genome : {&problem.initial.front(), &a, &b})
    BOOST_TEST(genome::validate(*genome, space).text() == "");
  const std::vector<const NetGenome*> parents{&a, &b};
  for (const auto& variation : problem.variations)
    if (const auto child = variation.apply(rng, parents))
      BOOST_TEST(genome::validate(*child, space).text() == "");
  BOOST_TEST((problem.from_json(problem.to_json(a)) == a));
  BOOST_TEST(problem.cost(a) > 0);
}
