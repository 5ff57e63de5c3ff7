#include "experiments/report/report.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <numeric>
#include <regex>
#include <set>

#include "engine/core/error.hpp"
#include "engine/store/atomic_file.hpp"
#include "experiments/report/format.hpp"
#include "experiments/report/headline.hpp"
#include "experiments/report/page.hpp"
#include "test/report/fake_run.hpp"
#include "test/support/temporary_folder.hpp"

namespace evofactor::report {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::FakeRun;

constexpr double kTolerance = 1e-12;

/// Constant daily rank ICs, so that every mean is known: gp .02 + .01 fold + .004 (seed - 1), and
/// so on.
FakeRun simple_run() {
  FakeRun run;
  run.rank_ic = [](const std::string& method, int seed, int fold, bool test, int) {
    if (method == "gp") return (test ? 0.02 : 0.08) + 0.01 * fold + 0.004 * (seed - 1);
    if (method == "nnafc") return 0.05 + 0.01 * fold;
    if (method == "composite20") return 0.04 + 0.01 * fold;
    if (method == "vol60") return 0.03;
    return 0.01;
  };
  return run;
}

struct WrittenRun {
  explicit WrittenRun(const FakeRun& fake = simple_run()) {
    test::write_run(fake, folder.path());
    data = read_run(folder.path());
    analysis = analyse(data);
  }
  test::TemporaryFolder folder;
  RunData data;
  Analysis analysis;
};

std::vector<std::vector<std::string>> read_csv(const fs::path& file) {
  std::vector<std::vector<std::string>> rows(1, std::vector<std::string>(1));
  bool quoted = false;
  for (const char c : read_text(file)) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      rows.back().emplace_back();
    } else if (c == '\n' && !quoted) {
      rows.emplace_back(1);
    } else {
      rows.back().back() += c;
    }
  }
  rows.pop_back();
  return rows;
}

/// Cell of the row whose first cells are `keys`, in the named column.
std::string cell(const fs::path& file, const std::vector<std::string>& keys,
                 const std::string& column) {
  const auto rows = read_csv(file);
  const auto at = std::find(rows[0].begin(), rows[0].end(), column);
  BOOST_REQUIRE(at != rows[0].end());
  for (const auto& row : rows)
    if (std::equal(keys.begin(), keys.end(), row.begin()))
      return row[static_cast<std::size_t>(at - rows[0].begin())];
  BOOST_FAIL("no such row in " << file);
  return {};
}

bool message_has(const std::exception& error, const std::vector<std::string>& parts) {
  for (const std::string& part : parts)
    if (!contains(error.what(), part)) {
      BOOST_TEST_MESSAGE("missing \"" << part << "\" in: " << error.what());
      return false;
    }
  return true;
}

}  // namespace

BOOST_AUTO_TEST_CASE(means_are_over_folds_of_means_over_seeds) {
  const WrittenRun run;
  const Scheme& gp = *run.analysis.find("gp");
  // Folds .022 and .032; seeds .025 and .029.
  BOOST_TEST(gp.rank_ic.mean == 0.027, boost::test_tools::tolerance(kTolerance));
  BOOST_TEST(gp.rank_ic.spread == 0.004 / std::sqrt(2.0), boost::test_tools::tolerance(1e-9));
  BOOST_TEST(gp.validate_rank_ic.mean == 0.087, boost::test_tools::tolerance(kTolerance));
  BOOST_TEST(gp.neutral_rank_ic.mean == 0.009, boost::test_tools::tolerance(kTolerance));
  BOOST_TEST(gp.evaluations.mean == 1000);
  BOOST_TEST(gp.total_evaluations == 4000);
  BOOST_TEST(run.analysis.evaluations == 12000);
  BOOST_TEST(gp.folds.at(1).test == 0.032, boost::test_tools::tolerance(kTolerance));
  BOOST_TEST(std::isnan(run.analysis.find("vol60")->rank_ic.spread));
}

BOOST_AUTO_TEST_CASE(best_arm_is_chosen_on_test_days_and_random_search_is_no_arm) {
  FakeRun fake = simple_run();
  const auto base = fake.rank_ic;
  fake.rank_ic = [base](const std::string& m, int s, int f, bool test, int day) {
    return m == "random_formula" ? 0.2 : base(m, s, f, test, day);
  };
  const WrittenRun run(fake);
  // gp leads on validation days, random search on test days; nnafc is the best arm.
  BOOST_TEST(run.analysis.schemes[*run.analysis.best].name == "nnafc");
  BOOST_TEST((run.analysis.find("random_formula")->role == Role::kRandom));
  BOOST_TEST(contains(headline(run.analysis).meaning, "does not beat random search"));
}

