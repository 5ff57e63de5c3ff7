#include "experiments/app/experiment.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "experiments/app/formula_list.hpp"
#include "experiments/app/run.hpp"
#include "genome/genome_json.hpp"
#include "genome/validate.hpp"
#include "test/support/temporary_folder.hpp"

using namespace evofactor;
using namespace evofactor::app;

namespace {

Experiment read(const std::string& text) {
  return read_experiment(Json::parse(text, nullptr, true, true), "/somewhere/x.json");
}

std::string refusal(const std::string& text) {
  try {
    (void)read(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

BOOST_AUTO_TEST_CASE(without_arms_there_is_one_arm_named_after_its_genome) {
  const Experiment e =
      read(R"({"search": {"genome": "network"}, "baselines": {"random_search": []}})");
  BOOST_REQUIRE(e.arms.size() == 1u);
  BOOST_TEST(e.arms[0].name == "network");
  BOOST_TEST((e.arms[0].genome == GenomeKind::kNetwork));
  BOOST_TEST(e.arms[0].label.horizon == 5);
  BOOST_TEST((e.arms[0].label.kind == LabelKind::kVwapToVwap));
}

BOOST_AUTO_TEST_CASE(a_file_of_formulas_can_seed_a_search) {
  const test::TemporaryFolder folder;
  folder.write("formulas/mine.txt", "# mine\nfast\tts_mean(close, 5)\n\nts_std(close, 9)\n");
  const auto read_here = [&](const char* entries) {
    const Json json = Json::parse(
        fmt::format(R"({{"search": {{"genome": "formula", "initial_formulas": [{}]}}}})", entries));
    return read_experiment(json, folder / "x.json");
  };
  const Experiment e = read_here(R"("@formulas/mine.txt", "volume")");
  BOOST_TEST(e.arms[0].formula.initial_formulas ==
                 (std::vector<std::string>{"ts_mean(close, 5)", "ts_std(close, 9)", "volume"}),
             boost::test_tools::per_element());
  // What the run folder keeps needs the file no more.
  std::filesystem::remove(folder / "formulas/mine.txt");
  BOOST_TEST(read_experiment(write_experiment(e), folder / "y.json")
                 .arms[0]
                 .formula.initial_formulas.size() == 3U);
  BOOST_CHECK_THROW((void)read_here(R"("@formulas/mine.txt")"), ConfigError);
  folder.write("formulas/bad.txt", "ts_mean(close, 5)\nts_meen(close, 5)\n");
  try {
    (void)read_here(R"("@formulas/bad.txt")");
    BOOST_ERROR("accepted");
  } catch (const ConfigError& error) {
    BOOST_TEST(std::string(error.what()).find("bad.txt:2") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(known_factors_are_read_with_their_names) {
  const test::TemporaryFolder folder;
  folder.write("known.txt", "fast\tts_mean(close, 5)\n");
  const Json json =
      Json{{"baselines", {{"library", {"@known.txt", "slow\tts_mean(close, 60)", "volume"}}}}};
  const Experiment e = read_experiment(json, folder / "x.json");
  const std::vector<std::pair<std::string, std::string>> expected{
      {"fast", "ts_mean(close, 5)"}, {"slow", "ts_mean(close, 60)"}, {"", "volume"}};
  BOOST_TEST((e.library == expected));
  BOOST_TEST((read_experiment(write_experiment(e), folder / "y.json").library == expected));
  BOOST_CHECK_THROW(
      (void)read_experiment(Json::parse(R"({"baselines": {"library": ["volum"]}})"), "/x.json"),
      ConfigError);
}

BOOST_AUTO_TEST_CASE(the_libraries_of_formulas_can_be_used) {
  const std::filesystem::path folder =
      std::filesystem::path(EVOFACTOR_SOURCE_DIR) / "experiments" / "formulas";
  for (const auto& [name, count] : {std::pair{"alpha101.txt", 101U}, {"alpha158.txt", 158U}}) {
    Problems problems;
    const auto formulas = list_formulas({}, folder / name, problems);
    BOOST_TEST(problems.text() == "");
    BOOST_TEST(formulas.size() == count);
    for (const ListedFormula& f : formulas) {
      BOOST_TEST(formula::look_back(f.program) <= 300, f.name);
      if (count == 158U) BOOST_TEST(!formula::depends_on_adjustment_base(f.program), f.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_override_of_an_arm_counts_the_arms_of_the_file) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "x.json") << R"({"baselines": {"random_search": []},
    "arms": [{"name": "a"}, {"name": "b"}, {"name": "c"}]})";
  const std::vector<Override> overrides{parse_override("/arms/2/budget/evaluations=70")};
  const std::vector<std::string> arms{"b", "c"};
  const Experiment e = read_experiment(folder / "x.json", overrides, arms);
  BOOST_REQUIRE(e.arms.size() == 2u);
  BOOST_TEST(e.arms[1].name == "c");
  BOOST_TEST(*e.arms[1].budget.evaluations == 70);
  BOOST_TEST(*e.arms[0].budget.evaluations != 70);
}

BOOST_AUTO_TEST_CASE(arms_override_what_stands_above_them) {
  const Experiment e = read(R"({
    "data": {"panel": "p.h5", "window": 20}, "budget": {"evaluations": 50}, "seeds": [3, 1],
    "baselines": {"random_search": []},
    "arms": [{"name": "a"}, {"name": "b", "search": {"genome": "network"}, "budget": {"evaluations": 7}}]})");
  BOOST_REQUIRE(e.arms.size() == 2u);
  BOOST_TEST(*e.arms[0].budget.evaluations == 50);
  BOOST_TEST(*e.arms[1].budget.evaluations == 7);
  BOOST_TEST(e.arms[0].data.panel == "/somewhere/p.h5");
  BOOST_TEST((e.arms[1].network.space.windows == std::vector<std::int64_t>{20}));
  BOOST_TEST((e.seeds == std::vector<std::int64_t>{3, 1}));
}

BOOST_AUTO_TEST_CASE(a_random_search_on_the_same_budget_is_added_for_each_genome) {
  const Experiment e = read(R"({"budget": {"evaluations": 70}, "arms": [
    {"name": "gp"}, {"name": "nn", "search": {"genome": "network"}, "budget": {"evaluations": 9}}]})");
  BOOST_REQUIRE(e.arms.size() == 4u);
  BOOST_TEST(e.arms[2].name == "random_formula");
  BOOST_TEST(e.arms[2].search.random);
  BOOST_TEST(e.arms[2].baseline);
  BOOST_TEST(*e.arms[2].budget.evaluations == 70);
  BOOST_TEST(e.arms[3].name == "random_network");
  BOOST_TEST(*e.arms[3].budget.evaluations == 9);
}

BOOST_AUTO_TEST_CASE(problems_stand_where_the_user_wrote_the_value_and_come_all_at_once) {
  const std::string message = refusal(R"({
    "lable": {}, "label": {"horizon": 0}, "search": {"population": 1},
    "arms": [{"name": "a", "pool": {"sise": 3}}, {"name": "a", "mask": {"kind": "any"}}]})");
  BOOST_TEST_CONTEXT(message) {
    BOOST_TEST(message.find("x.json:/lable: unknown key; did you mean \"label\"?") !=
               std::string::npos);
    BOOST_TEST(message.find("x.json:/label/horizon: expected an integer") != std::string::npos);
    BOOST_TEST(message.find("x.json:/search/population: expected an integer") != std::string::npos);
    BOOST_TEST(message.find("x.json:/arms/0/pool/sise: unknown key; did you mean \"size\"?") !=
               std::string::npos);
    BOOST_TEST(message.find("x.json:/arms/1/mask/kind: expected one of") != std::string::npos);
    BOOST_TEST(message.find("another arm is called \"a\" already") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(what_a_way_of_searching_needs_is_checked) {
  const std::string message = refusal(R"({
    "search": {"population": 6, "elites": 1}, "arms": [
      {"name": "a", "search": {"selection": "nsga2", "objectives": ["fitness", "speed"]}},
      {"name": "b", "search": {"islands": 4}},
      {"name": "c", "search": {"typed": false, "scales": true}},
      {"name": "d", "search": {"genome": "network", "local_search": 0.1}},
      {"name": "e", "search": {"genome": "network"}, "fitness": {"size_penalty": 0.1}},
      {"name": "f", "search": {"loop": "steady_state", "islands": 2, "lag": 7}},
      {"name": "g", "search": {"halving": {"rungs": 3}}}]})");
  for (const char* text :
       {"/arms/0/search/objectives: unknown objective \"speed\"; expected some of fitness, "
        "stability",
        "/arms/1/search/islands: must be at most half of population",
        "/arms/2/search/scales: needs typed",
        "/arms/3/search: local_search is known of formulas alone",
        "/arms/4/fitness: penalties of turnover and size",
        "/arms/5/search/islands: must be 1 where loop is steady_state",
        "/arms/5/search/lag: must be at most population where loop is steady_state",
        "/arms/6/search: halving is known of networks alone"})
    BOOST_TEST(message.find(text) != std::string::npos, text << " in " << message);
}

BOOST_AUTO_TEST_CASE(networks_and_formulas_know_the_same_objectives) {
  for (const char* genome : {"formula", "network"})
    BOOST_TEST(refusal(fmt::format(R"({{"search": {{"genome": "{}", "selection": "nsga2",
      "parents_by": "contribution", "objectives": ["fitness", "stability", "turnover", "size",
      "novelty", "contribution"]}}}})",
                                   genome)) == "accepted");
}

