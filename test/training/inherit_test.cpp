// Networks that start from their parent's weights.
#include <boost/test/unit_test.hpp>

#include "engine/device/lane.hpp"
#include "engine/evolve/search.hpp"
#include "genome/genome_json.hpp"
#include "operators/mutation.hpp"
#include "test/evolve/files.hpp"
#include "test/support/temporary_folder.hpp"
#include "test/training/planted.hpp"
#include "training/replicate.hpp"
#include "training/stages.hpp"

using namespace evofactor;
using namespace evofactor::training;
using genome::NetGenome;

namespace {

/// A market on whose space networks may inherit.
struct Planted : test::Planted {
  Planted() {
    settings.space.inherit = true;
    settings.space.steps = {5, 40};
  }
};

Outcome evaluate(const Planted& planted, const NetGenome& genome) {
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const Candidate<NetGenome> one{CandidateId{0}, genome, {}};
  return problem.evaluate(std::span(&one, 1), {}, {}).front();
}

Evaluation scored(const Planted& planted, const NetGenome& genome) {
  return std::get<Evaluation>(evaluate(planted, genome));
}

NetGenome heir(const Planted& planted, NetGenome child, const NetGenome& parent,
               const Evaluation& evaluation) {
  child.train.inherit = true;
  const auto problem = make_network_problem(planted.settings, planted.fold);
  return problem.inherit(child, parent, evaluation).value();
}

/// The same, wider, trained for five steps.
NetGenome wider(const Planted& planted, const NetGenome& parent) {
  NetGenome child = parent;
  std::get<genome::DenseSpec>(child.layers[1]).units = 32;
  child.prior = {planted.settings.space.priors.front(), 10};
  child.prune_rate = 0.1;
  child.train.steps = 5;
  return child;
}

std::vector<std::string> variation_names(const NetworkSettings& settings, const Planted& planted) {
  std::vector<std::string> names;
  for (const auto& variation : make_network_problem(settings, planted.fold).variations)
    names.push_back(variation.name);
  return names;
}

}  // namespace

