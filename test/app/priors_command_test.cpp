#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <sstream>

#include "engine/core/json.hpp"
#include "engine/store/atomic_file.hpp"
#include "test/app/panel_command.hpp"

namespace evofactor::app {
namespace {

struct Fixture : PanelCommand {
  Fixture()
      : PanelCommand({.stocks = 60, .universe = 50, .days = 200, .seed = Seed{4}}, add_priors,
                     {"priors", "--steps", "5"}) {}
};

BOOST_FIXTURE_TEST_SUITE(priors_command, Fixture)

BOOST_AUTO_TEST_CASE(each_indicator_has_a_row_in_the_table_and_in_the_file) {
  const auto file = (folder / "priors.csv").string();
  const auto lines =
      run({"--indicator", "RSI", "TOP10", "--train", "60", "--test", "30", "--csv", file});
  BOOST_TEST_REQUIRE(lines.size() == 3U);
  BOOST_TEST(test::contains(lines[0], "MSE train"));
  BOOST_TEST(test::contains(lines[1], "RSI       time series   dense"));
  BOOST_TEST(test::contains(lines[2], "TOP10     cross-section stock_conv"));
  std::istringstream text(read_text(file));
  std::vector<std::string> rows;
  for (std::string row; std::getline(text, row);) rows.push_back(row);
  BOOST_TEST_REQUIRE(rows.size() == 3U);
  BOOST_TEST(rows[1].starts_with("RSI,time series,dense,"));
  for (const std::string& row : rows)
    BOOST_TEST(std::ranges::count(row, ',') == std::ranges::count(rows[0], ','));
}

BOOST_AUTO_TEST_CASE(a_line_of_json_tells_what_was_learnt_and_how_well) {
  const auto lines =
      run({"--json", "--indicator", "RSI", "--from", date(100), "--to", date(169), "--test", "20"});
  BOOST_TEST_REQUIRE(lines.size() == 1U);
  const Json json = Json::parse(lines[0]);
  BOOST_TEST(json["neutral"] == 50);
  BOOST_TEST(test::contains(json["formula"].get<std::string>(), "ts_sum"));
  for (const char* part : {"train", "test"}) {
    BOOST_TEST(json[part]["mse"].get<double>() > 0);
    BOOST_TEST(json[part]["accuracy"].get<double>() <= 1);
  }
  BOOST_TEST(json["train"]["stock_days"].get<int>() > json["test"]["stock_days"].get<int>());
}

BOOST_AUTO_TEST_CASE(days_that_the_panel_lacks_and_unknown_names_are_refused) {
  BOOST_TEST(test::contains(refusal({"--indicator", "KDJ"}), "there are MA, EMA, MACD"));
  BOOST_TEST(test::contains(refusal({}),
                            "250 training and 90 test days are wanted, but the panel "
                            "has 200"));
  BOOST_TEST(
      test::contains(refusal({"--from", date(150)}), "leave none to train on before 90 test days"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::app