BOOST_AUTO_TEST_CASE(an_arm_comes_after_the_arm_its_formulas_come_from) {
  for (const char* key : {"priors_from", "inputs_from"}) {
    const Experiment e = read(fmt::format(R"({{"baselines": {{"random_search": []}}, "arms": [
      {{"name": "nn", "search": {{"genome": "network", "{}": "gp"}}}}, {{"name": "gp"}}]}})",
                                          key));
    BOOST_TEST(e.arms[0].name == "gp");
    BOOST_TEST(e.arms[1].name == "nn");
  }
  BOOST_TEST(refusal(R"({"arms": [
    {"name": "nn", "search": {"genome": "network", "inputs_from": "other"}},
    {"name": "other", "search": {"genome": "network"}}]})")
                 .find("whose pool holds no formulas") != std::string::npos);
  BOOST_TEST(refusal(R"({"arms": [{"name": "nn", "search": {"genome": "network",
                         "priors_from": "pg"}}]})")
                 .find("there is no such arm") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_genomes_file_as_architecture_brings_its_inputs) {
  const test::TemporaryFolder folder;
  genome::NetGenome genome;
  genome.input = {{"ts_return(close, 5)"}, 4, genome::InputScale::kRatio, genome::Missing::kMiddle};
  std::ofstream(folder.path() / "genome.json") << genome::to_json(genome).dump();
  const Experiment e = read(
      fmt::format(R"({{"search": {{"genome": "network", "space": {{"architecture": "{}"}}}}}})",
                  (folder.path() / "genome.json").string()));
  const genome::SearchSpace& space = e.arms[0].network.space;
  BOOST_TEST((genome::fit_to_space(genome, space) == genome));
  BOOST_TEST((space.missing == genome::Missing::kMiddle));
}

