#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "engine/device/lane.hpp"
#include "engine/evolve/objective_metrics.hpp"
#include "engine/evolve/selection.hpp"
#include "fitness/ranks.hpp"
#include "test/support/temporary_folder.hpp"
#include "test/training/planted.hpp"
#include "training/develop.hpp"

using namespace evofactor;
using namespace evofactor::training;
using evolve::Objective;
using genome::NetGenome;
using test::Planted;

namespace {

constexpr evolve::ObjectiveMetrics kAll{
    .stability = true, .turnover = true, .novelty = true, .contribution = true};

Evaluation evaluation_of(const evolve::Problem<NetGenome>& problem, const NetGenome& genome,
                         const evolve::Hurdle& hurdle) {
  const Candidate<NetGenome> one{CandidateId{0}, genome, {}};
  const Lane lane = device::make_lanes("cpu", 1).front();
  return std::get<Evaluation>(problem.evaluate({&one, 1}, lane, hurdle).front());
}

/// Pearson correlation of two rows over the places where `both` says so.
template <class Both>
double correlation(std::span<const float> a, std::span<const float> b, Both both) {
  double n = 0, sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!both(i)) continue;
    const double x = a[i], y = b[i];
    ++n, sa += x, sb += y, aa += x * x, bb += y * y, ab += x * y;
  }
  const double va = aa - sa * sa / n, vb = bb - sb * sb / n;
  return va > 0 && vb > 0 ? (ab - sa * sb / n) / std::sqrt(va * vb) : 0;
}

double mean_correlation(const Grid<float>& a, const Grid<float>& b) {
  double sum = 0;
  for (std::size_t day = 0; day < a.rows(); ++day)
    sum += correlation(a.row(day), b.row(day), [](std::size_t) { return true; });
  return sum / static_cast<double>(a.rows());
}

/// 1 minus the mean rank correlation of consecutive days over the stocks in the mask on both.
double turnover_of(const FactorValues& factor, const Labels& labels) {
  const int first = factor.days.first;
  double sum = 0;
  int pairs = 0;
  fitness::RankScratch scratch;
  for (int day = first + 1; day < factor.days.last; ++day) {
    std::vector<std::uint8_t> both;
    const auto values = [&](int d) {
      return factor.values.row(static_cast<std::size_t>(d - first));
    };
    for (std::size_t s = 0; s < factor.values.columns(); ++s)
      both.push_back(labels.mask(static_cast<std::size_t>(day) - 1, s) != 0 &&
                     labels.mask(static_cast<std::size_t>(day), s) != 0 &&
                     std::isfinite(values(day - 1)[s]) && std::isfinite(values(day)[s]));
    std::vector<float> before(both.size()), after(both.size());
    fitness::average_ranks(values(day - 1), both, before, scratch);
    fitness::average_ranks(values(day), both, after, scratch);
    sum += correlation(std::span<const float>(before), after,
                       [&](std::size_t s) { return both[s] != 0; });
    ++pairs;
  }
  return 1 - sum / pairs;
}

std::string lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string all;
  for (std::string line; std::getline(in, line);) {
    Json json = Json::parse(line);
    json.erase("seconds");
    all += json.dump() + "\n";
  }
  return all;
}

/// A search over networks whose result no number of lanes and no interruption may change.
/// @returns evaluations.ndjson without times
std::string one_result(const evolve::SearchSettings& search) {
  Planted planted;
  planted.settings.space.steps = {5};
  planted.settings.space.pretrain_steps = {2};
  planted.fold.metrics = objective_metrics(search);
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const test::TemporaryFolder folder;
  const auto run = [&](const char* name, int lanes, int generations) {
    evolve::SearchSettings asked = search;
    asked.generations = generations;
    evolve::SearchContext context;
    context.folder = folder.path() / name;
    context.root = Seed{4};
    context.lanes = device::make_lanes("cpu", lanes);
    context.enter_lane = device::make_enter_lane();
    evolve::PoolSettings pool;
    pool.size = 4;
    pool.max_correlation = 0.9;
    std::string found;
    for (const auto& member : evolve::run_search(problem, asked, pool, {}, context).pool)
      found += fmt::format("{} {}\n", member.candidate.id.value, member.evaluation.fitness);
    return found + lines_of(context.folder / "evaluations.ndjson");
  };
  const std::string whole = run("whole", 1, 3);
  BOOST_TEST(run("three", 3, 3) == whole);
  (void)run("parts", 2, 1);
  BOOST_TEST(run("parts", 1, 3) == whole);
  return lines_of(folder.path() / "whole" / "evaluations.ndjson");
}

