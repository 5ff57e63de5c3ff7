// The built program from outside: what a user types, sees and finds on disk.
#include <arrow/api.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "engine/core/json.hpp"
#include "engine/store/table.hpp"
#include "test/support/temporary_folder.hpp"

namespace fs = std::filesystem;
using evofactor::Json;

namespace {

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

struct Result {
  int status = -1;
  std::string out, err;
};

/// A folder that lives as long as the test program; the small market in it is made once.
const fs::path& folder() {
  static const evofactor::test::TemporaryFolder made;
  return made.path();
}

Result run(const std::string& arguments) {
  const fs::path out = folder() / "out.txt", err = folder() / "err.txt";
  const std::string command = std::string(EVOFACTOR_BINARY) + " " + arguments + " >" +
                              out.string() + " 2>" + err.string() + " </dev/null";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(out), read(err)};
}

/// Starts the program and does not wait.
pid_t start(const std::vector<std::string>& arguments) {
  const pid_t child = fork();
  if (child == 0) {
    std::vector<char*> argv{const_cast<char*>(EVOFACTOR_BINARY)};
    for (const std::string& argument : arguments)
      argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    if (freopen("/dev/null", "w", stdout) == nullptr ||
        freopen("/dev/null", "w", stderr) == nullptr)
      _exit(126);
    execv(EVOFACTOR_BINARY, argv.data());
    _exit(127);
  }
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

const fs::path& panel() {
  static const fs::path made = [] {
    const fs::path market = folder() / "market", file = folder() / "panel.h5";
    const Result simulated = run("simulate --out " + market.string() +
                                 " --stocks 120 --universe 100 --days 700 --seed 3");
    BOOST_REQUIRE_MESSAGE(simulated.status == 0, simulated.err);
    const Result imported = run("import " + market.string() + " --out " + file.string());
    BOOST_REQUIRE_MESSAGE(imported.status == 0, imported.err);
    return file;
  }();
  return made;
}

/// A tiny experiment with a formula arm, a network arm and random search.
fs::path experiment(const std::string& name = "tiny") {
  const fs::path file = folder() / (name + ".json");
  std::ofstream(file) << R"({
    "name": ")" << name
                      << R"(", "data": {"panel": ")" << panel().string() << R"("},
    "split": {"train": 120, "validate": 40, "test": 60},
    "pool": {"size": 5}, "seeds": [1, 2],
    "arms": [
      {"name": "gp", "search": {"genome": "formula", "population": 30, "generations": 4},
       "budget": {"evaluations": 100}},
      {"name": "nn", "search": {"genome": "network", "population": 4, "generations": 2,
       "selection": "nsga2", "objectives": ["fitness", "novelty"],
       "space": {"windows": [5], "max_layers": 2, "steps": [20], "pretrain_steps": [10]}},
       "budget": {"evaluations": 8}}]})";
  return file;
}

/// Everything that must agree between two runs, with what may differ (times) taken out.
std::map<std::string, std::string> comparable(const fs::path& run_folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(run_folder)) {
    const std::string name = entry.path().filename().string();
    if (name != "pool.json" && name != "diversity.json" && name != "factors.parquet" &&
        name != "evaluations.ndjson" && entry.path().extension() != ".weights")
      continue;
    files[fs::relative(entry.path(), run_folder).string()] =
        std::regex_replace(read(entry.path()), std::regex(R"("seconds":[0-9.e+-]+)"), "");
  }
  return files;
}

void check_equal_runs(const fs::path& a, const fs::path& b) {
  const auto files_a = comparable(a), files_b = comparable(b);
  BOOST_TEST(files_a.size() == files_b.size());
  BOOST_TEST(files_a.size() >= 20u);
  for (const auto& [name, text] : files_a)
    BOOST_CHECK_MESSAGE(files_b.contains(name) && files_b.at(name) == text, name << " differs");
}

/// A column of numbers, NaN where one is missing.
std::vector<double> column(const arrow::Table& table, const std::string& name) {
  std::vector<double> values;
  for (const auto& chunk : table.GetColumnByName(name)->chunks()) {
    const auto& numbers = dynamic_cast<const arrow::FloatArray&>(*chunk);
    for (std::int64_t i = 0; i < numbers.length(); ++i)
      values.push_back(numbers.IsNull(i) ? std::nan("") : numbers.Value(i));
  }
  return values;
}