BOOST_AUTO_TEST_CASE(an_arm_name_that_cannot_be_a_folder_is_refused) {
  for (const char* name : {"", "a/b", "..", "a b"})
    BOOST_TEST(refusal(fmt::format(R"({{"arms": [{{"name": "{}"}}]}})", name))
                   .find("expected a name of letters") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_to_the_same_experiment) {
  const Experiment e = read(R"({"name": "n", "data": {"panel": "p.h5"}, "seeds": [1, 2], "arms": [
    {"name": "gp", "search": {"population": 10}}, {"name": "nn", "search": {"genome": "network"}}]})");
  const Json written = write_experiment(e);
  const Experiment again = read_experiment(written, "/elsewhere/config.json");
  BOOST_TEST(write_experiment(again).dump() == written.dump());
  BOOST_TEST(again.arms.size() == e.arms.size());
  BOOST_TEST(again.arms[0].data.panel == "/somewhere/p.h5");
}

BOOST_AUTO_TEST_CASE(an_override_holds_for_every_arm_that_has_the_key) {
  Json json = Json::parse(R"({"budget": {"evaluations": 5}, "arms": [
    {"name": "a", "budget": {"evaluations": 6}}, {"name": "b"}]})");
  apply_override(parse_override("/budget/evaluations=9"), json);
  apply_override(parse_override("/data/panel=x.h5"), json);
  BOOST_TEST(json["budget"]["evaluations"].get<int>() == 9);
  BOOST_TEST(json["arms"][0]["budget"]["evaluations"].get<int>() == 9);
  BOOST_TEST(!json["arms"][1].contains("budget"));
  BOOST_TEST(json["data"]["panel"].get<std::string>() == "x.h5");
  BOOST_CHECK_THROW((void)parse_override("budget=9"), ConfigError);
}