/// Values of a metric in the order of candidates.
std::vector<double> metric(const std::string& lines, const char* name) {
  std::vector<double> values;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);)
    if (const Json json = Json::parse(line); json["status"] == "ok")
      values.push_back(json["metrics"].at(name).get<double>());
  return values;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(objectives_of_networks)

BOOST_AUTO_TEST_CASE(objectives_are_what_the_values_for_the_pool_say) {
  Planted planted;
  planted.fold.metrics = kAll;
  const auto problem = make_network_problem(planted.settings, planted.fold);
  NetGenome first = planted.genome(), second = first, third = first;
  second.input.features = {"volume", "high"};
  third.layers.pop_back();

  const Evaluation alone = evaluation_of(problem, first, {});
  BOOST_TEST(alone.metric("novelty") == 1);
  BOOST_TEST(alone.metric("contribution") == alone.fitness);

  const Evaluation other = evaluation_of(problem, second, {});
  const Grid<float> a = problem.pool_values(first, alone), b = problem.pool_values(second, other);
  const evolve::UnitRows rows_a = evolve::unit_rows(a), rows_b = evolve::unit_rows(b);
  evolve::UnitRows sum = rows_a;
  for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += 0.25F * rows_b.values[i];
  evolve::Hurdle hurdle;
  hurdle.rivals = {{other.fitness, &rows_b}, {alone.fitness, &rows_a}};
  hurdle.combination = &sum;
  const Evaluation child = evaluation_of(problem, third, hurdle);
  const Grid<float> values = problem.pool_values(third, child);
  const double to_a = mean_correlation(values, a), to_b = mean_correlation(values, b);
  BOOST_TEST_MESSAGE("correlations " << to_a << " " << to_b);
  BOOST_TEST(std::abs(to_a) > 0.2);
  const auto close = boost::test_tools::tolerance(1e-4);
  BOOST_TEST(child.metric("novelty") == 1 - std::max(std::abs(to_a), std::abs(to_b)), close);
  BOOST_TEST(child.metric("contribution") == std::abs(child.fitness - (to_a + 0.25 * to_b)), close);
  const FactorValues factor =
      network_values(third, *child.weights, planted.small.market, fitted_days(planted.fold));
  BOOST_TEST(child.metric("turnover") == turnover_of(factor, planted.small.labels), close);

  BOOST_TEST(value_of(child, Objective::kSize) == -child.metric("parameters"));
  BOOST_TEST(value_of(child, Objective::kSize) > value_of(alone, Objective::kSize));
  // Of the validation days, on which the fitness is their mean: periods hold 8 days each.
  double mean = 0;
  for (int period = 1; period <= 5; ++period)
    mean += child.metric(fmt::format("period_{}", period)) / 5;
  BOOST_TEST(mean == child.fitness, boost::test_tools::tolerance(0.05));
  BOOST_TEST(value_of(child, Objective::kStability) < 0);
}

BOOST_AUTO_TEST_CASE(fronts_of_fitness_and_novelty_are_the_same_for_any_lanes_and_interruptions) {
  evolve::SearchSettings search;
  search.population = 8;
  search.selection = evolve::Selection::kNsga2;
  const std::string lines = one_result(search);
  const std::vector<double> novelty = metric(lines, "novelty");
  BOOST_TEST(novelty.front() == 1);  // nothing is in the pool yet
  BOOST_TEST(*std::ranges::min_element(novelty) < 0.5);
}

BOOST_AUTO_TEST_CASE(parents_by_contribution_are_the_same_in_either_loop) {
  evolve::SearchSettings search;
  search.population = 8;
  search.parents_by = Objective::kContribution;
  for (const evolve::Loop loop : {evolve::Loop::kGenerations, evolve::Loop::kSteadyState}) {
    search.loop = loop;
    search.lag = 4;
    const std::string lines = one_result(search);
    const std::vector<double> contribution = metric(lines, "contribution");
    std::size_t told_apart = 0;
    std::istringstream in(lines);
    std::vector<double> fitness;
    for (std::string line; std::getline(in, line);)
      if (const Json json = Json::parse(line); json["status"] == "ok")
        fitness.push_back(json["fitness"].get<double>());
    for (std::size_t i = 0; i < fitness.size(); ++i) told_apart += fitness[i] != contribution[i];
    BOOST_TEST(told_apart >= 10U);
  }
}

BOOST_AUTO_TEST_SUITE_END()
