#include "engine/evolve/search.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "baselines/gp/formula_problem.hpp"
#include "data/synthetic.hpp"
#include "engine/formula/evaluate.hpp"
#include "test/support/temporary_folder.hpp"

using namespace evofactor;

namespace {

/// Signed test rank IC of the best formula of a short search.
double test_rank_ic_of_best(const Market& market, const Labels& labels) {
  const fitness::RankIcScorer scorer(labels, 5);
  gp::FormulaFold fold;
  fold.market = &market;
  fold.scorer = &scorer;
  SplitSettings split;
  split.train = 200;
  split.validate = 40;
  split.test = 90;
  fold.split = make_splits(market.calendar, split, {}).front();
  const auto problem = gp::make_formula_problem({}, fold);
  evolve::SearchSettings search;
  search.population = 60;
  search.generations = 8;
  evolve::PoolSettings pool;
  pool.min_rank_ic = -1;
  const test::TemporaryFolder folder;
  evolve::SearchContext context;
  context.folder = folder.path() / "search";
  context.root = Seed{1};
  context.lanes = {Lane{}};
  const auto result = evolve::run_search(problem, search, pool, {}, context);
  BOOST_REQUIRE(!result.pool.empty());
  const auto& best = result.pool.front();
  BOOST_TEST_MESSAGE(problem.text(best.candidate.genome));
  const DayRange days = fold.split.test.part.days;
  const auto values = formula::evaluate(best.candidate.genome.program, market, days);
  return best.evaluation.sign * scorer.score(values, days).rank_ic.mean;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(search_for_formulas)

/// What lanes, memory and interruptions must not change.
void require_one_result(const evolve::SearchSettings& search, const evolve::PoolSettings& pool,
                        gp::GpSettings settings) {
  const Panel panel =
      simulate_panel({.stocks = 120, .universe = 100, .days = 300, .seed = Seed{1}});
  const Market market = make_market(panel, {});
  const Labels labels = make_labels(panel, market, {}, {});
  const fitness::RankIcScorer scorer(labels, 5);
  gp::FormulaFold fold;
  fold.market = &market;
  fold.scorer = &scorer;
  fold.split = make_splits(market.calendar, {.train = 80, .validate = 30, .test = 30}, {}).front();
  fold.metrics = objective_metrics(search);
  const test::TemporaryFolder folder;
  std::int64_t screened = 0;
  const auto run = [&](const char* name, int lanes, int arena_mib, int generations) {
    settings.arena_mib = arena_mib;
    const auto problem = gp::make_formula_problem(settings, fold);
    evolve::SearchSettings asked = search;
    asked.generations = generations;
    evolve::SearchContext context;
    context.folder = folder.path() / name;
    context.root = Seed{1};
    for (int lane = 0; lane < lanes; ++lane) context.lanes.push_back({.index = lane});
    context.on_generation = [&](const evolve::GenerationRecord& r) { screened += r.screened; };
    std::string found;
    for (const auto& member : evolve::run_search(problem, asked, pool, {}, context).pool)
      found += fmt::format("{} {} {}\n", member.candidate.id.value,
                           problem.text(member.candidate.genome), member.evaluation.fitness);
    return found;
  };
  const std::string whole = run("whole", 1, 64, 8);
  BOOST_TEST(!whole.empty());
  BOOST_TEST(screened > 100);
  BOOST_TEST(run("three", 3, 0, 8) == whole);
  (void)run("parts", 2, 1, 3);
  BOOST_TEST(run("parts", 1, 8, 8) == whole);
}

BOOST_AUTO_TEST_CASE(lanes_memory_and_interruptions_change_nothing) {
  evolve::SearchSettings search;
  search.population = 60;
  search.pool_parents = 0.5;
  search.adapt_rates = true;
  evolve::PoolSettings pool;
  pool.size = 5;
  require_one_result(search, pool, {});
}

BOOST_AUTO_TEST_CASE(nor_where_everything_depends_on_the_pool) {
  evolve::SearchSettings search;
  search.population = 60;
  search.selection = evolve::Selection::kNsga2;
  search.objectives = {evolve::Objective::kFitness, evolve::Objective::kStability,
                       evolve::Objective::kTurnover, evolve::Objective::kNovelty,
                       evolve::Objective::kContribution};
  search.islands = 2;
  search.migrate_every = 2;
  search.local_search = 0.2;
  evolve::PoolSettings pool;
  pool.size = 5;
  pool.max_correlation = 0.9;
  pool.admission = evolve::Admission::kContribution;
  gp::GpSettings settings;
  settings.semantic = true;
  settings.exchange = gp::Exchange::kSizeFair;
  require_one_result(search, pool, settings);
}

BOOST_AUTO_TEST_CASE(nor_in_a_steady_state) {
  evolve::SearchSettings search;
  search.population = 60;
  search.loop = evolve::Loop::kSteadyState;
  search.lag = 20;
  search.pool_parents = 0.2;
  search.parents_by = evolve::Objective::kContribution;
  evolve::PoolSettings pool;
  pool.size = 5;
  pool.admission = evolve::Admission::kContribution;
  gp::GpSettings settings;
  settings.semantic = true;
  require_one_result(search, pool, settings);
}

BOOST_AUTO_TEST_CASE(planted_signals_are_found_and_shuffled_labels_hold_none,
                     *boost::unit_test::label("slow")) {
  const Panel panel =
      simulate_panel({.stocks = 450, .universe = 400, .days = 500, .seed = Seed{2}});
  const Market market = make_market(panel, {});
  Labels labels = make_labels(panel, market, {}, {});
  const double planted = test_rank_ic_of_best(market, labels);
  BOOST_TEST(planted > 0.025);

  shuffle_labels(labels, Seed{5});
  const double shuffled = test_rank_ic_of_best(market, labels);
  BOOST_TEST(std::abs(shuffled) < 0.02);
}

BOOST_AUTO_TEST_SUITE_END()
