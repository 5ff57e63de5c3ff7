#include "engine/evolve/progress.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "engine/evolve/events.hpp"
#include "engine/evolve/identity.hpp"

using namespace evofactor;
using namespace evofactor::evolve;

namespace {

GenerationRecord record() {
  GenerationRecord r;
  r.generation = 12;
  r.generations = 50;
  r.best = 0.0613;
  r.median = 0.0281;
  r.mean = 0.025;
  r.created = 61;
  r.cached = 3;
  r.duplicates = 2;
  r.failed = 2;
  r.failures = {{"non_finite", 1}, {"out_of_memory", 1}};
  r.pool_size = 17;
  r.pool_best = 0.0613;
  r.pool_mean = 0.034;
  r.evaluations = 800;
  r.effort = 800;
  r.seconds = 520;
  return r;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(progress)

BOOST_AUTO_TEST_CASE(a_generation_is_one_line) {
  BOOST_TEST(generation_line(record(), {std::nullopt, std::nullopt}) ==
             "gen 12/50  best 0.0613  median 0.0281  new 61  cached 3  failed 2 (1 non-finite, 1 "
             "out-of-memory)  pool 17  1.5/s  9 min  eta 25 min");
  GenerationRecord screened = record();
  screened.screened = 40;
  BOOST_TEST(generation_line(screened, {std::nullopt, std::nullopt})
                 .find("new 61 (40 screened out, 19 exact)  cached 3") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(rate_and_saved_nodes_are_those_of_the_generation) {
  GenerationRecord before = record(), now = record();
  before.probes = {{"functions", 1000}, {"functions_computed", 900}};
  now.probes = {{"functions", 1500}, {"functions_computed", 1000}};
  now.evaluations += 61;
  now.seconds += 0.5;
  BOOST_TEST(saved_share(now, &before) == 0.8, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(saved_share(now, nullptr) == 1.0 / 3, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(std::isnan(saved_share(record(), nullptr)));
  BOOST_TEST(std::isnan(saved_share(now, &now)));
  const std::string line = generation_line(now, {std::nullopt, std::nullopt}, &before);
  BOOST_TEST(line.find("pool 17  122/s  nodes saved 80 %  9 min") != std::string::npos, line);
}

BOOST_AUTO_TEST_CASE(time_left_is_that_of_the_budget_used_up_first) {
  BOOST_TEST(seconds_left(record(), {std::nullopt, std::nullopt}) == 38 * 40.0);
  BOOST_TEST(seconds_left(record(), {1000, std::nullopt}) == 200 * 0.65);
  BOOST_TEST(seconds_left(record(), {1000, 530.0}) == 10);
  BOOST_TEST(seconds_left(record(), {1000, 100.0}) == 0);
}

BOOST_AUTO_TEST_CASE(durations_are_short) {
  BOOST_TEST(duration_text(38.44) == "38.4 s");
  BOOST_TEST(duration_text(24 * 60) == "24 min");
  BOOST_TEST(duration_text(3.2 * 3600) == "3.2 h");
  BOOST_TEST(duration_text(5 * 86400) == "5.0 d");
  BOOST_TEST(duration_text(std::nan("")) == "?");
}

BOOST_AUTO_TEST_CASE(a_live_bar_shows_rate_best_failures_and_time_left) {
  LiveState state{.last = record(),
                  .before = std::nullopt,
                  .generations = 50,
                  .done = 28,
                  .of = 61,
                  .failed = 2,
                  .seconds = 6.7};
  BOOST_TEST(live_bar(state, {std::nullopt, std::nullopt}, 100) ==
             "gen 13/50 [#########-----------] 28/61  4.2/s  best 0.0613  failed "
             "2  left 25 min  pool 17");
  BOOST_TEST(live_bar(state, {std::nullopt, std::nullopt}, 20) == "gen 13/50 [#########");
  BOOST_TEST(live_bar(state, {std::nullopt, std::nullopt}, 75).ends_with("0.0613  failed 2"));
  state.last->screened = 40;
  state.last->probes = {{"functions", 500}, {"functions_computed", 100}};
  BOOST_TEST(live_bar(state, {std::nullopt, std::nullopt}, 140)
                 .ends_with("left 25 min  pool 17  nodes saved 80 %  screened out 40, exact 19"));
  state.last.reset();
  BOOST_TEST(live_bar(state, {std::nullopt, std::nullopt}, 100) ==
             "gen 0/50 [#########-----------] 28/61  4.2/s  failed 2  left in generation 7.9 s");
}

BOOST_AUTO_TEST_CASE(a_generation_event_has_the_documented_form_and_reads_back) {
  GenerationRecord with_probes = record();
  with_probes.screened = 30;
  with_probes.checked = 2;
  with_probes.missed = 1;
  with_probes.probes = {{"functions", 900}};
  const Json json = to_json(with_probes);
  BOOST_TEST(
      json.dump() ==
      R"({"event":"generation","generation":12,"generations":50,"best":0.0613,"median":0.0281,)"
      R"("mean":0.025,"new":61,"cached":3,"duplicates":2,"failed":2,)"
      R"("failures":{"non_finite":1,"out_of_memory":1},"pool":17,"pool_best":0.0613,)"
      R"("pool_mean":0.034,"evaluations":800,"effort":800.0,"seconds":520.0,"screened":30,"checked":2,)"
      R"("missed":1,"probes":{"functions":900.0}})");
  BOOST_TEST(to_json(record_from_json(json)).dump() == json.dump());
}

BOOST_AUTO_TEST_CASE(differences_are_told_by_pointer) {
  const Identity there{"formula", Seed{1}, 2, Json::parse(R"({"a":{"b/c":[1,2],"d":1},"e":[1]})")};
  Identity here = there;
  BOOST_TEST(differences(there, here).empty());
  here.settings = Json::parse(R"({"a":{"b/c":[1,3],"x":null},"e":[1,2],"budget":{"seconds":1}})");
  here.kind = "network";
  const std::vector<std::string> expected{
      "kind of genome: formula there, network here", "/a/b~1c/1: 2 there, 3 here",
      "/a/d: 1 there, nothing here", "/a/x: nothing there, null here", "/e: [1] there, [1,2] here"};
  BOOST_TEST(differences(there, here) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(settings_write_and_read_back_and_bad_ones_are_named) {
  const Json json = write_settings(SearchSettings{});
  BOOST_TEST(json.at("strategy") == "evolve");
  BOOST_TEST(write_settings(Budget{}).at("seconds").is_null());
  BOOST_TEST(write_settings(PoolSettings{}).at("combine") == "equal");
  SearchSettings settings;
  Problems problems;
  read_settings(Json{{"strategy", "random"}, {"generations", 3}}, "f.json", "/search", settings,
                problems);
  BOOST_TEST(problems.empty());
  BOOST_TEST(settings.random);
  BOOST_TEST(settings.generations == 3);
  read_settings(Json{{"population", 4}, {"elites", 4}, {"tournamen", 2}}, "f.json", "/search",
                settings, problems);
  BOOST_TEST(problems.text().find("/search/elites") != std::string::npos);
  BOOST_TEST(problems.text().find("tournament") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
