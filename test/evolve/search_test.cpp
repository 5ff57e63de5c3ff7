#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "test/evolve/files.hpp"
#include "test/evolve/toy.hpp"

using namespace evofactor;
using namespace evofactor::evolve;
using namespace evofactor::evolve::toy;

namespace {

/// These searches sync to the disk all the time; where there is one, a disk in memory keeps the
/// tests fast.
struct FastFolders {
  FastFolders() {
    if (std::filesystem::is_directory("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 0);
  }
};
BOOST_TEST_GLOBAL_FIXTURE(FastFolders);

void require_equal_pools(const SearchResult<Toy>& a, const SearchResult<Toy>& b) {
  BOOST_REQUIRE_EQUAL(a.pool.size(), b.pool.size());
  for (std::size_t i = 0; i < a.pool.size(); ++i) {
    BOOST_TEST(a.pool[i].candidate.id.value == b.pool[i].candidate.id.value);
    BOOST_TEST((a.pool[i].candidate.genome == b.pool[i].candidate.genome));
    BOOST_TEST((a.pool[i].candidate.lineage == b.pool[i].candidate.lineage));
    BOOST_TEST(a.pool[i].evaluation.fitness == b.pool[i].evaluation.fitness);
    BOOST_TEST((a.pool[i].values == b.pool[i].values));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(search)

BOOST_AUTO_TEST_CASE(evolution_finds_better_genomes_than_random_search) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    double best[2];
    for (const bool random : {false, true}) {
      const Folder folder;
      SearchContext context = context_in(folder.path());
      context.root = Seed{seed};
      SearchSettings settings = small_settings();
      settings.generations = 20;
      settings.random = random;
      const auto found = run_small(context, {}, settings);
      BOOST_REQUIRE(!found.pool.empty());
      best[random] = found.pool.front().evaluation.fitness;
    }
    BOOST_TEST_CONTEXT("seed " << seed) { BOOST_TEST(best[0] > best[1] + 0.05); }
  }
}

BOOST_AUTO_TEST_CASE(random_search_breeds_no_candidate) {
  const Folder folder;
  SearchSettings settings = small_settings();
  settings.random = true;
  (void)run_small(context_in(folder.path()), {}, settings);
  for (const Json& line : read_ndjson(folder.path() / "evaluations.ndjson"))
    BOOST_TEST(line.at("operator") == "create");
}

BOOST_AUTO_TEST_CASE(every_candidate_has_one_line_in_order_and_no_content_is_scored_twice) {
  const Folder folder;
  const auto found = run_small(context_in(folder.path()));
  const auto lines = read_ndjson(folder.path() / "evaluations.ndjson");
  BOOST_TEST(static_cast<std::int64_t>(lines.size()) == found.evaluations);
  std::set<std::string> hashes;
  std::set<std::string> operators;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    BOOST_TEST(lines[i].at("candidate") == i);
    hashes.insert(lines[i].at("hash").get<std::string>());
    operators.insert(lines[i].at("operator").get<std::string>());
    for (const Json& parent : lines[i].at("parents")) BOOST_TEST(parent.get<std::size_t>() < i);
  }
  BOOST_TEST(hashes.size() == lines.size());
  BOOST_TEST((operators == std::set<std::string>{"create", "crossover", "step"}));
  const auto events = read_ndjson(folder.path() / "events.ndjson");
  BOOST_TEST(events.size() == 8);
  BOOST_TEST(events.back() == (Json{{"event", "stop"}, {"reason", "generations"}}));
  BOOST_TEST(events[6].at("evaluations") == found.evaluations);
  BOOST_TEST(events[6].at("pool") == found.pool.size());
  BOOST_TEST(events[6].at("best") == found.pool.front().evaluation.fitness);
}

BOOST_AUTO_TEST_CASE(known_candidates_take_their_place_again_without_being_evaluated) {
  // Four genomes in all: the search soon knows every one of them.
  const Folder folder;
  Problem<Toy> problem = toy_problem();
  problem.create = [](Rng& rng) { return Toy{{rng.between(0, 3), 0, 0, 0, 0, 0, 0, 0}}; };
  problem.variations = {{"other", 1, 1, [&problem](Rng& rng, auto) -> std::optional<Toy> {
                           return problem.create(rng);
                         }}};
  SearchSettings settings = small_settings();
  settings.generations = 1000;
  n_evaluated = 0;
  const auto found =
      run_search(problem, settings, small_pool(), no_budget(), context_in(folder.path()));
  BOOST_TEST(found.evaluations == 4);
  BOOST_TEST(n_evaluated == 4);
  BOOST_TEST(found.cached > 0);
  BOOST_TEST(found.duplicates > 0);
  BOOST_TEST(found.generations < 20);  // with nothing new to find it ends early
}

BOOST_AUTO_TEST_CASE(initial_genomes_come_first) {
  const Folder folder;
  Problem<Toy> problem = toy_problem();
  problem.initial = {Toy{{1, 2, 3, 4, 5, 6, 7, 8}}, Toy{{8, 7, 6, 5, 4, 3, 2, 1}}};
  (void)run_search(problem, small_settings(), small_pool(), no_budget(), context_in(folder.path()));
  const auto lines = read_ndjson(folder.path() / "evaluations.ndjson");
  BOOST_TEST(lines[1].at("genome").at("genes").dump() == "[8,7,6,5,4,3,2,1]");
  BOOST_TEST(lines[1].at("operator") == "initial");
  BOOST_TEST(lines[2].at("operator") == "create");
}

BOOST_AUTO_TEST_CASE(failures_of_every_kind_are_recorded_and_the_search_goes_on) {
  const Folder folder;
  ToyOptions options;
  options.failing = 0.5;
  SearchSettings settings = small_settings();
  settings.generations = 10;
  const auto found = run_small(context_in(folder.path()), options, settings);
  BOOST_TEST((found.reason == StopReason::kGenerations));
  std::set<std::string> kinds;
  std::int64_t failed = 0;
  for (const Json& line : read_ndjson(folder.path() / "evaluations.ndjson")) {
    if (line.at("status") != "failed") continue;
    ++failed;
    kinds.insert(line.at("failure").at("kind").get<std::string>());
    BOOST_TEST(line.at("failure").at("message") == "as \"planned\"\n");
    BOOST_TEST(!line.contains("fitness"));
  }
  BOOST_TEST(kinds.size() == 6);
  BOOST_TEST(found.failed == failed);
  BOOST_TEST(found.pool.size() > 0);
}

BOOST_AUTO_TEST_CASE(exceptions_wrong_lengths_and_non_finite_fitness_become_failures) {
  const Folder folder;
  Problem<Toy> problem = toy_problem();
  const auto evaluate = problem.evaluate;
  problem.evaluate = [evaluate](std::span<const Candidate<Toy>> candidates, const Lane& lane,
                                const Hurdle& hurdle) {
    auto outcomes = evaluate(candidates, lane, hurdle);
    switch (candidates[0].id.value % 8) {
      case 1:
        throw std::runtime_error("broken \xff evaluator");
      case 2:
        throw 42;
      case 3:
        outcomes.clear();
        break;
      case 4:
        std::get<Evaluation>(outcomes[0]).fitness = std::nan("");
        break;
      default:
        break;
    }
    return outcomes;
  };
  const auto found = run_search(problem, small_settings(), small_pool(), no_budget(),
                                context_in(folder.path(), 2));
  BOOST_TEST((found.reason == StopReason::kGenerations));
  const auto lines = read_ndjson(folder.path() / "evaluations.ndjson");
  auto failure = [&](std::size_t i) { return lines[i].at("failure"); };
  BOOST_TEST(failure(1).at("kind") == "error");
  BOOST_TEST(failure(1).at("message") == "broken \ufffd evaluator");
  BOOST_TEST(failure(2).at("kind") == "error");
  BOOST_TEST(failure(3).at("message") == "0 outcomes for 1 candidates");
  BOOST_TEST(failure(4).at("kind") == "non_finite");
  BOOST_TEST(lines[5].at("status") == "ok");
}

BOOST_AUTO_TEST_CASE(parents_can_come_from_the_pool) {
  const Folder folder;
  SearchSettings settings = small_settings();
  settings.pool_parents = 1;
  (void)run_search(toy_problem(), settings, small_pool(), no_budget(), context_in(folder.path()));
  std::map<std::uint64_t, double> fitness;
  int children = 0;
  for (const Json& line : read_ndjson(folder.path() / "evaluations.ndjson")) {
    fitness[line.at("candidate")] = line.at("fitness");
    for (const Json& parent : line.at("parents")) {
      ++children;
      BOOST_TEST(fitness.at(parent) >= small_pool().min_rank_ic);
    }
  }
  BOOST_TEST(children > 50);
}

/// Approximates below what matters, now and then far too low.
Problem<Toy> screening_problem() {
  Problem<Toy> problem = toy_problem();
  const auto evaluate = problem.evaluate;
  problem.evaluate = [evaluate](std::span<const Candidate<Toy>> candidates, const Lane& lane,
                                const Hurdle& hurdle) {
    std::vector<Outcome> outcomes = evaluate(candidates, lane, hurdle);
    auto& evaluation = std::get<Evaluation>(outcomes[0]);
    const std::uint64_t hash = content_hash(candidates[0].genome).value;
    const double screened = evaluation.fitness - (hash % 5 == 0 ? 0.3 : 0.001);
    if (screened >= hurdle.elite || screened >= hurdle.pool) return outcomes;
    evaluation.scoring = hash % 3 == 0 ? Scoring::kChecked : Scoring::kScreened;
    if (hash % 3 != 0) evaluation.fitness = screened;
    return outcomes;
  };
  return problem;
}

BOOST_AUTO_TEST_CASE(approximate_scores_never_reach_the_pool_and_mistakes_are_counted) {
  const Folder folder;
  SearchSettings settings = small_settings();
  settings.generations = 12;
  const auto found = run_search(screening_problem(), settings, small_pool(), no_budget(),
                                context_in(folder.path(), 2));
  std::map<std::uint64_t, Json> lines;
  std::int64_t screened = 0, checked = 0, missed = 0;
  for (const Json& line : read_ndjson(folder.path() / "evaluations.ndjson")) {
    lines[line.at("candidate")] = line;
    if (!line.contains("scoring")) continue;
    ++(line["scoring"] == "screened" ? screened : checked);
  }
  for (const auto& member : found.pool) {
    BOOST_TEST((member.evaluation.scoring != Scoring::kScreened));
    BOOST_TEST(member.evaluation.fitness == toy_fitness(member.candidate.genome));
  }
  for (const Json& event : read_ndjson(folder.path() / "events.ndjson")) {
    if (event.at("event") != "generation") continue;
    screened -= event.at("screened").get<std::int64_t>();
    checked -= event.at("checked").get<std::int64_t>();
    missed += event.at("missed").get<std::int64_t>();
  }
  BOOST_TEST(screened == 0);
  BOOST_TEST(checked == 0);
  BOOST_TEST(missed > 0);
}

BOOST_AUTO_TEST_CASE(a_screened_search_is_the_same_interrupted_and_on_any_lanes) {
  const Folder whole, parts;
  SearchSettings settings = small_settings();
  settings.generations = 9;
  settings.pool_parents = 0.5;
  settings.adapt_rates = true;
  settings.selection = Selection::kLexicase;
  const auto run = [&](const std::filesystem::path& path, int generations, int lanes) {
    settings.generations = generations;
    return run_search(screening_problem(), settings, small_pool(), no_budget(),
                      context_in(path, lanes));
  };
  const auto a = run(whole.path(), 9, 1);
  (void)run(parts.path(), 4, 3);
  const auto b = run(parts.path(), 9, 2);
  require_equal_pools(a, b);
  BOOST_TEST(first_difference(timeless(whole.path() / "evaluations.ndjson"),
                              timeless(parts.path() / "evaluations.ndjson")) == "");
}

BOOST_AUTO_TEST_CASE(host_memory_exhaustion_ends_the_search_and_keeps_what_was_done) {
  const Folder folder;
  Problem<Toy> problem = toy_problem();
  const auto evaluate = problem.evaluate;
  bool exhausted = true;
  problem.evaluate = [&](std::span<const Candidate<Toy>> candidates, const Lane& lane,
                         const Hurdle& hurdle) {
    if (exhausted && candidates[0].id.value == 20) throw std::bad_alloc();
    return evaluate(candidates, lane, hurdle);
  };
  auto run = [&](const std::filesystem::path& path) {
    return run_search(problem, small_settings(), small_pool(), no_budget(), context_in(path));
  };
  BOOST_CHECK_THROW((void)run(folder.path()), std::bad_alloc);
  exhausted = false;
  const Folder whole;
  const auto a = run(whole.path());
  const auto b = run(folder.path());
  require_equal_pools(a, b);
  require_equal_searches(whole.path(), folder.path());
}

BOOST_AUTO_TEST_CASE(one_two_and_eight_lanes_give_the_same_search) {
  ToyOptions options = child_options();
  options.pause = std::chrono::microseconds(300);
  const Folder one;
  const auto expected = run_small(context_in(one.path(), 1), options);
  for (const int lanes : {2, 8}) {
    BOOST_TEST_CONTEXT(lanes << " lanes") {
      const Folder many;
      const auto found = run_small(context_in(many.path(), lanes), options);
      require_equal_pools(expected, found);
      require_equal_searches(one.path(), many.path());
      BOOST_TEST(first_difference(read_text(one.path() / "evaluations.ndjson"),
                                  read_text(many.path() / "evaluations.ndjson")) == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(lanes_are_entered_once_per_task_and_left) {
  const Folder folder;
  SearchContext context = context_in(folder.path(), 2);
  std::atomic<int> inside{0}, entered{0};
  context.enter_lane = [&](const Lane&) {
    ++inside;
    ++entered;
    return std::shared_ptr<void>(nullptr, [&](void*) { --inside; });
  };
  Problem<Toy> problem = toy_problem();
  const auto evaluate = problem.evaluate;
  std::atomic<int> outside{0};
  problem.evaluate = [&](std::span<const Candidate<Toy>> candidates, const Lane& lane,
                         const Hurdle& hurdle) {
    if (inside == 0) ++outside;
    return evaluate(candidates, lane, hurdle);
  };
  (void)run_search(problem, small_settings(), small_pool(), no_budget(), context);
  BOOST_TEST(outside == 0);
  BOOST_TEST(inside == 0);
  BOOST_TEST(entered < 60);
}

BOOST_AUTO_TEST_CASE(an_evaluation_budget_is_met_exactly) {
  for (const std::int64_t evaluations : {1, 16, 17, 50}) {
    const Folder folder;
    const auto found =
        run_small(context_in(folder.path()), {}, small_settings(), {evaluations, std::nullopt});
    BOOST_TEST(found.evaluations == evaluations);
    BOOST_TEST((found.reason == StopReason::kEvaluations));
    BOOST_TEST(static_cast<std::int64_t>(
                   read_ndjson(folder.path() / "evaluations.ndjson").size()) == evaluations);
  }
}

BOOST_AUTO_TEST_CASE(a_budget_of_seconds_ends_at_a_generations_end) {
  const Folder folder;
  const auto found =
      run_small(context_in(folder.path()), {}, small_settings(), {std::nullopt, 0.0});
  BOOST_TEST((found.reason == StopReason::kSeconds));
  BOOST_TEST(found.generations == 0);
  BOOST_TEST(found.evaluations == 16);
}

BOOST_AUTO_TEST_CASE(too_many_failures_stop_the_search_with_a_table) {
  const Folder folder;
  ToyOptions options;
  options.failing = 1;
  SearchContext context = context_in(folder.path());
  std::string notes;
  context.on_note = [&](std::string_view note) { notes += note; };
  const auto found = run_small(context, options);
  BOOST_TEST((found.reason == StopReason::kTooManyFailures));
  BOOST_TEST(found.evaluations == 16);
  BOOST_TEST(contains(notes, "generation 0: 16 of 16 new candidates failed"));
  BOOST_TEST(contains(notes, "operator"));
  BOOST_TEST(contains(notes, "create"));
  BOOST_TEST(contains(notes, "degenerate"));
  BOOST_TEST(events_named(folder.path(), "stop").back().at("reason") == "too_many_failures");
  const auto again = run_small(context, options);
  BOOST_TEST((again.reason == StopReason::kTooManyFailures));
  BOOST_TEST(again.evaluations == 16);
}

BOOST_AUTO_TEST_CASE(buckets_hold_equal_shapes_up_to_the_cap) {
  const Folder folder;
  SearchContext context = context_in(folder.path(), 2);
  for (Lane& lane : context.lanes) lane.bucket_cap = 3;
  Problem<Toy> problem = toy_problem();
  const auto evaluate = problem.evaluate;
  std::atomic<int> mixed{0}, large{0}, stacked{0};
  problem.evaluate = [&](std::span<const Candidate<Toy>> candidates, const Lane& lane,
                         const Hurdle& hurdle) {
    for (const auto& candidate : candidates)
      if (shape_key(candidate.genome) != shape_key(candidates[0].genome)) ++mixed;
    if (candidates.size() > 3) ++large;
    if (candidates.size() == 3) ++stacked;
    return evaluate(candidates, lane, hurdle);
  };
  (void)run_search(problem, small_settings(), small_pool(), no_budget(), context);
  BOOST_TEST(mixed == 0);
  BOOST_TEST(large == 0);
  BOOST_TEST(stacked > 10);
}

BOOST_AUTO_TEST_CASE(progress_counts_every_candidate) {
  const Folder folder;
  SearchContext context = context_in(folder.path(), 2);
  std::atomic<int> calls{0};
  std::vector<GenerationRecord> records;
  context.on_progress = [&](std::int64_t, std::int64_t, int) { ++calls; };
  context.on_generation = [&](const GenerationRecord& record) { records.push_back(record); };
  const auto found = run_small(context);
  BOOST_TEST(calls == found.evaluations);
  BOOST_TEST(records.size() == 7);
  BOOST_TEST(records.back().generation == 6);
}

BOOST_AUTO_TEST_SUITE_END()