BOOST_AUTO_TEST_CASE(an_arm_of_another_genome_leaves_the_keys_of_the_one_above) {
  const Experiment e =
      read(R"({"search": {"genome": "network", "population": 7, "presets": ["gru"]},
    "arms": [{"name": "nn"}, {"name": "gp", "search": {"genome": "formula"}}]})");
  BOOST_TEST(e.arms[0].network.presets == std::vector<std::string>{"gru"},
             boost::test_tools::per_element());
  BOOST_TEST((e.arms[1].genome == GenomeKind::kFormula));
  BOOST_TEST(e.arms[1].search.population == 7);
  BOOST_TEST(refusal(R"({"search": {"genome": "network", "presetz": []},
    "arms": [{"name": "gp", "search": {"genome": "formula"}}]})")
                 .find("presetz") != std::string::npos);
  BOOST_TEST(refusal(R"({"search": {"genome": "network"},
    "arms": [{"name": "gp", "search": {"genome": "formula", "presets": []}}]})")
                 .find("/arms/0/search/presets: unknown key") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(arms_can_be_picked_and_bring_those_their_priors_come_from) {
  const Json file = Json::parse(R"({"arms": [
    {"name": "nn", "search": {"genome": "network", "priors_from": "gp"}}, {"name": "other"}, {"name": "gp"}]})");
  const auto kept = [&](const std::vector<std::string>& names) {
    Json json = file;
    keep_arms(names, json);
    std::vector<std::string> left;
    for (const Json& arm : json["arms"]) left.push_back(arm["name"]);
    return left;
  };
  BOOST_TEST(kept({}) == (std::vector<std::string>{"nn", "other", "gp"}),
             boost::test_tools::per_element());
  BOOST_TEST(kept({"nn"}) == (std::vector<std::string>{"nn", "gp"}),
             boost::test_tools::per_element());
  BOOST_TEST(kept({"other"}) == std::vector<std::string>{"other"},
             boost::test_tools::per_element());
  BOOST_CHECK_EXCEPTION((void)kept({"lstm", "gp", "tcn"}), ConfigError, [](const ConfigError& e) {
    const std::string text = e.what();
    return text.find("\"lstm\"") != std::string::npos &&
           text.find("\"tcn\"") != std::string::npos &&
           text.find("nn, other, gp") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(differences_name_pointer_and_both_values) {
  const auto lines = differences(Json::parse(R"({"a": {"b": 1}, "c": 2})"),
                                 Json::parse(R"({"a": {"b": 3}, "d": 4})"));
  const std::vector<std::string> expected{"/a/b: 1 there, 3 here", "/c: 2 there, nothing here",
                                          "/d: nothing there, 4 here"};
  BOOST_TEST(lines == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_experiments_of_the_repository_are_valid) {
  for (const auto& entry : std::filesystem::directory_iterator(EVOFACTOR_SOURCE_DIR "/experiments"))
    if (entry.path().extension() == ".json") BOOST_TEST_CONTEXT(entry.path())
  BOOST_CHECK_NO_THROW((void)read_experiment(entry.path(), {}));
}