BOOST_AUTO_TEST_CASE(only_a_space_that_allows_it_has_inheritance_and_its_operators) {
  const Planted planted;
  NetworkSettings without = planted.settings;
  without.space.inherit = false;
  BOOST_TEST(!make_network_problem(without, planted.fold).inherit);
  std::vector<std::string> names = variation_names(without, planted);
  names.insert(names.end(), {"deepen_layer", "change_inherit"});
  BOOST_TEST(variation_names(planted.settings, planted) == names, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_child_counts_the_steps_of_its_line_and_learns_no_prior) {
  const Planted planted;
  NetGenome parent = planted.genome();
  parent.prior = {planted.settings.space.priors.front(), 10};
  const Evaluation first = scored(planted, parent);
  BOOST_TEST(std::isnan(first.metric("inherited_steps")));
  const NetGenome child = heir(planted, wider(planted, parent), parent, first);
  BOOST_TEST((child.start->parent == content_hash(parent)));
  BOOST_TEST(child.start->steps == first.train_steps);
  const Evaluation second = scored(planted, child);
  BOOST_TEST(second.train_steps == 5);
  BOOST_TEST(second.metric("inherited_steps") == first.train_steps);
  BOOST_TEST(std::isnan(second.metric("pretrain_mse")));
  BOOST_TEST(heir(planted, wider(planted, child), child, second).start->steps ==
             first.train_steps + 5);
}

BOOST_AUTO_TEST_CASE(who_does_not_inherit_or_has_a_parent_without_weights_starts_anew) {
  const Planted planted;
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const NetGenome parent = planted.genome();
  Evaluation evaluation = scored(planted, parent);
  NetGenome child = wider(planted, parent);
  BOOST_TEST(!problem.inherit(child, parent, evaluation).has_value());
  child.train.inherit = true;
  BOOST_TEST(problem.inherit(child, parent, evaluation).has_value());
  evaluation.weights = nullptr;
  BOOST_TEST(!problem.inherit(child, parent, evaluation).has_value());
}

BOOST_AUTO_TEST_CASE(a_start_that_is_not_at_hand_is_a_failure) {
  const Planted planted;
  NetGenome genome = planted.genome();
  genome.train.inherit = true;
  genome.start = genome::Start{ContentHash{7}, 40, nullptr};
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const Candidate<NetGenome> one{CandidateId{0}, genome, {}};
  const auto outcome = problem.evaluate(std::span(&one, 1), {}, {}).front();
  BOOST_TEST_REQUIRE(std::holds_alternative<Failure>(outcome));
  BOOST_TEST((std::get<Failure>(outcome).kind == FailureKind::kInvalidGenome));
  BOOST_TEST(std::get<Failure>(outcome).message.find("0000000000000007") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_stack_holds_heirs_of_different_parents) {
  const Planted planted;
  NetGenome a = planted.genome(), b = planted.genome();
  b.train.learning_rate = 2e-3;
  NetGenome short_one = planted.genome();
  short_one.train.steps = 5;
  const std::vector<Candidate<NetGenome>> batch{
      {CandidateId{0}, heir(planted, short_one, a, scored(planted, a)), {}},
      {CandidateId{1}, heir(planted, short_one, b, scored(planted, b)), {}},
      {CandidateId{2}, short_one, {}}};
  Lane wide;
  wide.bucket_cap = 3;
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const auto together = problem.evaluate(batch, wide, {});
  for (std::size_t i = 0; i < 3; ++i)
    BOOST_TEST(std::abs(std::get<Evaluation>(together[i]).fitness -
                        scored(planted, batch[i].genome).fitness) < 0.02);
}

BOOST_AUTO_TEST_CASE(a_replay_starts_from_the_weights_that_were_inherited) {
  const Planted planted;
  const NetGenome parent = planted.genome();
  const NetGenome child = heir(planted, wider(planted, parent), parent, scored(planted, parent));
  const Evaluation evaluation = scored(planted, child);
  // As read from a file: which parent it was is known, its weights are not.
  const NetGenome stored = genome::from_json(genome::to_json(child));
  BOOST_TEST((stored == child));
  BOOST_TEST((stored.start->trained == nullptr));
  InputStore inputs = input_store(planted.settings, planted.fold);
  const StageHistory history =
      replay_stages(planted.settings, planted.fold, inputs, stored, evaluation, {});
  BOOST_TEST(history.equal);
  BOOST_TEST_REQUIRE(history.records.size() == 4U);
  BOOST_TEST((history.records[0].stage == Stage::kInitial));
  BOOST_TEST((history.records[1].stage == Stage::kPruned));
  BOOST_TEST(history.records[0].validate_rank_ic * evaluation.sign > 0.2);
}

BOOST_AUTO_TEST_CASE(inherited_weights_do_not_follow_a_network_into_its_values) {
  const Planted planted;
  const NetGenome parent = planted.genome();
  const NetGenome child = heir(planted, wider(planted, parent), parent, scored(planted, parent));
  const Evaluation evaluation = scored(planted, child);
  const DayRange days = planted.fold.split.validate.days;
  const auto values = network_values(child, *evaluation.weights, planted.small.market, days);
  BOOST_TEST(
      evaluation.sign * planted.scorer->score(values, days).rank_ic.mean == evaluation.fitness,
      boost::test_tools::tolerance(1e-9));
  const test::TemporaryFolder folder;
  write_torchscript(folder.path() / "1.pt", child, *evaluation.weights);
  BOOST_TEST(std::filesystem::file_size(folder.path() / "1.pt") > 0U);
}

BOOST_AUTO_TEST_CASE(a_fresh_replicate_trains_by_itself_for_the_steps_of_the_whole_line) {
  Planted planted;
  planted.settings.patience = 0;
  const NetGenome parent = planted.genome();
  const Evaluation first = scored(planted, parent);
  const NetGenome child = heir(planted, wider(planted, parent), parent, first);
  const Evaluation selected = scored(planted, child);
  InputStore inputs = input_store(planted.settings, planted.fold);
  const auto replicate = std::get<Evaluation>(
      train_replicate(planted.settings, planted.fold, inputs, child, selected.sign, 1, {}));
  BOOST_TEST(replicate.train_steps == first.train_steps + 5 + 10);
  BOOST_TEST(!std::isnan(replicate.metric("pretrain_mse")));
  BOOST_TEST(std::isnan(replicate.metric("inherited_steps")));
  BOOST_TEST(replicate.fitness > 0.2);
}

BOOST_AUTO_TEST_CASE(heirs_reach_in_few_steps_what_others_do_not) {
  const Planted planted;
  const NetGenome parent = planted.genome();
  const Evaluation before = scored(planted, parent);
  double inherited = 0, anew = 0;
  constexpr int kChildren = 6;
  for (std::uint64_t seed = 0; seed < kChildren; ++seed) {
    Rng rng(Seed{seed});
    NetGenome child = seed % 2 == 0
                          ? operators::widen_layer(rng, parent, planted.settings.space).value()
                          : operators::deepen_layer(rng, parent, planted.settings.space).value();
    child.train.steps = 5;
    child.train.learning_rate = 1e-3 * static_cast<double>(seed + 1) / kChildren;
    anew += scored(planted, child).fitness / kChildren;
    inherited += scored(planted, heir(planted, child, parent, before)).fitness / kChildren;
  }
  BOOST_TEST_MESSAGE("parent " << before.fitness << ", heirs " << inherited << ", others " << anew);
  BOOST_TEST(inherited > anew + 0.1);
  BOOST_TEST(inherited > before.fitness - 0.03);
}

namespace {

evolve::SearchSettings search_settings(bool steady) {
  evolve::SearchSettings settings;
  settings.population = 8;
  settings.generations = 3;
  settings.elites = 1;
  settings.pool_parents = 0.2;
  if (steady) settings.loop = evolve::Loop::kSteadyState;
  settings.lag = 4;
  return settings;
}

evolve::SearchResult<NetGenome> run(const Planted& planted, const std::filesystem::path& folder,
                                    bool steady, int lanes, int stop_after = 0) {
  evolve::SearchContext context;
  context.folder = folder;
  context.root = planted.fold.root;
  context.identity = Json{{"name", "inherit"}};
  context.lanes = device::make_lanes("cpu", lanes);
  context.enter_lane = device::make_enter_lane();
  std::atomic<bool> stop{false};
  std::atomic<int> finished{0};
  context.stop = &stop;
  context.on_progress = [&](std::int64_t, std::int64_t, int) {
    if (++finished == stop_after) stop = true;
  };
  return run_search(make_network_problem(planted.settings, planted.fold), search_settings(steady),
                    {4, 0.7, 0.0, evolve::Combine::kEqual}, {std::nullopt, std::nullopt}, context);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_search_with_inheritance_gives_the_same_bits_in_any_lanes_and_after_stops,
                     *boost::unit_test::label("slow")) {
  Planted planted;
  planted.settings.space.layers.kinds = {"dense", "conv1d"};
  planted.settings.space.steps = {5, 10};
  planted.settings.presets.clear();
  planted.settings.operators = {{"change_inherit", 8}};
  planted.settings.space.max_layers = 2;
  for (const bool steady : {false, true}) {
    BOOST_TEST_CONTEXT((steady ? "steady state" : "generations")) {
      const test::TemporaryFolder whole, wide, parts;
      const auto found = run(planted, whole.path(), steady, 1);
      (void)run(planted, wide.path(), steady, 3);
      evolve::toy::require_equal_searches(whole.path(), wide.path());
      for (const int n : {5, 11, 7}) (void)run(planted, parts.path(), steady, 2, n);
      (void)run(planted, parts.path(), steady, 1);
      evolve::toy::require_equal_searches(whole.path(), parts.path());
      std::size_t heirs = 0;
      for (const Json& line : evolve::toy::read_ndjson(whole.path() / "evaluations.ndjson"))
        heirs += line.at("genome").contains("start") ? 1U : 0U;
      BOOST_TEST(heirs > 3U);
      BOOST_TEST(!found.pool.empty());
    }
  }
}
