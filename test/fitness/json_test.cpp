#include "fitness/json.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "test/support/factors.hpp"

namespace evofactor::fitness {
namespace {

BOOST_AUTO_TEST_SUITE(json)

ScoreSummary some_summary() {
  const Labels labels = test::random_labels(12, 60, 1);
  return RankIcScorer(labels, 3).score(FactorValues{{0, 12}, test::random_grid(12, 60, 2)},
                                       {0, 12});
}

BOOST_AUTO_TEST_CASE(a_score_has_the_documented_shape) {
  const Json json = to_json(some_summary());
  std::vector<std::string> keys, ic_keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  for (const auto& [key, value] : json["ic"].items()) ic_keys.push_back(key);
  const std::vector<std::string> expected = {"rank_ic",  "ic",          "days",    "skipped_days",
                                             "coverage", "mean_stocks", "turnover"};
  const std::vector<std::string> expected_ic = {"mean", "std", "icir", "t", "positive"};
  BOOST_TEST(keys == expected, boost::test_tools::per_element());
  BOOST_TEST(ic_keys == expected_ic, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_score_reads_back_as_it_was) {
  const ScoreSummary summary = some_summary();
  const ScoreSummary back = score_summary_from_json(Json::parse(to_json(summary).dump()));
  BOOST_TEST(back.rank_ic.t == summary.rank_ic.t);
  BOOST_TEST(back.ic.mean == summary.ic.mean);
  BOOST_TEST(back.days == summary.days);
  BOOST_TEST(back.turnover == summary.turnover);
}

BOOST_AUTO_TEST_CASE(what_is_undefined_is_null_and_comes_back_as_nan) {
  const Labels labels = test::random_labels(2, 40, 1, 0.0);
  const Json json = to_json(
      RankIcScorer(labels, 1).score(FactorValues{{0, 2}, test::random_grid(2, 40, 2)}, {0, 2}));
  BOOST_TEST(json["rank_ic"]["mean"].is_null());
  BOOST_TEST(json["coverage"].is_null());
  BOOST_TEST(std::isnan(score_summary_from_json(json).rank_ic.mean));
}

BOOST_AUTO_TEST_CASE(a_damaged_score_is_refused_by_key) {
  Json json = to_json(some_summary());
  json["days"] = "many";
  BOOST_CHECK_EXCEPTION((void)score_summary_from_json(json), StoreError, [](const auto& e) {
    return std::string(e.what()).find("\"days\"") != std::string::npos;
  });
  json = to_json(some_summary());
  json["ic"].erase("t");
  BOOST_CHECK_EXCEPTION((void)score_summary_from_json(json), StoreError, [](const auto& e) {
    return std::string(e.what()).find("without \"t\"") != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::fitness