/// The tiny experiment, run once without interruption on one thread.
const fs::path& reference() {
  static const fs::path made = [] {
    const fs::path out = folder() / "reference";
    const Result result =
        run("run " + experiment().string() + " --threads 1 --out " + out.string());
    BOOST_REQUIRE_MESSAGE(result.status == 0, result.err);
    return out;
  }();
  return made;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_command_has_help) {
  for (const char* command : {"simulate", "import", "info", "eval", "priors", "run", "resume",
                              "compare", "report", "score", "show", "check-device", "schema"}) {
    const Result result = run(std::string(command) + " --help");
    BOOST_TEST(result.status == 0);
    BOOST_TEST(result.out.find("Usage") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(wrong_arguments_and_files_exit_with_2_and_say_what_is_wrong) {
  BOOST_TEST(run("").status == 2);
  BOOST_TEST(run("rnu x.json").status == 2);
  const Result missing = run("run /no/such/file.json");
  BOOST_TEST(missing.status == 2);
  BOOST_TEST(missing.err.find("/no/such/file.json") != std::string::npos);
  const fs::path bad = folder() / "bad.json";
  std::ofstream(bad) << R"({"poool": {}, "data": {"panel": "nowhere.h5"}})";
  const Result result = run("run " + bad.string());
  BOOST_TEST(result.status == 2);
  BOOST_TEST(result.err.find("did you mean \"pool\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_schema_is_json_and_names_every_block) {
  const Result result = run("schema");
  BOOST_TEST(result.status == 0);
  const Json schema = Json::parse(result.out);
  for (const char* block :
       {"data", "label", "mask", "split", "search", "fitness", "pool", "budget", "arms", "seeds"})
    BOOST_TEST(schema["properties"].contains(block));
}

BOOST_AUTO_TEST_CASE(a_run_leaves_report_tables_pools_and_models) {
  const fs::path& out = reference();
  for (const char* file : {"config.json", "environment.json", "report.html",
                           "baselines/fold-0.json", "diversity.json", "gp/seed-1/fold-0/pool.json",
                           "gp/seed-1/fold-0/results.json", "gp/seed-1/fold-0/events.ndjson",
                           "gp/seed-1/fold-0/factors.parquet", "gp/seed-1/fold-0/checkpoint/latest",
                           "nn/seed-2/fold-0/pool.json", "random_formula/seed-1/fold-0/pool.json"})
    BOOST_TEST(fs::exists(out / file), file << " is missing");
  BOOST_TEST(!fs::is_empty(out / "tables"));
  const Json pool = Json::parse(read(out / "nn/seed-1/fold-0/pool.json"));
  BOOST_TEST_REQUIRE(!pool["members"].empty());
  for (const Json& member : pool["members"]) {
    BOOST_TEST(member["model"].size() == 3U);
    for (const char* key : {"model", "weights"})
      for (const Json& file : member[key])
        BOOST_TEST(fs::exists(out / "nn/seed-1/fold-0" / file.get<std::string>()), file);
  }
}

BOOST_AUTO_TEST_CASE(a_run_tells_what_its_best_networks_went_through) {
  const Json pool = Json::parse(read(reference() / "nn/seed-1/fold-0/pool.json"));
  const Json stages = Json::parse(read(reference() / "nn/seed-1/fold-0/stages.json"));
  BOOST_TEST(stages["members"].size() == std::min<std::size_t>(3, pool["members"].size()));
  for (const Json& member : stages["members"]) {
    BOOST_TEST(member["equal"] == true);
    const Json& first = member["stages"].front();
    const Json& last = member["stages"].back();
    BOOST_TEST(first["stage"] == "initial");
    BOOST_TEST(last["stage"] == "trained");
    BOOST_TEST(last["saliency"].size() == member["features"].size());
    BOOST_TEST(last["saliency"][0].size() == member["window"]);
  }
  BOOST_TEST(!fs::exists(reference() / "gp/seed-1/fold-0/stages.json"));
}

BOOST_AUTO_TEST_CASE(networks_are_told_how_new_they_are_to_the_pool) {
  std::istringstream lines(read(reference() / "nn/seed-1/fold-0/evaluations.ndjson"));
  double least = 2;
  for (std::string line; std::getline(lines, line);)
    if (const Json json = Json::parse(line); json["status"] == "ok")
      least = std::min(least, json["metrics"].at("novelty").get<double>());
  BOOST_TEST((least >= 0 && least < 1));
}

BOOST_AUTO_TEST_CASE(networks_can_see_the_ranks_of_the_formulas_another_arm_found) {
  const fs::path file = folder() / "ranks.json", out = folder() / "ranks";
  Json json = Json::parse(read(experiment("ranks")));
  json["seeds"] = {2};
  json["baselines"] = {{"random_search", Json::array()}};
  Json& network = json["arms"][1]["search"];
  network["inputs_from"] = "gp";
  network["space"]["windows"] = {1, 3};
  network["space"]["missing"] = "middle";
  std::ofstream(file) << json.dump();
  const std::string arguments = "run " + file.string() + " --threads 2 --out " + out.string();
  const Result first = run(arguments);
  BOOST_REQUIRE_MESSAGE(first.status == 0, first.err);
  std::set<std::string> ranks;
  const Json formulas = Json::parse(read(out / "gp/seed-2/fold-0/pool.json"))["members"];
  for (const Json& member : formulas)
    ranks.insert("cs_rank(" + member["text"].get<std::string>() + ")");
  const Json networks = Json::parse(read(out / "nn/seed-2/fold-0/pool.json"))["members"];
  BOOST_TEST(!ranks.empty());
  BOOST_TEST(!networks.empty());
  for (const Json& member : networks) {
    BOOST_TEST(member["genome"]["input"]["missing"] == "middle");
    for (const Json& feature : member["genome"]["input"]["features"])
      BOOST_TEST(ranks.contains(feature.get<std::string>()), feature);
  }
  BOOST_TEST(run(arguments).err.find("nn  seed 2  fold 0: finished before") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(members_are_scored_by_fresh_trainings_that_the_search_did_not_see) {
  const fs::path folder_of_search = reference() / "nn/seed-1/fold-0";
  const Json pool = Json::parse(read(folder_of_search / "pool.json"));
  const Json results = Json::parse(read(folder_of_search / "results.json"));
  BOOST_TEST(results["replicate_trainings"] == 3 * pool["members"].size());
  BOOST_TEST(results["evaluations"] == 8);
  double before = 1;
  for (const Json& member : pool["members"]) {
    std::vector<double> fitness = member["replicates"]["fitness"];
    BOOST_TEST_REQUIRE(fitness.size() == 3U);
    std::ranges::sort(fitness);
    BOOST_TEST(member["fitness"] == fitness[1]);
    BOOST_TEST(member["fitness"] <= before);
    before = member["fitness"];
    const double selected = member["replicates"]["selected_fitness"];
    BOOST_TEST(std::ranges::count(fitness, selected) == 0);
  }
}

BOOST_AUTO_TEST_CASE(replicates_can_be_changed_after_a_run_and_the_search_is_not_done_again) {
  const fs::path copy = folder() / "replicates";
  fs::copy(reference(), copy, fs::copy_options::recursive);
  const std::string evaluations = read(copy / "nn/seed-1/fold-0/evaluations.ndjson");
  const Result result = run("run " + experiment().string() + " --out " + copy.string() +
                            " --set /arms/1/search/replicates=0 --set /arms/1/search/stages=0");
  BOOST_REQUIRE_MESSAGE(result.status == 0, result.err);
  BOOST_TEST(read(copy / "nn/seed-1/fold-0/evaluations.ndjson") == evaluations);
  BOOST_TEST(!fs::exists(copy / "nn/seed-1/fold-0/stages.json"));
  const Json pool = Json::parse(read(copy / "nn/seed-1/fold-0/pool.json"));
  for (const Json& member : pool["members"]) {
    BOOST_TEST(!member.contains("replicates"));
    BOOST_TEST(fs::exists(copy / "nn/seed-1/fold-0" / member["model"].get<std::string>()));
  }
}

BOOST_AUTO_TEST_CASE(what_is_told_of_a_member_agrees_with_its_scores) {
  const Json results = Json::parse(read(reference() / "gp/seed-1/fold-0/results.json"));
  BOOST_TEST_REQUIRE(!results["members"].empty());
  for (const Json& member : results["members"]) {
    double sum = 0, days = 0;
    for (const char* part : {"train", "validate"}) {
      const double n = member[part]["days"];
      sum += n * member[part]["rank_ic"]["mean"].get<double>();
      days += n;
    }
    BOOST_TEST(member["decay"][3]["horizon"] == 5);
    BOOST_TEST(member["decay"][3]["rank_ic"].get<double>() == sum / days,
               boost::test_tools::tolerance(1e-9));
    double of_years = 0, days_of_years = 0;
    for (const Json& year : member["years"]) {
      if (year["part"] == "test") continue;
      of_years += year["days"].get<double>() * year["rank_ic"].get<double>();
      days_of_years += year["days"].get<double>();
    }
    BOOST_TEST(days_of_years == days);
    BOOST_TEST(of_years / days == sum / days, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(member["known"].size() == 5u);
    BOOST_TEST(member["known"][0] == member["nearest_known"]);
    for (const Json& style : member["styles"])
      BOOST_TEST(std::abs(style["correlation"].get<double>()) <= 1);
  }
}

BOOST_AUTO_TEST_CASE(diversity_is_stored_by_pool_and_as_a_map_of_all_arms) {
  const fs::path& out = reference();
  const Json maps = Json::parse(read(out / "diversity.json"))["maps"];
  BOOST_TEST_REQUIRE(maps.size() == 2u);  // of two seeds
  for (const Json& map : maps) {
    BOOST_TEST(map["days"] == 60);
    std::map<std::string, std::size_t> members, placed;
    for (const Json& factor : map["factors"]) ++placed[factor["arm"]];
    for (const Json& arm : map["arms"]) {
      const fs::path search = out / arm["arm"].get<std::string>() / ("seed-" + map["seed"].dump()) /
                              "fold-0/results.json";
      const Json results = Json::parse(read(search));
      members[arm["arm"]] = results["members"].size();
      const Json& diversity = results["diversity"];
      BOOST_TEST(diversity["test"]["days"] == 60);
      BOOST_TEST(diversity["validate"]["days"] == 40);
      BOOST_TEST(diversity["test"]["k"] == 3);
      if (results["members"].size() < 2) continue;
      BOOST_TEST(diversity["test"]["value"].get<double>() > 0);
      const double correlation = diversity["test"]["mean_correlation"];
      BOOST_TEST((correlation > 0 && correlation < 1));
    }
    BOOST_TEST((members == placed));
  }
}

BOOST_AUTO_TEST_CASE(maps_are_made_again_only_where_pools_changed) {
  const fs::path out = folder() / "mapped";
  fs::copy(reference(), out, fs::copy_options::recursive);
  const std::string made = read(out / "diversity.json");
  fs::remove(out / "diversity.json");
  BOOST_TEST(run("resume " + out.string()).status == 0);
  BOOST_TEST(read(out / "diversity.json") == made);  // from what the searches stored
  Json marked = Json::parse(made);
  marked["maps"][0]["value"] = 77;
  marked["maps"][1]["value"] = 77;
  marked["maps"][1]["key"] = "of other pools";
  std::ofstream(out / "diversity.json") << marked.dump();
  BOOST_TEST(run("resume " + out.string()).status == 0);
  const Json again = Json::parse(read(out / "diversity.json"));
  BOOST_TEST(again["maps"][0]["value"] == 77);
  BOOST_TEST(again["maps"][1] == Json::parse(made)["maps"][1]);
}

BOOST_AUTO_TEST_CASE(a_terminal_shows_how_far_a_library_is_scored) {
  const fs::path formulas = folder() / "formulas.txt", out = folder() / "shown.txt";
  std::ofstream(formulas) << "close\nts_mean(volume, 5)\nhigh / low\n";
  const std::string arguments =
      "eval --panel " + panel().string() + " --formulas " + formulas.string();
  const Result plain = run(arguments);
  BOOST_REQUIRE_MESSAGE(plain.status == 0, plain.err);
  BOOST_TEST(std::ranges::count(plain.err, '\n') == 1);
  BOOST_TEST(plain.err.find('\r') == std::string::npos);
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    const std::string command =
        std::string(EVOFACTOR_BINARY) + " " + arguments + " >" + out.string();
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
  }
  std::string shown;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(terminal, buffer, sizeof buffer)) > 0;)
    shown.append(buffer, static_cast<std::size_t>(n));
  ::close(terminal);
  BOOST_TEST(wait_for(child) == 0);
  BOOST_TEST(shown.find("/3 formulas  ") != std::string::npos, shown);
  BOOST_TEST(shown.find("\r\x1b[K") != std::string::npos);  // gone in the end
  BOOST_TEST(read(out) == plain.out);
}

BOOST_AUTO_TEST_CASE(threads_do_not_change_the_result) {
  const fs::path out = folder() / "threads";
  BOOST_REQUIRE(run("run " + experiment().string() + " --threads 3 --out " + out.string()).status ==
                0);
  check_equal_runs(reference(), out);
}

BOOST_AUTO_TEST_CASE(a_finished_run_says_so_and_another_experiment_is_refused) {
  const Result again = run("run " + experiment().string() + " --out " + reference().string());
  BOOST_TEST(again.status == 0);
  BOOST_TEST(again.err.find("finished before") != std::string::npos);
  BOOST_TEST(run("resume " + reference().string()).status == 0);
  const Result other =
      run("run " + experiment().string() + " --set /pool/size=4 --out " + reference().string());
  BOOST_TEST(other.status == 2);
  BOOST_TEST(other.err.find("/arms/0/pool/size: 5 there, 4 here") != std::string::npos);
  const Result changed = run("resume " + reference().string() + " --set /pool/size=4");
  BOOST_TEST(changed.status == 2);
}

BOOST_AUTO_TEST_CASE(a_run_may_gain_seeds_and_arms_but_not_lose_them) {
  const fs::path out = folder() / "gaining";
  const std::string file = experiment("gaining").string();
  const std::string fewer = " --set '/seeds=[2]' --set '/baselines/random_search=[]' --out ";
  BOOST_REQUIRE(run("run " + file + fewer + out.string()).status == 0);
  const Result more = run("run " + file + " --out " + out.string());
  BOOST_REQUIRE_MESSAGE(more.status == 0, more.err);
  BOOST_TEST(more.err.find("gp  seed 2  fold 0: finished before") != std::string::npos);
  check_equal_runs(reference(), out);
  const Result lost = run("run " + file + fewer + out.string());
  BOOST_TEST(lost.status == 2);
  BOOST_TEST(lost.err.find("/seeds") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_interrupted_run_exits_with_3_and_resumes_to_the_same_result) {
  const fs::path out = folder() / "interrupted";
  const pid_t child =
      start({"run", experiment().string(), "--threads", "2", "--out", out.string()});
  while (!fs::exists(out / "gp/seed-1/fold-0/checkpoint/latest"))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  kill(child, SIGINT);
  BOOST_TEST(wait_for(child) == 3);
  BOOST_TEST(!fs::exists(out / "report.html"));
  const Result resumed = run("resume " + out.string());
  BOOST_TEST(resumed.status == 0);
  check_equal_runs(reference(), out);
}

BOOST_AUTO_TEST_CASE(a_run_killed_at_any_moment_resumes_to_the_same_result,
                     *boost::unit_test::label("slow")) {
  (void)reference();
  const auto began = std::chrono::steady_clock::now();
  const fs::path timing = folder() / "timing";
  BOOST_REQUIRE(run("run " + experiment().string() + " --out " + timing.string()).status == 0);
  const auto whole = std::chrono::steady_clock::now() - began;
  const fs::path out = folder() / "killed";
  // Each kill meets what the ones before left; a run that gets to its end is compared and begun
  // anew.
  std::mt19937 random(1);
  std::uniform_real_distribution<double> share(0, 0.25);
  for (int kills = 0, finished = 0; kills < 10 || finished == 0;) {
    const pid_t child =
        start({"run", experiment().string(), "--threads", "2", "--out", out.string()});
    if (kills < 10) {
      std::this_thread::sleep_for(whole * share(random));
      kill(child, SIGKILL);
    }
    const int status = wait_for(child);
    BOOST_REQUIRE((status == -SIGKILL || status == 0));
    kills += status == -SIGKILL;
    if (status != 0) continue;
    ++finished;
    check_equal_runs(reference(), out);
    fs::remove_all(out);
  }
}

BOOST_AUTO_TEST_CASE(a_larger_budget_goes_on_where_the_smaller_one_ended) {
  const fs::path small = folder() / "small", large = folder() / "large";
  const std::string file = experiment("budget").string();
  const std::string base = "run " + file + " --set /seeds=[1] --set /baselines/random_search=[] ";
  BOOST_REQUIRE(run(base + "--set /budget/evaluations=6 --out " + small.string()).status == 0);
  BOOST_REQUIRE(run("resume " + small.string() + " --set /budget/evaluations=9").status == 0);
  BOOST_REQUIRE(run(base + "--set /budget/evaluations=9 --out " + large.string()).status == 0);
  const std::string nn = "nn/seed-1/fold-0/pool.json";
  BOOST_TEST(read(small / nn) == read(large / nn));
}

BOOST_AUTO_TEST_CASE(show_prints_candidates_with_their_lineage) {
  const Result all = run("show " + reference().string() + " --top 2 --json");
  BOOST_TEST(all.status == 0);
  std::istringstream lines(all.out);
  int searches = 0;
  for (std::string line; std::getline(lines, line);) {
    const Json search = Json::parse(line);
    BOOST_TEST(search["finished"].get<bool>());
    ++searches;
  }
  BOOST_TEST(searches == 8);
  const Result one =
      run("show " + reference().string() + " --arm gp --seed 1 --fold 0 --candidate 99");
  BOOST_TEST(one.status == 0);
  BOOST_TEST(one.out.find("lineage") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(score_values_the_pool_on_the_last_days_as_the_run_did) {
  const fs::path out = folder() / "scores.csv";
  const Result result = run("score " + reference().string() + " --arm nn --panel " +
                            panel().string() + " --out " + out.string());
  BOOST_REQUIRE_MESSAGE(result.status == 0, result.err);
  const std::string text = read(out);
  BOOST_TEST(text.find("combined") != std::string::npos);
  BOOST_TEST(std::ranges::count(text, '\n') > 50);
  const Result ambiguous = run("score " + reference().string() + " --panel " + panel().string() +
                               " --out " + out.string());
  BOOST_TEST(ambiguous.status == 2);
  BOOST_TEST(ambiguous.err.find("say --arm") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(score_gives_the_values_that_the_run_wrote) {
  for (const char* arm : {"gp", "nn"}) {
    const fs::path search = reference() / arm / "seed-1/fold-0", out = folder() / "scores.parquet";
    const Json results = Json::parse(read(search / "results.json"));
    const std::string from = results["split"]["test"][0], to = results["split"]["test"][1];
    const Result result = run("score " + search.string() + " --panel " + panel().string() +
                              " --from " + from + " --to " + to + " --out " + out.string());
    BOOST_REQUIRE_MESSAGE(result.status == 0, result.err);
    const auto written = evofactor::read_table(search / "factors.parquet"),
               scored = evofactor::read_table(out);
    BOOST_TEST(written->schema()->Equals(*scored->schema()));
    for (const std::string& name : scored->ColumnNames()) {
      if (!name.starts_with("f_") && name != "combined") continue;
      const std::vector<double> all = column(*written, name), last = column(*scored, name);
      BOOST_TEST_REQUIRE(all.size() > last.size());
      double worst = 0;
      int known = 0;
      for (std::size_t i = 0; i < last.size(); ++i) {
        const double a = all[all.size() - last.size() + i];
        BOOST_TEST_REQUIRE(std::isnan(a) == std::isnan(last[i]));
        if (std::isnan(a)) continue;
        worst = std::max(worst, std::abs(a - last[i]) / (1 + std::abs(a)));
        ++known;
      }
      BOOST_TEST(known > 1000);
      BOOST_TEST(worst < 0.03, arm << " " << name << " differs by " << worst);
    }
  }
}

BOOST_AUTO_TEST_CASE(another_panel_is_refused_on_resume) {
  const fs::path out = folder() / "moved";
  fs::copy(reference(), out, fs::copy_options::recursive);
  fs::remove(out / "gp/seed-1/fold-0/results.json");
  const fs::path market = folder() / "other_market", file = folder() / "other.h5";
  BOOST_REQUIRE(
      run("simulate --out " + market.string() + " --stocks 120 --universe 100 --days 700 --seed 4")
          .status == 0);
  BOOST_REQUIRE(run("import " + market.string() + " --out " + file.string()).status == 0);
  Json config = Json::parse(read(out / "config.json"));
  for (Json& arm : config["arms"]) arm["data"]["panel"] = file.string();
  config["data"]["panel"] = file.string();
  std::ofstream(out / "config.json") << config.dump();
  const Result result = run("resume " + out.string());
  BOOST_TEST(result.status == 2);
  BOOST_TEST(result.err.find("fingerprint") != std::string::npos);
}
