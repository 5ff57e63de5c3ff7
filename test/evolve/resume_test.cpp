#include <boost/test/unit_test.hpp>
#include <csignal>
#include <fstream>

#include "test/evolve/child.hpp"
#include "test/evolve/files.hpp"
#include "test/evolve/toy.hpp"

using namespace evofactor;
using namespace evofactor::evolve;
using namespace evofactor::evolve::toy;

namespace {

SearchSettings with_generations(int generations) {
  SearchSettings settings = small_settings();
  settings.generations = generations;
  return settings;
}

/// Runs until `n` candidates have finished, then stops as a signal would.
SearchResult<Toy> run_until(int n, SearchContext context, const ToyOptions& options) {
  std::atomic<bool> stop{false};
  std::atomic<int> finished{0};
  context.stop = &stop;
  context.on_progress = [&](std::int64_t, std::int64_t, int) {
    if (++finished >= n) stop = true;
  };
  return run_small(context, options);
}

void damage(const std::filesystem::path& file) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(std::filesystem::file_size(file) / 2));
  for (int i = 0; i < 600; ++i) stream.put(static_cast<char>(i * 37 + 11));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(resume)

BOOST_AUTO_TEST_CASE(six_generations_equal_three_then_three_more) {
  const Folder whole, parts;
  const ToyOptions options = child_options();
  (void)run_small(context_in(whole.path()), options, with_generations(6));
  (void)run_small(context_in(parts.path()), options, with_generations(3));
  SearchContext context = context_in(parts.path());
  const auto found = run_small(context, options, with_generations(6));
  BOOST_TEST(found.generations == 6);
  BOOST_TEST(first_difference(timeless(whole.path() / "evaluations.ndjson"),
                              timeless(parts.path() / "evaluations.ndjson")) == "");
  // The number of generations asked for differs in the first half, and nothing else.
  std::string a = datasets(newest_checkpoint(whole.path()));
  std::string b = datasets(newest_checkpoint(parts.path()));
  const std::string asked = "/history/generations: 6 6 6 6 6 6 6";
  BOOST_REQUIRE(a.find(asked) != std::string::npos);
  a.erase(a.find(asked), asked.size());
  const std::string halves = "/history/generations: 3 3 3 3 6 6 6";
  BOOST_REQUIRE(b.find(halves) != std::string::npos);
  b.erase(b.find(halves), halves.size());
  BOOST_TEST(first_difference(a, b) == "");
  const auto resumed = events_named(parts.path(), "resume");
  BOOST_REQUIRE(resumed.size() == 1);
  BOOST_TEST(resumed[0].at("generation") == 3);
  BOOST_TEST(resumed[0].at("from") == "ckpt_000003.h5");
}

BOOST_AUTO_TEST_CASE(a_finished_search_is_left_as_it_is) {
  const Folder folder;
  const auto first = run_small(context_in(folder.path()), child_options());
  const std::string events = read_text(folder.path() / "events.ndjson");
  n_evaluated = 0;
  const auto again = run_small(context_in(folder.path()), child_options());
  BOOST_TEST(n_evaluated == 0);
  BOOST_TEST(read_text(folder.path() / "events.ndjson") == events);
  BOOST_TEST(again.evaluations == first.evaluations);
  BOOST_TEST(again.duplicates == first.duplicates);
  BOOST_TEST(again.failed == first.failed);
  BOOST_TEST((again.reason == first.reason));
  BOOST_REQUIRE(again.pool.size() == first.pool.size());
  for (std::size_t i = 0; i < first.pool.size(); ++i) {
    BOOST_TEST((again.pool[i].values == first.pool[i].values));
    BOOST_TEST(again.pool[i].candidate.id.value == first.pool[i].candidate.id.value);
    BOOST_TEST(*again.pool[i].evaluation.weights == *first.pool[i].evaluation.weights);
  }
}