BOOST_AUTO_TEST_CASE(paired_difference_of_parallel_series_has_no_spread) {
  const WrittenRun run;
  const PairedRow& row = *run.analysis.pair("nnafc", "composite20");
  BOOST_TEST(row.days == 120);
  BOOST_TEST(row.difference == 0.01, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(row.low == 0.01, boost::test_tools::tolerance(1e-9));
  BOOST_TEST((verdict(row) == Verdict::kBetter));
  const PairedRow& worse = *run.analysis.pair("gp", "composite20");
  // Seeds are averaged first: .022 and .032 against .04 and .05.
  BOOST_TEST(worse.difference == -0.018, boost::test_tools::tolerance(1e-9));
  BOOST_TEST((verdict(worse) == Verdict::kWorse));
  BOOST_TEST(run.analysis.pair("nnafc", "composite20", true)->difference == 0.01 / 3,
             boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_noisy_lead_is_called_inside_the_noise) {
  FakeRun fake = simple_run();
  fake.rank_ic = [](const std::string& m, int, int, bool, int day) {
    return m == "nnafc" ? (day % 2 == 0 ? 0.4 : -0.38) : 0.009;
  };
  const WrittenRun run(fake);
  const Headline head = headline(run.analysis);
  BOOST_TEST(head.best == "nnafc");
  BOOST_REQUIRE(head.items.size() == 3);
  BOOST_TEST((head.items[0].verdict == Verdict::kAhead));
  BOOST_TEST(contains(head.items[0].words, "is ahead by .001"));
  BOOST_TEST(contains(head.items[0].words, "inside the noise"));
  BOOST_TEST(contains(head.meaning, "no larger than chance"));
}

BOOST_AUTO_TEST_CASE(a_pool_that_loses_to_volatility_is_told_so) {
  FakeRun fake = simple_run();
  fake.arms = {"gp"};
  const WrittenRun run(fake);
  const Headline head = headline(run.analysis);
  BOOST_TEST(
      contains(head.meaning, "does not beat the classic composite and 60-day volatility alone"));
  BOOST_TEST(contains(head.items[1].words, "is behind by .003"));
}

BOOST_AUTO_TEST_CASE(tables_hold_the_numbers) {
  const WrittenRun run;
  write_report(run.folder.path());
  const fs::path tables = run.folder / "tables";
  BOOST_TEST(cell(tables / "schemes.csv", {"gp"}, "test_rank_ic") == "0.027");
  BOOST_TEST(cell(tables / "schemes.csv", {"composite20"}, "test_rank_ic") == "0.045");
  BOOST_TEST(cell(tables / "schemes.csv", {"composite20"}, "evaluations") == "");
  BOOST_TEST(cell(tables / "schemes.csv", {"random_formula"}, "role") == "random");
  BOOST_TEST(cell(tables / "folds.csv", {"gp", "1"}, "test_rank_ic") == "0.032");
  BOOST_TEST(cell(tables / "baselines.csv", {"vol60"}, "formula") ==
             "neg(ts_std(ts_return(close, 1), 60))");
  BOOST_TEST(cell(tables / "paired_differences.csv", {"gp", "vol60", "rank_ic"}, "difference") ==
             "-0.003");
  BOOST_TEST(cell(tables / "generations.csv", {"gp", "2", "1", "19"}, "evaluations") == "1000");
  BOOST_TEST(cell(tables / "pool_gp.csv", {"gp", "1", "0", "2"}, "text") ==
             "ts_corr(close, delay(volume, 1), 10)");
  BOOST_TEST(cell(tables / "pool_gp.csv", {"gp", "1", "0", "2"}, "sign") == "-1");
  BOOST_TEST(cell(tables / "pool_gp.csv", {"gp", "1", "0", "2"}, "nearest_known") == "vol60");
  BOOST_TEST(cell(tables / "pool_gp.csv", {"gp", "1", "0", "2"}, "nearest_correlation") == "-0.41");
  const auto combined = [&](const char* rule, const char* column) {
    return cell(tables / "combinations.csv", {"gp", "1", "1", rule}, column);
  };
  BOOST_TEST(combined("ridge", "test_rank_ic") == "0.07");
  BOOST_TEST(combined("ridge", "neutral_test_rank_ic") == "0.06");
  BOOST_TEST(!combined("equal", "test_rank_ic").empty());
  BOOST_TEST(contains(report_page(run.data, run.analysis), "Ways to combine a pool"));
  BOOST_TEST(read_csv(tables / "pool_nnafc.csv").size() == 1 + 2 * 2 * 3);
}

/// The JSON of the script element of that id.
Json embedded(const std::string& page, const std::string& id) {
  const std::string open = "id=\"" + id + "\">";
  const std::size_t begin = page.find(open);
  if (begin == std::string::npos) return {};
  return Json::parse(
      page.substr(begin + open.size(), page.find("</script>", begin) - begin - open.size()));
}

BOOST_AUTO_TEST_CASE(a_scheme_without_a_value_on_some_days_is_noted) {
  const auto noted = [](const WrittenRun& run) {
    return std::ranges::count_if(run.analysis.notes, [](const std::string& note) {
      return contains(note, "nnafc has no rank IC on 4 of the 120 test days");
    });
  };
  FakeRun fake = simple_run();
  BOOST_TEST(noted(WrittenRun(fake)) == 0);
  fake.rank_ic = [plain = fake.rank_ic](const std::string& method, int seed, int fold, bool test,
                                        int day) {
    return method == "nnafc" && test && fold == 1 && day >= 10 && day < 14
               ? std::numeric_limits<double>::quiet_NaN()
               : plain(method, seed, fold, test, day);
  };
  BOOST_TEST(noted(WrittenRun(fake)) == 1);
}

BOOST_AUTO_TEST_CASE(an_arm_is_held_against_itself_on_shuffled_labels) {
  FakeRun fake;
  fake.arms = {};
  fake.random_arms = {"lenet", "lenet_shuffled"};
  fake.rank_ic = [](const std::string& method, int, int, bool, int) {
    return method == "lenet" ? 0.05 : 0.01;
  };
  const test::TemporaryFolder folder;
  test::write_run(fake, folder.path());
  Json config = Json::parse(read_text(folder.path() / "config.json"));
  config["arms"][0]["fitness"] = {{"min_stocks", 30}, {"shuffled", false}};
  config["arms"][1]["fitness"] = {{"min_stocks", 30}, {"shuffled", true}};
  const auto analysis_of = [&] {
    write_text(folder.path() / "config.json", config.dump());
    return analyse(read_run(folder.path()));
  };
  const Analysis analysis = analysis_of();
  const PairedRow* pair = analysis.pair("lenet", "lenet_shuffled");
  BOOST_REQUIRE(pair != nullptr);
  BOOST_TEST(std::abs(pair->difference - 0.04) < kTolerance);
  BOOST_TEST((analysis.pair("lenet_shuffled", "lenet") == nullptr));

  config["arms"][0]["search"]["population"] = 10;
  BOOST_TEST((analysis_of().pair("lenet", "lenet_shuffled") == nullptr));
}

BOOST_AUTO_TEST_CASE(networks_of_one_architecture_are_no_random_search) {
  FakeRun fake = simple_run();
  fake.random_arms = {"preset", "preset_shuffled", "random_network"};
  const test::TemporaryFolder folder;
  test::write_run(fake, folder.path());
  Json config = Json::parse(read_text(folder.path() / "config.json"));
  for (Json& arm : config["arms"])
    if (const auto name = arm["name"].get<std::string>(); name.starts_with("preset")) {
      arm["search"]["space"]["layers"] = {{{"kind", "dense"}, {"units", 64}}};
      arm["fitness"] = {{"shuffled", name.ends_with("_shuffled")}};
    }
  write_text(folder.path() / "config.json", config.dump());
  const Analysis analysis = analyse(read_run(folder.path()));

  BOOST_TEST((analysis.find("preset")->role == Role::kFixed));
  BOOST_TEST((analysis.find("preset_shuffled")->role == Role::kShuffled));
  BOOST_TEST(analysis.random_for(*analysis.find("nnafc"))->name == "random_network");
  for (const char* other : {"gp", "nnafc"})
    BOOST_TEST((analysis.pair(other, "preset") != nullptr), other << " against preset");
  BOOST_TEST((analysis.pair("preset", "random_network") != nullptr));
  BOOST_TEST((analysis.pair("preset", "preset_shuffled") != nullptr));
  BOOST_TEST((analysis.pair("nnafc", "preset_shuffled") == nullptr));
  BOOST_TEST(contains(headline(analysis).title, "best of 3 arms"));
}

BOOST_AUTO_TEST_CASE(every_formula_can_be_looked_at) {
  const WrittenRun run;
  const std::string page = report_page(run.data, run.analysis);
  BOOST_TEST(contains(page, "<option value=\"0\">gp, seed 1, fold 0</option>"));
  BOOST_TEST(contains(page, "<option value=\"7\">random_formula, seed 2, fold 1</option>"));
  BOOST_TEST(!contains(page, ">nnafc, seed"));
  const Json pool = embedded(page, "formulas-1");  // seed 1, fold 1
  BOOST_TEST_REQUIRE(pool["members"].size() == 3U);
  const Json& second = pool["members"][1];
  BOOST_TEST(second["text"] == "ts_corr(close, delay(volume, 1), 10)");
  BOOST_TEST(second["sign"] == -1);
  BOOST_TEST(second["base"] == true);
  BOOST_TEST(second["tree"]["nodes"].size() == 4U);
  BOOST_TEST(second["tree"]["nodes"][3].dump().find("[\"ts_corr 10\"") == 0U);
  BOOST_TEST(second["scores"][2][0] == "test");
  BOOST_TEST(second["scores"][2][1] == 0.0248);
  BOOST_TEST(second["scores"][0][5].is_null());  // neutralised
  BOOST_TEST(second["scores"][1][5] == 0.0165);
  BOOST_TEST(second["scores"][2][5] == 0.0124);
  BOOST_TEST(second["years"].dump() ==
             R"([[2012,"train",0.0495,100],[2012,"validate",0.0495,30],[2012,"test",0.0248,60]])");
  BOOST_TEST(second["decay"].dump() == "[[1,0.0248,130],[5,0.0495,130],[60,null,0]]");
  BOOST_TEST(second["known"].dump() == R"([["vol60",-0.4],["ret5",0.1]])");
  BOOST_TEST(second["styles"].dump() == R"([["size",0.2]])");
}

BOOST_AUTO_TEST_CASE(lineage_ends_at_the_created) {
  const WrittenRun run;
  for (const SearchData& search : run.data.searches) {
    if (search.kind != "formula") continue;
    for (const Member& member : search.members) {
      const std::vector<std::int64_t> expected{1, 2, 0};  // the parents, then theirs
      BOOST_TEST(member.ancestors == expected, boost::test_tools::per_element());
      for (const std::int64_t id : member.ancestors) {
        const Ancestor& ancestor = search.ancestors.at(id);
        BOOST_TEST((ancestor.op == "create") == ancestor.parents.empty());
        for (const std::int64_t parent : ancestor.parents)
          BOOST_TEST(search.ancestors.contains(parent));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(ancestors_are_few_and_near) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.write("evaluations.ndjson",
                                     test::detail::evaluations("close", 40) + "{\"candidate\":40,");
  Lineage lineage(file);
  const std::vector<std::int64_t> near{39, 38, 37, 36, 35, 34, 33, 32, 31};
  BOOST_TEST(lineage.ancestors_of({39}) == near, boost::test_tools::per_element());
  BOOST_TEST(lineage.ancestors_of({40, 99}).empty());  // torn, and not there
  BOOST_TEST(lineage.found().size() == near.size());
  BOOST_TEST(lineage.found().at(36).fitness == 0.36, boost::test_tools::tolerance(kTolerance));
  std::vector<std::int64_t> many(40);
  std::iota(many.begin(), many.end(), 0);
  BOOST_TEST(lineage.ancestors_of(many).size() == kMostAncestors);
  BOOST_TEST(Lineage(folder / "none").ancestors_of({1}).empty());
}

BOOST_AUTO_TEST_CASE(a_run_of_an_older_version_shows_what_it_has) {
  const WrittenRun written;
  for (const auto& entry : fs::recursive_directory_iterator(written.folder.path())) {
    if (entry.path().filename() == "evaluations.ndjson") fs::remove(entry.path());
    if (entry.path().filename() != "results.json") continue;
    Json results = Json::parse(read_text(entry.path()));
    for (Json& member : results["members"])
      for (const char* key : {"neutral_validate", "known", "styles", "years", "decay"})
        member.erase(key);
    write_text(entry.path(), results.dump());
  }
  const RunData data = read_run(written.folder.path());
  const Json pool = embedded(report_page(data, analyse(data)), "formulas-0");
  BOOST_TEST_REQUIRE(pool["members"].size() == 3U);
  const Json& first = pool["members"][0];
  BOOST_TEST(first["known"].dump() == R"([["vol60",-0.4]])");
  for (const char* key : {"styles", "years", "decay", "ancestors"}) BOOST_TEST(first[key].empty());
  BOOST_TEST(first["scores"][1][1] == 0.05);
  BOOST_TEST(first["scores"][1][5].is_null());
}

BOOST_AUTO_TEST_CASE(a_run_of_networks_has_no_formulas_to_look_at) {
  FakeRun fake = simple_run();
  fake.arms = {"nnafc"};
  fake.random_arms = {};
  const WrittenRun run(fake);
  BOOST_TEST(!contains(report_page(run.data, run.analysis), "id=\"formula-pool\""));
}

BOOST_AUTO_TEST_CASE(diversity_stands_beside_scores_and_cost) {
  const WrittenRun run;
  write_report(run.folder.path());
  const fs::path table = run.folder / "tables/diversity.csv";
  // Folds .6 and .7, seeds .02 apart.
  BOOST_TEST(cell(table, {"gp"}, "diversity") == "0.64");
  BOOST_TEST(cell(table, {"gp"}, "diversity_spread") == "0.0141421");
  BOOST_TEST(cell(table, {"gp"}, "test_rank_ic") == "0.027");
  BOOST_TEST(cell(table, {"gp"}, "test_ic") == "0.0135");
  BOOST_TEST(cell(table, {"gp"}, "mean_correlation") == "0.3");
  BOOST_TEST(cell(table, {"gp"}, "map_overlap") == "0.25");
  BOOST_TEST(cell(table, {"random_formula"}, "map_overlap") == "");
  // 300 s for pools of 3.
  BOOST_TEST(cell(table, {"nnafc"}, "hours_for_50") == "1.38889");
  BOOST_TEST(cell(table, {"nnafc"}, "hours_scaled") == "1");
  BOOST_TEST(read_csv(table).size() == 1 + 3);  // no baselines
  const std::string page = read_text(run.folder / "report.html");
  BOOST_TEST(contains(page, "How much they differ"));
  BOOST_TEST(contains(page, "<b>.64</b> <small>±.01</small>"));
  BOOST_TEST(contains(page, "1.39 <small>scaled</small>"));
  BOOST_TEST(
      summary_json(run.data, run.analysis)["schemes"][0]["diversity"]["mean"].get<double>() == 0.64,
      boost::test_tools::tolerance(kTolerance));
}

BOOST_AUTO_TEST_CASE(hours_for_50_factors_of_pools_of_50_are_not_called_scaled) {
  FakeRun fake = simple_run();
  fake.members = 50;
  const WrittenRun run(fake);
  BOOST_TEST(run.analysis.find("nnafc")->hours_for_50.mean == 300.0 / 3600,
             boost::test_tools::tolerance(kTolerance));
  BOOST_TEST(contains(report_page(run.data, run.analysis), "<td>.0833</td>"));
}

BOOST_AUTO_TEST_CASE(the_map_has_every_factor_in_its_arm_s_colour) {
  const WrittenRun run;
  const std::string page = report_page(run.data, run.analysis);
  const Json figure = embedded(page, "plot-map-data");
  BOOST_TEST_REQUIRE(figure["variants"].size() == 4U);
  BOOST_TEST(figure["variants"][1]["name"] == "seed 1, fold 1");
  std::map<std::string, Json> traces;
  for (const Json& trace : figure["variants"][1]["data"])
    if (trace.contains("name")) traces[trace["name"]] = trace;
  BOOST_TEST(traces["gp"]["x"].dump() == "[0,0,0]");
  BOOST_TEST(traces["nnafc"]["y"].dump() == "[0,0.25,0.5]");
  BOOST_TEST(traces["random_formula"]["x"].size() == 2U);  // one is not placed
  BOOST_TEST(traces["gp"]["marker"]["color"] == "var(--arm-0)");
  BOOST_TEST(traces["nnafc"]["marker"]["color"] == "var(--arm-1)");
  BOOST_TEST(traces["gp"]["text"][1] == "group 1: ts_corr(close, delay(volume, 1), 10)");
  BOOST_TEST(traces["centre of a group"]["x"].dump() == "[0,1,2]");
}

BOOST_AUTO_TEST_CASE(a_map_can_be_coloured_by_what_the_networks_are_made_of) {
  FakeRun fake = simple_run();
  fake.folds = 1;
  fake.seeds = {1};
  const WrittenRun run(fake);
  const fs::path pool = run.folder / "nnafc/seed-1/fold-0/pool.json";
  Json json = Json::parse(read_text(pool));
  json["members"][1]["genome"]["layers"] = Json::parse(
      R"([{"kind": "branches", "branches": [{"layers": [{"kind": "lstm", "units": 8}]}, {}]},
          {"kind": "norm"}, {"kind": "thoughts"}, {"kind": "dense"}])");
  write_text(pool, json.dump());
  const RunData data = read_run(run.folder.path());
  const Json figure = embedded(report_page(data, analyse(data)), "plot-map-data");
  BOOST_TEST_REQUIRE(figure["variants"].size() == 2U);
  BOOST_TEST(figure["variants"][1]["name"] == "seed 1, fold 0, by kind of factor");
  std::map<std::string, Json> traces;
  for (const Json& trace : figure["variants"][1]["data"])
    if (trace.contains("name")) traces[trace["name"]] = trace;
  BOOST_TEST(traces["dense"]["x"].size() == 2U);
  BOOST_TEST(traces["lstm+thoughts"]["y"].dump() == "[0.25]");
  BOOST_TEST(contains(traces["lstm+thoughts"]["text"][0].dump(), "nnafc, group 2: "));
  BOOST_TEST(traces["formula"]["x"].size() == 5U);  // gp and random search, one is not placed
}

BOOST_AUTO_TEST_CASE(maps_of_several_runs_are_told_apart) {
  FakeRun fake = simple_run();
  fake.folds = 1;
  fake.seeds = {1};
  const WrittenRun first(fake);
  fake.name = "other";
  fake.arms = {"gp", "deep"};
  const WrittenRun second(fake);
  const std::vector<RunData> runs{first.data, second.data};
  const RunData merged = merge_runs(runs);
  const Json figure = embedded(report_page(merged, analyse(merged)), "plot-map-data");
  BOOST_TEST(figure["variants"][0]["name"] == "fake, seed 1, fold 0");
  BOOST_TEST(figure["variants"][1]["name"] == "other, seed 1, fold 0");
  BOOST_TEST(contains(figure["variants"][1]["data"].dump(), "other/gp"));
}

BOOST_AUTO_TEST_CASE(a_run_without_diversity_is_reported_without_it) {
  const WrittenRun written;
  fs::remove(written.folder / "diversity.json");
  for (const auto& entry : fs::recursive_directory_iterator(written.folder.path())) {
    if (entry.path().filename() != "results.json") continue;
    Json results = Json::parse(read_text(entry.path()));
    results.erase("diversity");
    write_text(entry.path(), results.dump());
  }
  write_report(written.folder.path());
  const std::string page = read_text(written.folder / "report.html");
  BOOST_TEST(contains(page, "Side by side"));
  BOOST_TEST(!contains(page, "How much they differ"));
  BOOST_TEST(cell(written.folder / "tables/diversity.csv", {"gp"}, "diversity") == "");
  BOOST_TEST(cell(written.folder / "tables/diversity.csv", {"gp"}, "test_rank_ic") == "0.027");
  written.folder.write("diversity.json", "{\"maps\": [");
  BOOST_TEST(contains(report_page(read_run(written.folder.path()), written.analysis),
                      "diversity.json: is no complete JSON"));
}

/// What a search tells of two networks, the second without prior and pruning.
Json fake_stages() {
  const auto stage = [](const char* name, int step, double rank_ic, const Json& distance) {
    Json json = {{"stage", name},
                 {"step", step},
                 {"train_rank_ic", rank_ic},
                 {"validate_rank_ic", rank_ic / 2},
                 {"prior_mse", distance},
                 {"prior_distance", distance}};
    if (json["stage"] != "epoch") json["saliency"] = {{0.5, -1.0, 2.0}, {0.0, 0.25, -4.0}};
    return json;
  };
  const Json bred = {{"id", 1},
                     {"features", {"close", "volume"}},
                     {"prior", "ts_mean(close, 5)"},
                     {"equal", true},
                     {"stages",
                      {stage("initial", 0, 0.0, 1.5), stage("pretrained", 0, 0.01, 0.2),
                       stage("pruned", 0, 0.01, 0.3), stage("epoch", 10, 0.04, 0.9),
                       stage("trained", 10, 0.04, 0.9)}}};
  const Json plain = {
      {"id", 0},
      {"features", {"close", "volume"}},
      {"prior", ""},
      {"equal", true},
      {"stages", {stage("initial", 0, 0.0, nullptr), stage("trained", 20, 0.05, nullptr)}}};
  return {{"format", "evofactor.stages"}, {"members", {bred, plain}}};
}

BOOST_AUTO_TEST_CASE(what_the_networks_went_through_is_shown_stage_by_stage) {
  const WrittenRun written;
  write_text(written.folder / "nnafc/seed-1/fold-0/stages.json", fake_stages().dump());
  const RunData data = read_run(written.folder.path());
  const std::string page = report_page(data, analyse(data));
  BOOST_TEST(contains(page, "What the networks went through"));
  BOOST_TEST(contains(page, "ended with the very weights of the search"));
  BOOST_TEST(contains(page, "data-figure=\"plot-saliency-0 plot-stages-0 plot-prior-0\""));
  // Members are named by their place in the pool.
  BOOST_TEST(contains(page, "seed 1, fold 0, factor 2</option>"));
  const Json saliency = embedded(page, "plot-saliency-0-data");
  BOOST_TEST_REQUIRE(saliency["variants"].size() == 2U);
  const Json& maps = saliency["variants"][0]["data"];
  BOOST_TEST_REQUIRE(maps.size() == 4U);  // initial, pretrained, pruned, trained
  BOOST_TEST(maps[0]["z"].dump() == "[[0.125,-0.25,0.5],[0,0.063,-1]]");
  BOOST_TEST(maps[0]["x"].dump() == "[-2,-1,0]");
  BOOST_TEST((maps[0]["zmin"] == -1 && maps[0]["zmax"] == 1));
  BOOST_TEST(saliency["variants"][1]["data"].size() == 2U);
  const Json lines = embedded(page, "plot-stages-0-data")["variants"][0]["data"];
  BOOST_TEST(lines[0]["x"].dump() == "[-5,-2.5,0,10]");
  BOOST_TEST(lines[1]["x"].dump() == "[10]");
  const Json distances = embedded(page, "plot-prior-0-data")["variants"];
  BOOST_TEST(!distances[0]["data"].empty());
  BOOST_TEST(distances[1]["data"].empty());
}

BOOST_AUTO_TEST_CASE(runs_without_stages_or_replicates_still_report) {
  const WrittenRun run;
  const std::string page = report_page(run.data, run.analysis);
  BOOST_TEST(!contains(page, "What the networks went through"));
  BOOST_TEST(!contains(page, "chosen at"));
  write_text(run.folder / "nnafc/seed-1/fold-0/stages.json", "{\"members\":");
  const RunData torn = read_run(run.folder.path());
  BOOST_TEST(torn.unfinished.empty());
  BOOST_TEST_REQUIRE(torn.notes.size() == 1U);
  BOOST_TEST(contains(torn.notes[0], "stages.json"));
}

BOOST_AUTO_TEST_CASE(the_spread_of_fresh_trainings_stands_beside_their_median) {
  const WrittenRun written;
  const fs::path file = written.folder / "nnafc/seed-1/fold-0/results.json";
  Json results = Json::parse(read_text(file));
  results["replicate_trainings"] = 9;
  results["replicate_seconds"] = 4.0;
  results["stages_seconds"] = 1.5;
  results["members"][0]["replicates"] = {
      {"selected_fitness", 0.061}, {"fitness", {0.05, nullptr, 0.047}}, {"std", 0.0021}};
  write_text(file, results.dump());
  write_report(written.folder.path());
  const std::string page = read_text(written.folder / "report.html");
  BOOST_TEST(contains(page, "±.002</small> <small>chosen at .061"));
  BOOST_TEST(contains(page, "<td>9</td><td>5.5 s</td>"));
  const fs::path table = written.folder / "tables/pool_nnafc.csv";
  BOOST_TEST(cell(table, {"nnafc", "1", "0", "1"}, "selected_fitness") == "0.061");
  BOOST_TEST(cell(table, {"nnafc", "1", "0", "1"}, "replicate_std") == "0.0021");
  BOOST_TEST(cell(table, {"nnafc", "1", "0", "2"}, "replicate_std") == "");
}

BOOST_AUTO_TEST_CASE(the_page_loads_nothing_from_elsewhere) {
  const WrittenRun run;
  const std::string page = report_page(run.data, run.analysis);
  const std::size_t script = page.find("/**\n* plotly.js");
  BOOST_REQUIRE(script != std::string::npos);
  // Plotly itself holds addresses of maps, which no figure here uses.
  const std::size_t end = page.find("</script>", script);
  const std::string ours = page.substr(0, script) + page.substr(end);
  BOOST_TEST(!std::regex_search(ours, std::regex("(src|href)=\"?(https?:)?//")));
  BOOST_TEST(!contains(ours, "@import"));
  BOOST_TEST(!contains(ours, "url("));
  BOOST_TEST(contains(ours, "prefers-color-scheme:dark"));
  BOOST_TEST(contains(ours, "12,000 in 12 searches of 3 arms"));
  BOOST_TEST(contains(ours, "scored once, after every pool was fixed"));
  BOOST_TEST(contains(ours, "00000000000000aa"));
  BOOST_TEST(contains(ours, "AVX2"));
}

BOOST_AUTO_TEST_CASE(every_tag_of_the_page_is_closed) {
  const WrittenRun run;
  const std::string page = report_page(run.data, run.analysis);
  static const std::set<std::string> kVoid{"meta", "col", "rect", "path", "wbr"};
  std::vector<std::string> open;
  std::set<std::string> ids, links;
  for (std::size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    if (page[at + 1] == '!') continue;
    const bool closing = page[at + 1] == '/';
    const std::size_t begin = at + (closing ? 2 : 1);
    const std::string tag = page.substr(begin, page.find_first_of(" >/", begin) - begin);
    const std::string whole = page.substr(at, page.find('>', at) - at);
    std::smatch match;
    if (std::regex_search(whole, match, std::regex(" id=\"([^\"]*)\"")))
      BOOST_TEST(ids.insert(match[1]).second, "id " << match[1] << " stands twice");
    if (std::regex_search(whole, match, std::regex("href=\"#([^\"]*)\""))) links.insert(match[1]);
    if (kVoid.contains(tag)) continue;
    if (closing) {
      BOOST_REQUIRE_MESSAGE(!open.empty() && open.back() == tag,
                            "</" << tag << "> closes " << (open.empty() ? "nothing" : open.back()));
      open.pop_back();
      continue;
    }
    open.push_back(tag);
    if (tag == "script" || tag == "style") at = page.find("</" + tag, at) - 1;
  }
  BOOST_TEST(open.empty());
  for (const std::string& link : links) BOOST_TEST(ids.contains(link));
}

BOOST_AUTO_TEST_CASE(hostile_text_is_only_text) {
  FakeRun fake = simple_run();
  fake.name = "<img src=x onerror=alert(1)>";
  fake.formula = "</script><script>alert(1)</script>";
  const WrittenRun run(fake);
  RunData data = run.data;
  for (SearchData& search : data.searches)
    if (search.arm == "gp") search.arm = "</script><b>";
  for (std::string& arm : data.arms)
    if (arm == "gp") arm = "</script><b>";
  const std::string page = report_page(data, analyse(data));
  BOOST_TEST(!contains(page, "<img src=x"));
  BOOST_TEST(!contains(page, "<script>alert"));
  BOOST_TEST(!contains(page, "</script><b>"));
  BOOST_TEST(contains(page, "&lt;img src=x"));
  BOOST_TEST(pool_file_name("../a/b") == "pool_.._a_b.csv");
}

BOOST_AUTO_TEST_CASE(unfinished_searches_are_listed_and_count_nowhere) {
  const WrittenRun written;
  const fs::path root = written.folder.path();
  fs::remove_all(root / "gp" / "seed-1" / "fold-0");
  written.folder.write("gp/seed-2/fold-0/results.json", "{\"arm\": \"gp\", \"see");
  fs::remove(root / "nnafc" / "seed-2" / "fold-1" / "results.json");
  const RunData data = read_run(root);
  std::map<std::string, std::string> why;
  for (const Unfinished& u : data.unfinished)
    why[fmt::format("{} {} {}", u.arm, u.seed, u.fold)] = u.why;
  BOOST_TEST(why.size() == 3u);
  BOOST_TEST(why["gp 1 0"] == "not started");
  BOOST_TEST(contains(why["gp 2 0"], "results.json: is no complete JSON"));
  BOOST_TEST(contains(why["nnafc 2 1"], "generation 19 with 1000 evaluations"));
  const Analysis analysis = analyse(data);
  // gp has finished nothing of fold 0, so all means cover fold 1 alone.
  BOOST_TEST(analysis.folds == std::vector<int>{1}, boost::test_tools::per_element());
  BOOST_TEST(analysis.find("composite20")->rank_ic.mean == 0.05,
             boost::test_tools::tolerance(kTolerance));
  BOOST_TEST(contains(report_page(data, analysis), "3 of 12 searches have no results"));
  BOOST_TEST(contains(summary_table(data, analysis), "unfinished: gp seed 1 fold 0: not started"));
}

BOOST_AUTO_TEST_CASE(a_run_without_results_still_makes_a_page) {
  const WrittenRun written;
  for (const char* arm : {"gp", "nnafc", "random_formula"}) fs::remove_all(written.folder / arm);
  write_report(written.folder.path());
  const std::string page = read_text(written.folder / "report.html");
  BOOST_TEST(contains(page, "No search of this run has finished yet"));
  BOOST_TEST(contains(page, "vol60"));
}

BOOST_AUTO_TEST_CASE(a_missing_baseline_is_said) {
  const WrittenRun written;
  fs::remove_all(written.folder / "baselines");
  const RunData data = read_run(written.folder.path());
  const std::string page = report_page(data, analyse(data));
  BOOST_TEST(contains(page, "The baseline vol60 is missing"));
  BOOST_TEST(contains(page, "was not run, so nothing can be said"));
}

BOOST_AUTO_TEST_CASE(an_empty_pool_is_said_to_flatter) {
  const WrittenRun written;
  const fs::path file = written.folder / "gp/seed-1/fold-0/results.json";
  Json results = Json::parse(read_text(file));
  results["members"] = Json::array();
  results["correlation"] = Json::array();
  results["combined"] = nullptr;
  write_text(file, results.dump());
  const RunData data = read_run(written.folder.path());
  const std::string page = report_page(data, analyse(data));
  BOOST_TEST(contains(page, "gp: 1 of 4 searches found no factor"));
  BOOST_TEST(contains(page, "The pool is empty"));
}

BOOST_AUTO_TEST_CASE(what_is_no_run_folder_is_refused) {
  const test::TemporaryFolder folder;
  BOOST_CHECK_EXCEPTION((void)read_run(folder / "none"), StoreError, [](const StoreError& e) {
    return message_has(e, {"none", "no such folder", "evofactor run"});
  });
  BOOST_CHECK_EXCEPTION((void)read_run(folder.path()), StoreError, [](const StoreError& e) {
    return message_has(e, {"is no run folder", "config.json"});
  });
  folder.write("config.json", "{\"name\": ");
  BOOST_CHECK_EXCEPTION((void)read_run(folder.path()), StoreError, [](const StoreError& e) {
    return message_has(e, {"config.json", "no complete JSON"});
  });
}

BOOST_AUTO_TEST_CASE(arms_of_equal_name_are_told_apart_by_their_run) {
  FakeRun fake = simple_run();
  const WrittenRun first(fake);
  fake.name = "other";
  fake.arms = {"gp", "deep"};
  const WrittenRun second(fake);
  const test::TemporaryFolder out;
  const std::vector<fs::path> folders{first.folder.path(), second.folder.path()};
  write_comparison(folders, out.path());
  std::set<std::string> names;
  for (const auto& row : read_csv(out / "tables/schemes.csv")) names.insert(row[0]);
  for (const char* name : {"fake/gp", "other/gp", "nnafc", "deep", "composite20", "vol60"})
    BOOST_TEST(names.contains(name), name);
  BOOST_TEST(fs::exists(out / "tables/pool_other_gp.csv"));
  BOOST_TEST(contains(read_text(out / "report.html"), "fake and other"));
}

BOOST_AUTO_TEST_CASE(runs_on_unequal_terms_are_refused_by_name) {
  FakeRun fake = simple_run();
  const WrittenRun first(fake);
  fake.fingerprint = "00000000000000bb";
  fake.label = "open_to_close";
  fake.test_days = 40;
  const WrittenRun second(fake);
  const std::vector<RunData> runs{first.data, second.data};
  BOOST_CHECK_EXCEPTION((void)merge_runs(runs), ConfigError, [](const ConfigError& e) {
    return message_has(
        e, {"panel fingerprint: 00000000000000aa", "00000000000000bb", "label: vwap_to_vwap",
            "open_to_close", "split of fold 1", "--allow-differences"});
  });
  const RunData merged = merge_runs(runs, true);
  BOOST_TEST(merged.notes.size() >= 4u);
  BOOST_TEST(contains(report_page(merged, analyse(merged)), "are not comparable"));
}

BOOST_AUTO_TEST_CASE(the_report_is_a_pure_function_of_the_folder) {
  const WrittenRun run;
  write_report(run.folder.path());
  const std::string first = read_text(run.folder / "report.html");
  write_report(run.folder.path());
  BOOST_TEST((read_text(run.folder / "report.html") == first));
}

BOOST_AUTO_TEST_CASE(summaries_put_baselines_beside_the_arms) {
  const WrittenRun run;
  const std::string table = summary_table(run.data, run.analysis);
  for (const char* part : {"nnafc", "random_formula", "composite20", "vol60", "+.010 *", "-.018 *",
                           "12,000 evaluations"})
    BOOST_TEST(contains(table, part), part << " in\n" << table);
  for (const char c : table) BOOST_TEST(static_cast<unsigned char>(c) < 128);
  const Json json = summary_json(run.data, run.analysis);
  BOOST_TEST(json["best"] == "nnafc");
  BOOST_TEST(json["evaluations"] == 12000);
  BOOST_TEST(json["schemes"][0]["test_rank_ic"]["mean"].get<double>() == 0.027,
             boost::test_tools::tolerance(kTolerance));
}

}  // namespace evofactor::report
