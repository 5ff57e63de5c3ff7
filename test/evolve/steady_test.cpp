#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <mutex>
#include <set>

#include "engine/evolve/checkpoint.hpp"
#include "test/evolve/child.hpp"
#include "test/evolve/files.hpp"
#include "test/evolve/toy.hpp"

using namespace evofactor;
using namespace evofactor::evolve;
using namespace evofactor::evolve::toy;

namespace {

using Company = std::span<const Candidate<Toy>>;

/// A problem whose outcomes tell all that they could depend on: the hurdle, and the company in
/// which a candidate was evaluated.
Problem<Toy> telling_problem(const ToyOptions& options) {
  Problem<Toy> problem = toy_problem(options);
  const auto evaluate = problem.evaluate;
  problem.evaluate = [evaluate](Company candidates, const Lane& lane, const Hurdle& hurdle) {
    double rivals = 0, company = 0, combination = 0;
    for (const Hurdle::Rival& rival : hurdle.rivals)
      rivals += rival.fitness * rival.values->values[3];
    for (const auto& candidate : candidates) company += static_cast<double>(candidate.id.value);
    if (hurdle.combination != nullptr)
      for (const float value : hurdle.combination->values) combination += value * value;
    auto outcomes = evaluate(candidates, lane, hurdle);
    for (Outcome& outcome : outcomes) {
      auto* evaluation = std::get_if<Evaluation>(&outcome);
      if (evaluation == nullptr) continue;
      evaluation->metrics.insert(evaluation->metrics.end(),
                                 {{"elite", hurdle.elite},
                                  {"bar", hurdle.pool},
                                  {"rivals", rivals},
                                  {"combination", combination},
                                  {"contribution", hurdle.contribution.value_or(-1)},
                                  {"company", company}});
    }
    return outcomes;
  };
  return problem;
}

/// As above, and nobody knows how long it takes: not even the same candidate twice as long.
Problem<Toy> moody_problem(std::uint64_t mood) {
  Problem<Toy> problem = telling_problem(child_options());
  const auto evaluate = problem.evaluate;
  problem.evaluate = [evaluate, mood](Company candidates, const Lane& lane, const Hurdle& hurdle) {
    Rng rng(derive(Seed{mood}, "mood", candidates[0].id.value));
    const double pause = rng.chance(0.1) ? 5000 : 50;
    std::this_thread::sleep_for(
        std::chrono::microseconds(static_cast<std::int64_t>(pause * rng.uniform())));
    return evaluate(candidates, lane, hurdle);
  };
  return problem;
}

struct Way {
  std::string name;
  SearchSettings search = steady_settings();
  PoolSettings pool = small_pool();
  int bucket_cap = 1;
};

/// Ways of searching in a steady state, in company that makes it hard.
std::vector<Way> ways() {
  std::vector<Way> all(4);
  all[0].name = "tournaments and the pool";
  all[0].search.pool_parents = 0.5;
  all[0].search.adapt_rates = true;
  all[1].name = "aging, as many ahead as there are members";
  all[1].search.selection = Selection::kAging;
  all[1].search.lag = 16;
  all[2].name = "lexicase, a pool of contributions";
  all[2].search.selection = Selection::kLexicase;
  all[2].pool.admission = Admission::kContribution;
  all[2].pool.size = 4;
  all[3].name = "buckets";
  all[3].search.lag = 16;
  all[3].bucket_cap = 3;
  return all;
}

SearchContext context_for(const Way& way, const std::filesystem::path& folder, int lanes) {
  SearchContext context = context_in(folder, lanes);
  for (Lane& lane : context.lanes) lane.bucket_cap = way.bucket_cap;
  return context;
}

SearchResult<Toy> run(const Way& way, const Problem<Toy>& problem, const SearchContext& context,
                      const Budget& budget = no_budget()) {
  return run_search(problem, way.search, way.pool, budget, context);
}

std::vector<Json> lines_of(const Folder& folder) {
  return read_ndjson(folder.path() / "evaluations.ndjson");
}

std::vector<std::uint64_t> population_of(const Folder& folder) {
  std::vector<std::uint64_t> ids;
  for (const StoredMember& member : read_checkpoint(newest_checkpoint(folder.path())).population)
    ids.push_back(member.id.value);
  return ids;
}

std::string refusal(const Json& search) {
  SearchSettings settings;
  Problems problems;
  read_settings(search, "x.json", "/search", settings, problems);
  return fmt::format("{}", fmt::join(problems.lines(), "\n"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(steady_state)

BOOST_AUTO_TEST_CASE(one_two_and_four_lanes_give_the_same_bits_whatever_takes_long) {
  for (const Way& way : ways()) BOOST_TEST_CONTEXT(way.name) {
      const Folder one;
      const auto expected =
          run(way, telling_problem(child_options()), context_for(way, one.path(), 1));
      BOOST_TEST(expected.evaluations == 7 * 16);
      BOOST_TEST(expected.pool.size() > 0);
      for (const int lanes : {1, 2, 4}) {
        const Folder many;
        (void)run(way, moody_problem(static_cast<std::uint64_t>(lanes)),
                  context_for(way, many.path(), lanes));
        require_equal_searches(one.path(), many.path());
        BOOST_TEST(first_difference(read_text(one.path() / "evaluations.ndjson"),
                                    read_text(many.path() / "evaluations.ndjson")) == "");
      }
    }
}

BOOST_AUTO_TEST_CASE(a_slow_candidate_holds_up_only_what_is_bred_from_it) {
  const int slow = 20;
  Way way;
  const int last = slow + way.search.lag - 1;
  Problem<Toy> problem = toy_problem();
  const auto evaluate = problem.evaluate;
  std::mutex mutex;
  std::condition_variable changed;
  int n_ended = 0;
  bool others_went_on = false;
  std::atomic<bool> is_slow{false};
  std::atomic<int> too_early{0};
  problem.evaluate = [&](Company candidates, const Lane& lane, const Hurdle& hurdle) {
    const int id = static_cast<int>(candidates[0].id.value);
    if (id > last && is_slow) ++too_early;
    if (id == slow) {
      is_slow = true;
      std::unique_lock lock(mutex);
      others_went_on =
          changed.wait_for(lock, std::chrono::seconds(30), [&] { return n_ended == last; });
      // Long enough for one that must not have begun.
      lock.unlock();
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
      is_slow = false;
    }
    auto outcomes = evaluate(candidates, lane, hurdle);
    const std::lock_guard lock(mutex);
    ++n_ended;
    changed.notify_all();
    return outcomes;
  };
  const Folder folder;
  (void)run(way, problem, context_in(folder.path(), 2));
  BOOST_TEST(others_went_on);  // 0 to 19 and 21 to 25 had ended before 20 had
  BOOST_TEST(too_early == 0);
}

BOOST_AUTO_TEST_CASE(a_result_reaches_the_children_bred_after_the_lag_and_none_before) {
  const std::size_t changed = 30;
  Way way;
  way.search.tournament = 300;
  way.search.fresh = 0;
  const Folder plain, lucky;
  (void)run(way, toy_problem(), context_in(plain.path(), 2));
  Problem<Toy> problem = toy_problem();
  const auto evaluate = problem.evaluate;
  problem.evaluate = [&](Company candidates, const Lane& lane, const Hurdle& hurdle) {
    auto outcomes = evaluate(candidates, lane, hurdle);
    if (candidates[0].id.value == changed) std::get<Evaluation>(outcomes[0]).fitness = 2;
    return outcomes;
  };
  (void)run(way, problem, context_in(lucky.path(), 2));
  const auto before = lines_of(plain), after = lines_of(lucky);
  const std::size_t first = changed + static_cast<std::size_t>(way.search.lag);
  for (std::size_t k = 0; k < first; ++k) BOOST_TEST(before[k].at("hash") == after[k].at("hash"));
  BOOST_TEST(after[first].at("parents")[0] == changed);
  for (std::size_t k = 0; k < after.size(); ++k)
    for (const Json& parent : after[k].at("parents"))
      BOOST_TEST(parent.get<std::size_t>() + static_cast<std::size_t>(way.search.lag) <= k);
}

BOOST_AUTO_TEST_CASE(stopped_anywhere_it_goes_on_to_the_same_result) {
  for (const Way& way : ways()) {
    const Folder whole;
    const auto expected =
        run(way, telling_problem(child_options()), context_for(way, whole.path(), 1));
    for (const int lanes : {1, 4})
      for (const int n : {1, 9, 16, 40, 47, 77})
        BOOST_TEST_CONTEXT(way.name << ", " << lanes << " lanes, stop after " << n) {
          const Folder folder;
          std::atomic<bool> stop{false};
          int finished = 0;
          SearchContext context = context_for(way, folder.path(), lanes);
          context.stop = &stop;
          context.on_progress = [&](std::int64_t, std::int64_t, int) {
            if (++finished >= n) stop = true;
          };
          n_evaluated = 0;
          const auto stopped = run(way, moody_problem(5), context);
          BOOST_TEST((stopped.reason == StopReason::kSignal));
          const auto found =
              run(way, telling_problem(child_options()), context_for(way, folder.path(), lanes));
          BOOST_TEST((found.reason == StopReason::kGenerations));
          if (way.bucket_cap == 1) BOOST_TEST(n_evaluated == expected.evaluations);
          require_equal_searches(whole.path(), folder.path());
        }
  }
}

BOOST_AUTO_TEST_CASE(a_killed_search_resumes_to_the_same_result) {
  const Folder parent, whole;
  (void)run_small(context_in(whole.path()), child_options(), steady_settings());
  Rng rng(Seed{20240102});
  int kills = 0;
  // A search that is over before its kill counts for nothing; how many are depends on the machine.
  for (int round = 0; kills < 10; ++round) {
    BOOST_REQUIRE(round < 100);
    const auto folder = parent.path() / std::to_string(round);
    for (int status = -1; status != 0;) {
      const Child child(folder, round % 3 + 1, 2000, "steady_state");
      if (kills < 10)
        child.kill_after(std::chrono::microseconds(rng.between(5000, 200000)), SIGKILL);
      status = child.wait();
      if (status == -1) ++kills;
      BOOST_REQUIRE_MESSAGE(status == -1 || status == 0, child.errors());
    }
    require_equal_searches(whole.path(), folder);
  }
}

BOOST_AUTO_TEST_CASE(more_generations_go_on_as_if_they_had_been_asked_for_at_once) {
  for (Way way : ways()) BOOST_TEST_CONTEXT(way.name) {
      const Folder whole, parts;
      way.search.generations = 9;
      (void)run(way, telling_problem(child_options()), context_for(way, whole.path(), 2));
      for (const int generations : {0, 2, 3, 9}) {
        way.search.generations = generations;
        const auto found =
            run(way, telling_problem(child_options()), context_for(way, parts.path(), 2));
        BOOST_TEST(found.evaluations == 16 * (generations + 1));
      }
      BOOST_TEST(first_difference(timeless(whole.path() / "evaluations.ndjson"),
                                  timeless(parts.path() / "evaluations.ndjson")) == "");
    }
}

BOOST_AUTO_TEST_CASE(an_evaluation_budget_is_met_exactly_and_may_grow) {
  const Way way;
  const Folder whole;
  (void)run(way, telling_problem({}), context_in(whole.path(), 2), {70, std::nullopt});
  for (const std::int64_t evaluations : {1, 5, 16, 17, 32, 50}) {
    const Folder folder;
    const Budget small{evaluations, std::nullopt};
    const auto found = run(way, telling_problem({}), context_in(folder.path(), 3), small);
    BOOST_TEST(found.evaluations == evaluations);
    BOOST_TEST((found.reason == StopReason::kEvaluations));
    BOOST_TEST(static_cast<std::int64_t>(lines_of(folder).size()) == evaluations);
    n_evaluated = 0;
    (void)run(way, telling_problem({}), context_in(folder.path(), 3), {70, std::nullopt});
    BOOST_TEST(n_evaluated == 70 - evaluations);
    require_equal_searches(whole.path(), folder.path());
  }
}

BOOST_AUTO_TEST_CASE(a_budget_of_seconds_ends_at_a_generations_end) {
  const Folder folder;
  const auto found = run({}, toy_problem(), context_in(folder.path()), {std::nullopt, 0.0});
  BOOST_TEST((found.reason == StopReason::kSeconds));
  BOOST_TEST(found.generations == 0);
  BOOST_TEST(found.evaluations == 16);
}

BOOST_AUTO_TEST_CASE(a_record_tells_of_as_many_candidates_as_there_are_members) {
  const Folder folder;
  SearchContext context = context_in(folder.path(), 2);
  std::vector<GenerationRecord> records;
  int calls = 0;
  bool in_bounds = true;
  context.on_generation = [&](const GenerationRecord& record) { records.push_back(record); };
  context.on_progress = [&](std::int64_t done, std::int64_t of, int failed) {
    ++calls;
    in_bounds = in_bounds && done <= of && of == 16 && failed <= done;
  };
  const auto found = run({}, toy_problem(child_options()), context);
  BOOST_TEST(records.size() == 7);
  std::int64_t failed = 0;
  for (const GenerationRecord& record : records) {
    BOOST_TEST(record.created == 16);
    BOOST_TEST(record.evaluations == 16 * (record.generation + 1));
    failed += record.failed;
  }
  BOOST_TEST(failed == found.failed);
  BOOST_TEST(failed > 0);
  BOOST_TEST(calls == found.evaluations);
  BOOST_TEST(in_bounds);
  const auto lines = lines_of(folder);
  for (std::size_t k = 0; k < lines.size(); ++k) BOOST_TEST(lines[k].at("generation") == k / 16);
}

BOOST_AUTO_TEST_CASE(the_oldest_members_leave_but_for_elites) {
  Way way;
  way.search.fresh = 1;  // the best is not always one of the youngest
  way.search.generations = 20;
  const auto best_of_all = [](const Folder& folder) {
    std::uint64_t best = 0;
    const auto lines = lines_of(folder);
    for (const Json& line : lines)
      if (line.at("fitness") > lines[best].at("fitness")) best = line.at("candidate");
    return best;
  };
  const Folder elites, aging;
  (void)run(way, toy_problem(), context_in(elites.path()));
  const auto with_elites = population_of(elites);
  BOOST_TEST(with_elites.size() == 16);
  BOOST_TEST(std::ranges::count(with_elites, best_of_all(elites)) == 1);
  for (std::size_t i = 2; i < 16; ++i) BOOST_TEST(with_elites[i] == 21 * 16 - 16 + i);
  way.search.selection = Selection::kAging;
  (void)run(way, toy_problem(), context_in(aging.path()));
  for (std::size_t i = 0; i < 16; ++i) BOOST_TEST(population_of(aging)[i] == 21 * 16 - 16 + i);
}

BOOST_AUTO_TEST_CASE(it_finds_better_genomes_than_random_search) {
  double best[2];
  for (const bool random : {false, true}) {
    const Folder folder;
    Way way;
    way.search.generations = 20;
    way.search.random = random;
    best[random] =
        run(way, toy_problem(), context_in(folder.path())).pool.front().evaluation.fitness;
  }
  BOOST_TEST(best[0] > best[1] + 0.05);
}

BOOST_AUTO_TEST_CASE(initial_genomes_come_first_and_a_space_that_is_used_up_ends_it) {
  Problem<Toy> problem = toy_problem();
  problem.initial = {Toy{{3, 0, 0, 0, 0, 0, 0, 0}}};
  problem.create = [](Rng& rng) { return Toy{{rng.between(0, 19), 0, 0, 0, 0, 0, 0, 0}}; };
  problem.variations = {{"other", 1, 1, [&problem](Rng& rng, auto) -> std::optional<Toy> {
                           return problem.create(rng);
                         }}};
  for (const int lanes : {1, 3}) {
    const Folder folder;
    const auto found = run({}, problem, context_in(folder.path(), lanes));
    BOOST_TEST((found.reason == StopReason::kGenerations));
    BOOST_TEST(found.evaluations == 20);
    BOOST_TEST(found.generations == 1);
    BOOST_TEST(lines_of(folder)[0].at("operator") == "initial");
    n_evaluated = 0;
    BOOST_TEST(run({}, problem, context_in(folder.path(), lanes)).evaluations == 20);
    BOOST_TEST(n_evaluated == 0);
  }
}

BOOST_AUTO_TEST_CASE(too_many_failures_stop_it) {
  const Folder folder;
  ToyOptions options;
  options.failing = 1;
  const auto found = run({}, toy_problem(options), context_in(folder.path(), 2));
  BOOST_TEST((found.reason == StopReason::kTooManyFailures));
  BOOST_TEST(found.evaluations == 16);
  const auto again = run({}, toy_problem(options), context_in(folder.path(), 2));
  BOOST_TEST((again.reason == StopReason::kTooManyFailures));
}

BOOST_AUTO_TEST_CASE(memory_exhaustion_ends_it_and_keeps_what_was_done) {
  const Folder folder, whole;
  Problem<Toy> problem = toy_problem();
  const auto evaluate = problem.evaluate;
  bool exhausted = true;
  problem.evaluate = [&](Company candidates, const Lane& lane, const Hurdle& hurdle) {
    if (exhausted && candidates[0].id.value == 40) throw std::bad_alloc();
    return evaluate(candidates, lane, hurdle);
  };
  BOOST_CHECK_THROW((void)run({}, problem, context_in(folder.path(), 2)), std::bad_alloc);
  exhausted = false;
  (void)run({}, problem, context_in(whole.path()));
  (void)run({}, problem, context_in(folder.path(), 2));
  require_equal_searches(whole.path(), folder.path());
}

BOOST_AUTO_TEST_CASE(lanes_are_entered_once_each_and_left) {
  const Folder folder;
  SearchContext context = context_in(folder.path(), 3);
  std::atomic<int> inside{0}, entered{0};
  context.enter_lane = [&](const Lane&) {
    ++inside;
    ++entered;
    return std::shared_ptr<void>(nullptr, [&](void*) { --inside; });
  };
  (void)run({}, moody_problem(1), context);
  BOOST_TEST(entered <= 3);
  BOOST_TEST(inside == 0);
}

BOOST_AUTO_TEST_CASE(buckets_hold_equal_shapes_up_to_the_cap) {
  const Way way = ways()[3];
  const Folder folder;
  Problem<Toy> problem = toy_problem();
  const auto evaluate = problem.evaluate;
  std::atomic<int> mixed{0}, large{0}, stacked{0};
  problem.evaluate = [&](Company candidates, const Lane& lane, const Hurdle& hurdle) {
    for (const auto& candidate : candidates)
      if (shape_key(candidate.genome) != shape_key(candidates[0].genome)) ++mixed;
    if (candidates.size() > 3) ++large;
    if (candidates.size() > 1) ++stacked;
    return evaluate(candidates, lane, hurdle);
  };
  (void)run(way, problem, context_for(way, folder.path(), 2));
  BOOST_TEST(mixed == 0);
  BOOST_TEST(large == 0);
  BOOST_TEST(stacked > 10);
}

BOOST_AUTO_TEST_CASE(fewer_candidates_than_the_lanes_could_work_on_are_told) {
  const Folder folder;
  Way way;
  way.search.lag = 2;
  SearchContext context = context_in(folder.path(), 3);
  std::string notes;
  context.on_note = [&](std::string_view note) { notes += note; };
  (void)run(way, toy_problem(), context);
  BOOST_TEST(contains(notes, "lag 2: "));
}

BOOST_AUTO_TEST_CASE(what_only_generations_have_is_refused) {
  const Json steady{{"loop", "steady_state"}, {"population", 64}};
  BOOST_TEST(refusal(steady) == "");
  const auto with = [&](const char* key, const Json& value) {
    Json search = steady;
    search[key] = value;
    return refusal(search);
  };
  for (const auto& [key, value] : {std::pair<const char*, Json>{"islands", 2},
                                   {"local_search", 0.1},
                                   {"restart_after", 5},
                                   {"selection", "nsga2"},
                                   {"halving", Json{{"rungs", 3}}},
                                   {"lag", 65}}) {
    const std::string message = with(key, value);
    BOOST_TEST_CONTEXT(message) {
      BOOST_TEST(message.starts_with(fmt::format("x.json:/search/{}: ", key)));
      BOOST_TEST(contains(message, "loop"));
    }
  }
  BOOST_TEST(with("selection", "lexicase") == "");
  BOOST_TEST(with("elites", 5) == "");
}

BOOST_AUTO_TEST_SUITE_END()