BOOST_AUTO_TEST_CASE(a_stop_keeps_every_finished_candidate) {
  const Folder whole;
  ToyOptions options = child_options();
  const auto expected = run_small(context_in(whole.path()), options);
  options.pause = std::chrono::microseconds(300);
  for (const int lanes : {1, 4}) {
    for (const int n : {1, 9, 16, 40, 77}) {
      BOOST_TEST_CONTEXT(lanes << " lanes, stop after " << n) {
        const Folder folder;
        n_evaluated = 0;
        const auto stopped = run_until(n, context_in(folder.path(), lanes), options);
        BOOST_TEST((stopped.reason == StopReason::kSignal));
        BOOST_TEST(events_named(folder.path(), "stop").back().at("reason") == "signal");
        const auto found = run_small(context_in(folder.path(), lanes), options);
        BOOST_TEST((found.reason == StopReason::kGenerations));
        BOOST_TEST(n_evaluated == expected.evaluations);  // nothing was evaluated twice
        require_equal_searches(whole.path(), folder.path());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_larger_budget_goes_on_as_if_it_had_been_given_at_once) {
  const Folder whole, parts;
  const Budget large{70, std::nullopt}, small{37, std::nullopt};
  (void)run_small(context_in(whole.path()), {}, small_settings(), large);
  (void)run_small(context_in(parts.path()), {}, small_settings(), small);
  n_evaluated = 0;
  SearchContext context = context_in(parts.path());
  context.identity["budget"]["evaluations"] = 70;
  const auto found = run_small(context, {}, small_settings(), large);
  BOOST_TEST(found.evaluations == 70);
  BOOST_TEST(n_evaluated == 70 - 37);
  BOOST_TEST(first_difference(timeless(whole.path() / "evaluations.ndjson"),
                              timeless(parts.path() / "evaluations.ndjson")) == "");
  BOOST_TEST(first_difference(generation_events(whole.path()), generation_events(parts.path())) ==
             "");
}

BOOST_AUTO_TEST_CASE(a_torn_last_line_is_dropped) {
  const Folder whole, torn;
  (void)run_small(context_in(whole.path()), child_options());
  (void)run_until(20, context_in(torn.path()), child_options());
  std::ofstream(torn.path() / "evaluations.ndjson", std::ios::app) << "{\"candidate\":20,\"gener";
  SearchContext context = context_in(torn.path());
  std::string notes;
  context.on_note = [&](std::string_view note) { notes += note; };
  (void)run_small(context, child_options());
  BOOST_TEST(contains(notes, "is torn and was dropped"));
  require_equal_searches(whole.path(), torn.path());
}

BOOST_AUTO_TEST_CASE(a_damaged_line_costs_it_and_what_follows) {
  const Folder whole, bad;
  (void)run_small(context_in(whole.path()), child_options());
  (void)run_until(60, context_in(bad.path()), child_options());
  std::string text = read_text(bad.path() / "evaluations.ndjson");
  const std::size_t at = text.find("\"candidate\":30");
  BOOST_REQUIRE(at != std::string::npos);
  text[at] = 'X';
  std::ofstream(bad.path() / "evaluations.ndjson", std::ios::trunc) << text;
  SearchContext context = context_in(bad.path());
  std::string notes;
  context.on_note = [&](std::string_view note) { notes += fmt::format("{}\n", note); };
  (void)run_small(context, child_options());
  BOOST_TEST(contains(notes, "evaluations.ndjson:31: not a line of a journal"));
  BOOST_TEST(contains(notes, "the journal holds 30"));
  require_equal_searches(whole.path(), bad.path());
}

BOOST_AUTO_TEST_CASE(a_damaged_newest_checkpoint_falls_back_to_an_older_one) {
  const Folder whole, folder;
  const ToyOptions options = child_options();
  (void)run_small(context_in(whole.path()), options);
  (void)run_small(context_in(folder.path()), options);
  damage(folder.path() / "checkpoint/ckpt_000006.h5");
  SearchContext context = context_in(folder.path());
  std::string notes;
  context.on_note = [&](std::string_view note) { notes += note; };
  (void)run_small(context, options);
  BOOST_TEST(contains(notes, "skipped a checkpoint: "));
  BOOST_TEST(contains(notes, "ckpt_000006.h5"));
  BOOST_TEST(events_named(folder.path(), "resume").back().at("from") == "ckpt_000005.h5");
  require_equal_searches(whole.path(), folder.path());
}

BOOST_AUTO_TEST_CASE(an_unfinished_save_and_a_wrong_latest_do_no_harm) {
  const Folder whole, folder;
  (void)run_small(context_in(whole.path()), child_options());
  (void)run_until(60, context_in(folder.path()), child_options());
  std::ofstream(folder.path() / "checkpoint/latest") << "ckpt_000099.h5\n";
  std::ofstream(folder.path() / "checkpoint/.ckpt_000003.1.1.tmp.h5") << "half";
  std::ofstream(folder.path() / "checkpoint/ckpt_000050.h5") << "";
  (void)run_small(context_in(folder.path()), child_options());
  require_equal_searches(whole.path(), folder.path());
  BOOST_TEST(!std::filesystem::exists(folder.path() / "checkpoint/.ckpt_000003.1.1.tmp.h5"));
  BOOST_TEST(!std::filesystem::exists(folder.path() / "checkpoint/ckpt_000050.h5"));
}

BOOST_AUTO_TEST_CASE(without_any_checkpoint_the_journal_still_counts) {
  const Folder whole, folder;
  (void)run_small(context_in(whole.path()));
  (void)run_small(context_in(folder.path()));
  std::filesystem::remove_all(folder.path() / "checkpoint");
  n_evaluated = 0;
  SearchContext context = context_in(folder.path());
  std::string notes;
  context.on_note = [&](std::string_view note) { notes += note; };
  (void)run_small(context);
  BOOST_TEST(n_evaluated == 0);
  BOOST_TEST(contains(notes, "no checkpoint to go on from"));
  require_equal_searches(whole.path(), folder.path());
}

BOOST_AUTO_TEST_CASE(with_everything_truncated_it_starts_over_and_says_so) {
  const Folder whole, folder;
  (void)run_small(context_in(whole.path()), child_options());
  (void)run_small(context_in(folder.path()), child_options());
  for (const auto& item : std::filesystem::recursive_directory_iterator(folder.path()))
    if (item.is_regular_file())
      std::filesystem::resize_file(item.path(), std::filesystem::file_size(item.path()) / 2);
  SearchContext context = context_in(folder.path());
  std::string notes;
  context.on_note = [&](std::string_view note) { notes += fmt::format("{}\n", note); };
  (void)run_small(context, child_options());
  BOOST_TEST(contains(notes, "starting over"));
  BOOST_TEST(contains(notes, "search.json"));
  require_equal_searches(whole.path(), folder.path());
}

BOOST_AUTO_TEST_CASE(another_search_is_refused_with_what_differs) {
  const Folder folder;
  (void)run_small(context_in(folder.path()));
  SearchContext context = context_in(folder.path());
  context.identity["label"]["horizon"] = 10;
  context.identity["search"]["elites"] = 3;
  context.identity["search"]["generations"] = 99;
  context.identity["budget"]["evaluations"] = 5000;
  context.data_fingerprint = 0xdef;
  auto is_clear = [&](const ConfigError& error) {
    const std::string text = error.what();
    BOOST_TEST_MESSAGE(text);
    return text.find(folder.path().string()) != std::string::npos &&
           text.find("/label/horizon: 5 there, 10 here") != std::string::npos &&
           text.find("/search/elites: nothing there, 3 here") != std::string::npos &&
           text.find("data fingerprint: 0000000000000abc there, 0000000000000def here") !=
               std::string::npos &&
           text.find("generations") == std::string::npos &&
           text.find("budget") == std::string::npos;
  };
  BOOST_CHECK_EXCEPTION((void)run_small(context), ConfigError, is_clear);
  // The checkpoint tells as well as search.json does.
  std::filesystem::remove(folder.path() / "search.json");
  BOOST_CHECK_EXCEPTION((void)run_small(context), ConfigError, is_clear);
  const auto found = run_small(context_in(folder.path()));
  BOOST_TEST(found.generations == 6);
}

BOOST_AUTO_TEST_CASE(a_second_process_is_kept_out) {
  const Folder folder;
  SearchContext context = context_in(folder.path());
  bool refused = false;
  context.on_generation = [&](const GenerationRecord&) {
    if (refused) return;
    try {
      (void)run_small(context_in(folder.path()));
    } catch (const StoreError& error) {
      refused = std::string(error.what()).find("another process is running this search") !=
                std::string::npos;
    }
  };
  (void)run_small(context);
  BOOST_TEST(refused);
}

BOOST_AUTO_TEST_CASE(a_killed_search_resumes_to_the_same_result) {
  const Folder parent, whole;
  const int pause = 2000;
  (void)run_small(context_in(whole.path()), child_options());
  Rng rng(Seed{20240101});
  int kills = 0;
  // A search that is over before its kill counts for nothing; how many are depends on the machine.
  for (int round = 0; kills < 10; ++round) {
    BOOST_REQUIRE(round < 100);
    const auto folder = parent.path() / std::to_string(round);
    for (int status = -1; status != 0;) {
      const Child child(folder, round % 2 + 1, pause);
      if (kills < 10)
        child.kill_after(std::chrono::microseconds(rng.between(5000, 300000)), SIGKILL);
      status = child.wait();
      if (status == -1) ++kills;
      BOOST_REQUIRE_MESSAGE(status == -1 || status == 0, child.errors());
    }
    require_equal_searches(whole.path(), folder);
  }
}

BOOST_AUTO_TEST_CASE(weights_left_by_a_kill_after_the_last_checkpoint_are_removed) {
  const Folder folder;
  (void)run_small(context_in(folder.path()));
  std::filesystem::create_directory(folder / "weights");
  std::ofstream(folder / "weights" / "7.weights") << "left";
  (void)run_small(context_in(folder.path()));
  BOOST_TEST(!std::filesystem::exists(folder / "weights"));
}

BOOST_AUTO_TEST_CASE(a_terminated_search_saves_and_says_so) {
  const Folder parent, whole;
  const auto expected = run_small(context_in(whole.path()), child_options());
  const auto folder = parent.path() / "search";
  const Child stopped(folder, 2, 4000);
  stopped.signal_at_work(SIGTERM);
  BOOST_TEST(stopped.wait() == 3);
  const int first = stopped.evaluated();
  const Child resumed(folder, 2, 0);
  BOOST_TEST(resumed.wait() == 0);
  BOOST_TEST(first + resumed.evaluated() == expected.evaluations);
  require_equal_searches(whole.path(), folder);
}

BOOST_AUTO_TEST_CASE(a_full_disk_costs_only_what_was_in_flight) {
  const Folder parent, whole;
  const auto expected = run_small(context_in(whole.path()), child_options());
  const auto checkpoint =
      static_cast<long long>(std::filesystem::file_size(newest_checkpoint(whole.path())));
  const auto journal =
      static_cast<long long>(std::filesystem::file_size(whole / "evaluations.ndjson"));
  BOOST_REQUIRE(checkpoint < journal);
  for (const long long limit : {2000LL, 6000LL, (checkpoint + journal) / 2}) {
    BOOST_TEST_CONTEXT("files of at most " << limit << " bytes") {
      const auto folder = parent.path() / std::to_string(limit);
      const Child full(folder, 2, 0, "generations", limit);
      BOOST_TEST(full.wait() == 2);
      const std::string errors = full.errors();
      BOOST_TEST_MESSAGE(errors);
      BOOST_TEST(errors.find("StoreError: " + folder.string()) != std::string::npos);
      const int first = full.evaluated();
      const Child resumed(folder, 2, 0);
      BOOST_TEST(resumed.wait() == 0);
      BOOST_TEST(first + resumed.evaluated() <= expected.evaluations + 2);
      require_equal_searches(whole.path(), folder);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
