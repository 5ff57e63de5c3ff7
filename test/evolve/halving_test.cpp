#include "engine/evolve/halving.hpp"

#include <boost/test/unit_test.hpp>
#include <map>

#include "test/evolve/files.hpp"
#include "test/evolve/toy.hpp"

using namespace evofactor;
using namespace evofactor::evolve;
using namespace evofactor::evolve::toy;

namespace {

const auto kClose = boost::test_tools::tolerance(1e-9);

using Company = std::span<const Candidate<Toy>>;

/// Shares .04, .2 and 1; a quarter goes on.
constexpr HalvingSettings kThree{3, 0.25, 0.04};

SearchSettings halving_settings() {
  SearchSettings settings = small_settings();
  settings.halving = kThree;
  return settings;
}

/// What a short training shows of a candidate: too much, and not quite the order of the whole.
double early_fitness(const Toy& toy, double share) {
  const double luck = Rng(derive(Seed{content_hash(toy).value}, "luck")).uniform();
  return toy_fitness(toy) + (1 - share) * (1 + 0.1 * luck);
}

/// A problem of adjustable effort. Counts evaluations by share.
class Trained {
 public:
  explicit Trained(const ToyOptions& options = {}) : problem_(toy_problem(options)) {
    problem_.evaluate_share = [this, options](Company candidates, const Lane&, const Hurdle&,
                                              double share) {
      std::vector<Outcome> outcomes;
      for (const auto& candidate : candidates) {
        outcomes.push_back(evaluate_toy(candidate.genome, options));
        if (auto* evaluation = std::get_if<Evaluation>(&outcomes.back()))
          evaluation->fitness = early_fitness(candidate.genome, share);
        const std::lock_guard lock(mutex_);
        ++counts_[share];
      }
      return outcomes;
    };
  }
  SearchResult<Toy> run(const SearchContext& context, const Budget& budget = no_budget(),
                        const SearchSettings& settings = halving_settings()) {
    return run_search(problem_, settings, small_pool(), budget, context);
  }
  [[nodiscard]] std::map<double, int> counts() const { return counts_; }

