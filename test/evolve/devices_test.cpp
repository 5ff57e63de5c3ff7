#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <string>

#include "engine/evolve/checkpoint.hpp"
#include "test/evolve/files.hpp"
#include "test/evolve/toy.hpp"

using namespace evofactor;
using namespace evofactor::evolve;
using namespace evofactor::evolve::toy;

namespace {

struct Device {
  std::string name;
  SearchSettings search = small_settings();
  PoolSettings pool = small_pool();
};

/// Every way of selecting, in company that makes it hard.
std::vector<Device> devices() {
  std::vector<Device> all;
  auto& islands = all.emplace_back(Device{"islands"});
  islands.search.islands = 3;
  islands.search.migrate_every = 2;
  auto& aging = all.emplace_back(Device{"aging on islands"});
  aging.search.selection = Selection::kAging;
  aging.search.islands = 2;
  aging.search.migrate_every = 3;
  auto& nsga2 = all.emplace_back(Device{"nsga2"});
  nsga2.search.selection = Selection::kNsga2;
  nsga2.search.objectives = {Objective::kFitness, Objective::kSize};
  auto& restarts = all.emplace_back(Device{"restarts and local search"});
  restarts.search.restart_after = 1;
  restarts.search.local_search = 0.3;
  auto& contribution = all.emplace_back(Device{"contribution"});
  contribution.pool.admission = Admission::kContribution;
  contribution.pool.size = 4;
  contribution.search.pool_parents = 0.5;
  for (Device& device : all) device.search.generations = 12;
  return all;
}

Problem<Toy> problem_with_neighbours(const ToyOptions& options) {
  Problem<Toy> problem = toy_problem(options);
  problem.neighbours = [](const Toy& toy) {
    std::vector<Toy> result;
    for (std::size_t i = 0; i < kGenes; ++i)
      for (const int step : {-1, 1}) {
        Toy changed = toy;
        changed.genes[i] += step;
        if (changed.genes[i] >= 0 && changed.genes[i] < kValues) result.push_back(changed);
      }
    return result;
  };
  return problem;
}

SearchResult<Toy> run(const Device& device, const SearchContext& context,
                      const ToyOptions& options = child_options()) {
  return run_search(problem_with_neighbours(options), device.search, device.pool, no_budget(),
                    context);
}

/// Lines of evaluations.ndjson by candidate.
std::vector<Json> lines_of(const Folder& folder) {
  return read_ndjson(folder.path() / "evaluations.ndjson");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(devices_of_a_search)

BOOST_AUTO_TEST_CASE(any_number_of_lanes_gives_the_same_search) {
  for (const Device& device : devices()) BOOST_TEST_CONTEXT(device.name) {
      const Folder one, many;
      const auto found = run(device, context_in(one.path()));
      BOOST_TEST(found.generations == device.search.generations);
      (void)run(device, context_in(many.path(), 4));
      require_equal_searches(one.path(), many.path());
    }
}

BOOST_AUTO_TEST_CASE(stopped_anywhere_it_goes_on_to_the_same_result) {
  for (const Device& device : devices()) BOOST_TEST_CONTEXT(device.name) {
      const Folder whole, parts;
      (void)run(device, context_in(whole.path()));
      for (const int n : {7, 25, 60}) {
        std::atomic<bool> stop{false};
        std::atomic<int> finished{0};
        SearchContext context = context_in(parts.path(), 2);
        context.stop = &stop;
        context.on_progress = [&](std::int64_t, std::int64_t, int) {
          if (++finished >= n) stop = true;
        };
        (void)run(device, context);
      }
      (void)run(device, context_in(parts.path()));
      require_equal_searches(whole.path(), parts.path());
    }
}

BOOST_AUTO_TEST_CASE(islands_breed_apart_but_for_migration) {
  const Device islands = devices()[0];
  const Folder folder;
  (void)run(islands, context_in(folder.path()), {});
  const auto lines = lines_of(folder);
  std::map<int, std::set<int>> seen;
  int from_outside = 0;
  for (const Json& line : lines) {
    const int generation = line.at("generation").get<int>();
    const int island = line.value("island", 0);
    seen[generation].insert(island);
    for (const Json& parent : line.at("parents")) {
      const int home = lines[parent.get<std::size_t>()].value("island", 0);
      if (home == island) continue;
      ++from_outside;
      BOOST_TEST(generation % islands.search.migrate_every == 0);
      BOOST_TEST((home + 1) % 3 == island);
    }
  }
  BOOST_TEST(from_outside > 0);
  for (const auto& [generation, there] : seen) BOOST_TEST(there.size() == 3U);
}

BOOST_AUTO_TEST_CASE(aging_drops_the_oldest_however_good) {
  Device aging = devices()[1];
  aging.search.islands = 1;
  aging.search.replaced = 0.25;
  const Folder folder;
  (void)run(aging, context_in(folder.path()), {});
  // Sixteen members, of which four leave a generation: none lives more than four.
  const Checkpoint last = read_checkpoint(newest_checkpoint(folder.path()));
  BOOST_TEST(last.population.size() == 16U);
  for (const StoredMember& member : last.population) BOOST_TEST(member.lineage.generation > 12 - 4);
}

BOOST_AUTO_TEST_CASE(nsga2_keeps_what_nothing_dominates) {
  const Device nsga2 = devices()[2];
  const Folder folder;
  (void)run(nsga2, context_in(folder.path()), {});
  const auto score = [](const Evaluation& evaluation) {
    return std::pair(evaluation.fitness, -evaluation.metric("nodes"));
  };
  const Checkpoint last = read_checkpoint(newest_checkpoint(folder.path()));
  // The members are those that stayed, then their children: no stayer may be dominated by all
  // that was ever scored more than its place in sixteen needs; the best of each objective stay.
  double fittest = -1, smallest = -1e9;
  for (const Json& line : lines_of(folder)) {
    if (line.at("generation") == 12) continue;
    fittest = std::max(fittest, line.at("fitness").get<double>());
    smallest = std::max(smallest, -line.at("metrics").at("nodes").get<double>());
  }
  bool has_fittest = false, has_smallest = false;
  for (const StoredMember& member : last.population) {
    const auto [fitness, size] = score(std::get<Evaluation>(member.outcome));
    has_fittest = has_fittest || fitness >= fittest;
    has_smallest = has_smallest || size >= smallest;
  }
  BOOST_TEST(has_fittest);
  BOOST_TEST(has_smallest);
  BOOST_TEST(last.population.size() > 16U);
}

BOOST_AUTO_TEST_CASE(stagnation_begins_a_new_population) {
  Device restarts = devices()[3];
  restarts.search.local_search = 0;
  restarts.search.restart_after = 2;
  restarts.search.generations = 60;
  const Folder folder;
  (void)run(restarts, context_in(folder.path()), {});
  std::map<int, std::map<std::string, int>> operators;
  for (const Json& line : lines_of(folder))
    ++operators[line.at("generation").get<int>()][line.at("operator").get<std::string>()];
  double best = -1;
  int stale = 0, n_restarts = 0;
  for (const Json& event : events_named(folder.path(), "generation")) {
    const int generation = event.at("generation").get<int>();
    const bool anew = stale == 2;
    if (anew) best = -1, stale = 0, ++n_restarts;
    if (generation > 0)
      BOOST_TEST((operators[generation].size() == 1 && operators[generation].contains("create")) ==
                 anew);
    stale = event.at("best").get<double>() > best ? 0 : stale + 1;
    best = std::max(best, event.at("best").get<double>());
  }
  BOOST_TEST(n_restarts > 1);
}

BOOST_AUTO_TEST_CASE(local_search_tries_the_best_members_neighbours_once_each) {
  Device local = devices()[3];
  local.search.restart_after = 0;
  const Folder folder;
  const auto found = run(local, context_in(folder.path()), {});
  const auto lines = lines_of(folder);
  int tuned = 0;
  for (const Json& line : lines) {
    if (line.at("operator") != "tune") continue;
    ++tuned;
    const Json& parent = lines[line.at("parents")[0].get<std::size_t>()];
    int distance = 0;
    for (std::size_t i = 0; i < kGenes; ++i)
      distance += std::abs(line.at("genome").at("genes")[i].get<int>() -
                           parent.at("genome").at("genes")[i].get<int>());
    BOOST_TEST(distance == 1);
  }
  // 30 % of 14 slots in each of twelve generations.
  BOOST_TEST(tuned == 4 * 12);
  local.search.local_search = 0;
  const Folder without;
  BOOST_TEST(found.pool.front().evaluation.fitness >=
             run(local, context_in(without.path()), {}).pool.front().evaluation.fitness);
}

BOOST_AUTO_TEST_SUITE_END()
