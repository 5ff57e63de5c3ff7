#include "experiments/app/joint_maps.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/panel_store.hpp"
#include "data/synthetic.hpp"
#include "engine/store/atomic_file.hpp"
#include "experiments/app/run.hpp"
#include "experiments/report/report.hpp"
#include "test/support/captured_stdout.hpp"
#include "test/support/temporary_folder.hpp"

using namespace evofactor;
using namespace evofactor::app;

namespace {

namespace fs = std::filesystem;

/// Small runs on one simulated market, made once.
struct Runs {
  test::TemporaryFolder folder;
  Runs() {
    Panel panel = simulate_panel({.stocks = 100, .universe = 80, .days = 260, .seed = Seed{1}});
    write_panel(folder.path() / "panel.h5", panel);
    make("first", 40, "[1, 2]");
    make("other_seed", 40, "[2]");
    make("other_days", 30, "[1]");
    fs::copy(folder.path() / "first", folder.path() / "copy", fs::copy_options::recursive);
  }
  void make(const std::string& name, int test_days, const std::string& seeds) {
    Json json = Json::parse(R"({"baselines": {"random_search": []}, "pool": {"size": 4}, "arms": [
      {"name": "small", "search": {"population": 20, "generations": 1, "max_nodes": 4}},
      {"name": "large", "search": {"population": 20, "generations": 1}}]})");
    json["seeds"] = Json::parse(seeds);
    json["data"] = {{"panel", (folder.path() / "panel.h5").string()}};
    json["split"] = {{"train", 80}, {"validate", 30}, {"test", test_days}};
    const test::CapturedStdout quiet;
    BOOST_REQUIRE(run_experiment(read_experiment(json, folder.path() / "x.json"),
                                 {.folder = folder.path() / name, .threads = 1}) == 0);
  }
  [[nodiscard]] report::RunData merged(const std::vector<std::string>& names) const {
    std::vector<report::RunData> runs;
    for (const std::string& name : names) runs.push_back(report::read_run(folder.path() / name));
    return report::merge_runs(runs, /*allow_differences=*/true);
  }
};

const Runs& runs() {
  static const Runs made;
  return made;
}

bool has_note(const report::RunData& run, const std::string& text) {
  return std::ranges::any_of(
      run.notes, [&](const std::string& note) { return note.find(text) != std::string::npos; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(joint_maps)

BOOST_AUTO_TEST_CASE(factors_of_all_runs_stand_on_one_map_and_copies_on_top_of_each_other) {
  report::RunData merged = runs().merged({"first", "copy"});
  const std::size_t own = merged.maps.size();
  BOOST_TEST(own == 4U);  // two seeds in each
  const fs::path out = runs().folder.path() / "compared";
  join_maps(merged, out);
  BOOST_TEST_REQUIRE(merged.maps.size() == 2U);
  std::size_t members = 0;
  for (const report::SearchData& search : merged.searches) members += search.members.size();
  std::size_t drawn = 0;
  for (const report::ArmsMap& map : merged.maps) {
    BOOST_TEST(map.run == "all runs");
    BOOST_TEST(map.days == 40);
    drawn += map.factors.size();
    std::map<std::pair<std::string, std::int64_t>, const report::ArmsMap::Factor*> by_name;
    for (const auto& factor : map.factors) by_name[{factor.arm, factor.id}] = &factor;
    for (const auto& factor : map.factors) {
      if (!factor.arm.starts_with("first/")) continue;
      const auto* twin = by_name.at({"copy/" + factor.arm.substr(6), factor.id});
      BOOST_TEST(twin->cluster == factor.cluster);
      BOOST_TEST(twin->x == factor.x, boost::test_tools::tolerance(1e-6));
      BOOST_TEST(twin->y == factor.y, boost::test_tools::tolerance(1e-6));
    }
    // A factor lies nearer to its copies' centre than to that of the others of its arm.
    for (const auto& arm : map.arms)
      if (arm.factors > 1) BOOST_TEST(arm.overlap == 1);
  }
  BOOST_TEST(drawn == members);
  const report::Analysis analysis = report::analyse(merged);
  BOOST_TEST(analysis.find("copy/large")->map_overlap == 1);

  // Made once: what lies there is taken as long as the pools are the same.
  Json stored = Json::parse(read_text(out / "diversity.json"));
  stored["maps"][0]["value"] = 77;
  write_text(out / "diversity.json", stored.dump());
  report::RunData again = runs().merged({"first", "copy"});
  join_maps(again, out);
  BOOST_TEST(again.maps[0].value == 77);
}

BOOST_AUTO_TEST_CASE(what_only_one_run_has_keeps_its_own_map_and_a_line_says_so) {
  report::RunData merged = runs().merged({"first", "other_seed"});
  join_maps(merged, runs().folder.path() / "seeds");
  BOOST_TEST_REQUIRE(merged.maps.size() == 2U);
  BOOST_TEST(merged.maps[0].run == "all runs");
  BOOST_TEST(merged.maps[0].seed == 2);
  BOOST_TEST(merged.maps[1].run == "first");
  BOOST_TEST(merged.maps[1].seed == 1);
  BOOST_TEST(has_note(
      merged, "No common map of the factors of seed 1, fold 0: only first has finished it."));
}

BOOST_AUTO_TEST_CASE(runs_of_other_test_days_are_not_put_on_one_map) {
  report::RunData merged = runs().merged({"first", "other_days"});
  const fs::path out = runs().folder.path() / "days";
  join_maps(merged, out);
  BOOST_TEST(merged.maps.size() == 3U);
  for (const report::ArmsMap& map : merged.maps) BOOST_TEST(map.run != "all runs");
  BOOST_TEST(has_note(merged, "of seed 1, fold 0: test days are 2"));
  BOOST_TEST(!fs::exists(out / "diversity.json"));
}

BOOST_AUTO_TEST_SUITE_END()