 private:
  Problem<Toy> problem_;
  std::mutex mutex_;
  std::map<double, int> counts_;  ///< evaluations of less than the whole, by share
};

std::vector<Json> lines_of(const Folder& folder) {
  return read_ndjson(folder.path() / "evaluations.ndjson");
}

double cost_of_lines(const Folder& folder) {
  double cost = 0;
  for (const Json& line : lines_of(folder)) cost += cost_to(kThree, line.at("rung").get<int>());
  return cost;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(halving)

BOOST_AUTO_TEST_CASE(shares_grow_by_one_factor_and_costs_add_up) {
  BOOST_TEST(share_of(kThree, 0) == 0.04, kClose);
  BOOST_TEST(share_of(kThree, 1) == 0.2, kClose);
  BOOST_TEST(share_of(kThree, 2) == 1.0);
  BOOST_TEST(cost_to(kThree, 2) == 1.24, kClose);
  BOOST_TEST(n_promoted(kThree, 16) == 4);
  BOOST_TEST(n_promoted(kThree, 1) == 1);
  BOOST_TEST(cost_of(kThree, 16) == 16 * 0.04 + 4 * 0.2 + 1, kClose);
  BOOST_TEST(affordable(kThree, 2.44, 100) == 16);
  BOOST_TEST(affordable(kThree, 2.43, 100) == 15);
  BOOST_TEST(affordable(kThree, 1.23, 100) == 0);
  BOOST_TEST(affordable(kThree, 100, 20) == 20);
  BOOST_TEST(cost_of({}, 7) == 7.0);
  BOOST_TEST(affordable({}, 7, 100) == 7);
}

BOOST_AUTO_TEST_CASE(the_best_of_a_rung_go_on_and_the_others_keep_its_score) {
  const Folder folder;
  Trained problem;
  const auto found = problem.run(context_in(folder.path()));
  std::map<int, std::map<int, std::vector<Toy>>> by_rung;  // of a generation
  for (const Json& line : lines_of(folder)) {
    const Toy toy{line.at("genome").at("genes").get<std::vector<int>>()};
    const int rung = line.at("rung");
    by_rung[line.at("generation")][rung].push_back(toy);
    BOOST_TEST(line.at("metrics").at("rung") == rung);
    BOOST_TEST(line.at("fitness").get<double>() == early_fitness(toy, share_of(kThree, rung)),
               kClose);
  }
  BOOST_TEST(by_rung.size() == 7);
  BOOST_TEST(by_rung[0][0].size() == 12);
  BOOST_TEST(by_rung[0][1].size() == 3);
  for (auto& [generation, rungs] : by_rung) {
    BOOST_TEST(rungs[2].size() == 1);
    for (const int rung : {0, 1}) {
      const double share = share_of(kThree, rung);
      for (const Toy& stayed : rungs[rung])
        for (int above = rung + 1; above < 3; ++above)
          for (const Toy& went_on : rungs[above])
            BOOST_TEST(early_fitness(went_on, share) >= early_fitness(stayed, share));
    }
  }
  const auto counts = problem.counts();
  BOOST_TEST(counts.size() == 2);
  BOOST_TEST(counts.begin()->second == found.evaluations);
  BOOST_TEST(found.effort == cost_of_lines(folder), kClose);
  BOOST_TEST(found.effort < 0.25 * static_cast<double>(found.evaluations));
}

BOOST_AUTO_TEST_CASE(only_whole_trainings_enter_the_pool) {
  const Folder folder;
  ToyOptions options;
  options.weights = true;
  const auto found = Trained(options).run(context_in(folder.path()));
  const auto lines = lines_of(folder);
  BOOST_TEST(found.pool.size() > 0);
  for (const auto& member : found.pool) {
    BOOST_TEST(lines[member.candidate.id.value].at("rung") == 2);
    BOOST_TEST(member.evaluation.fitness == toy_fitness(member.candidate.genome));
  }
  for (const Json& line : lines) BOOST_TEST(line.contains("weights") == (line.at("rung") == 2));
}

BOOST_AUTO_TEST_CASE(the_budget_counts_whole_trainings_and_is_not_exceeded) {
  for (const std::int64_t evaluations : {2, 5, 10}) {
    const Folder folder;
    const auto found = Trained().run(context_in(folder.path()), {evaluations, std::nullopt});
    BOOST_TEST((found.reason == StopReason::kEvaluations));
    const auto budget = static_cast<double>(evaluations);
    BOOST_TEST(found.effort <= budget + 1e-9);
    BOOST_TEST(found.effort > budget - cost_to(kThree, 2));
    BOOST_TEST(found.effort == cost_of_lines(folder), kClose);
    BOOST_TEST(events_named(folder.path(), "generation").back().at("effort") == found.effort);
    BOOST_TEST(found.evaluations > 2 * evaluations);
  }
}

BOOST_AUTO_TEST_CASE(without_rungs_everything_costs_one) {
  const Folder folder;
  Trained problem;
  const auto found = problem.run(context_in(folder.path()), no_budget(), small_settings());
  BOOST_TEST(problem.counts().empty());
  BOOST_TEST(found.effort == static_cast<double>(found.evaluations));
  for (const Json& line : lines_of(folder)) BOOST_TEST(!line.contains("rung"));
}

BOOST_AUTO_TEST_CASE(lanes_and_stops_change_nothing) {
  const Folder whole;
  const auto expected = Trained(child_options()).run(context_in(whole.path()));
  BOOST_TEST(expected.failed > 0);
  ToyOptions options = child_options();
  options.pause = std::chrono::microseconds(200);
  for (const int lanes : {1, 4})
    for (const int n : {1, 9, 17, 20, 21, 40, 60, 100})
      BOOST_TEST_CONTEXT(lanes << " lanes, stop after " << n) {
        const Folder folder;
        std::atomic<bool> stop{false};
        std::atomic<int> finished{0};
        SearchContext context = context_in(folder.path(), lanes);
        context.stop = &stop;
        context.on_progress = [&](std::int64_t, std::int64_t, int) {
          if (++finished >= n) stop = true;
        };
        BOOST_TEST((Trained(options).run(context).reason == StopReason::kSignal));
        const auto found = Trained(options).run(context_in(folder.path(), lanes));
        BOOST_TEST(found.effort == expected.effort, kClose);
        require_equal_searches(whole.path(), folder.path());
      }
}

BOOST_AUTO_TEST_CASE(a_larger_budget_goes_on_as_if_it_had_been_given_at_once) {
  const Folder whole, parts;
  (void)Trained().run(context_in(whole.path()), {10, std::nullopt});
  for (const std::int64_t evaluations : {2, 5, 6, 10})
    (void)Trained().run(context_in(parts.path()), {evaluations, std::nullopt});
  require_equal_searches(whole.path(), parts.path());
}

BOOST_AUTO_TEST_CASE(problems_without_adjustable_effort_refuse_it) {
  const Folder folder;
  const auto says = [](const ConfigError& error) {
    return contains(error.what(), "search.halving.rungs is 3") && contains(error.what(), "toy");
  };
  BOOST_CHECK_EXCEPTION(
      (void)run_small(context_in(folder.path() / "search"), {}, halving_settings()), ConfigError,
      says);
  BOOST_TEST(!std::filesystem::exists(folder.path() / "search"));
}

BOOST_AUTO_TEST_SUITE_END()
