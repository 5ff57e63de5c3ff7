#include <boost/algorithm/string.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <sstream>

#include "engine/core/json.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "engine/store/atomic_file.hpp"
#include "fitness/rank_ic.hpp"
#include "test/app/panel_command.hpp"

namespace evofactor::app {
namespace {

struct Fixture : PanelCommand {
  Fixture()
      : PanelCommand({.stocks = 100, .universe = 80, .days = 300, .seed = Seed{4}}, add_eval,
                     {"eval"}) {}
};

BOOST_FIXTURE_TEST_SUITE(eval_command, Fixture)

BOOST_AUTO_TEST_CASE(scores_are_those_of_the_whole_panel_although_only_some_days_are_read) {
  const auto lines = run({"--json", "--formula", "ts_std(ts_return(close, 1), 20)", "--from",
                          date(150), "--to", date(200)});
  BOOST_TEST_REQUIRE(lines.size() == 1U);
  const Json json = Json::parse(lines[0]);
  const Market market = make_market(panel, {});
  const Labels labels = make_labels(panel, market, {}, {});
  const DayRange days{150, 201};
  const auto expected = fitness::RankIcScorer(labels, 5).score(
      formula::evaluate(formula::parse_or_throw("ts_std(ts_return(close, 1), 20)"), market, days),
      days);
  BOOST_TEST(json["formula"] == "ts_std(ts_return(close, 1), 20)");
  BOOST_TEST(json["days"] == expected.days);
  BOOST_TEST(json["rank_ic"]["mean"].get<double>() == expected.rank_ic.mean,
             boost::test_tools::tolerance(1e-6));
  BOOST_TEST(json["turnover"].get<double>() == expected.turnover,
             boost::test_tools::tolerance(1e-6));
  BOOST_TEST(json["base_dependent"] == false);
}

BOOST_AUTO_TEST_CASE(days_without_a_label_are_not_scored) {
  const auto days_of = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"--json", "--formula", "close", "--from", date(280)});
    return Json::parse(run(more)[0])["days"].get<int>();
  };
  BOOST_TEST(days_of({}) == 20 - 6);
  BOOST_TEST(days_of({"--label", "close_to_close"}) == 20 - 5);
  BOOST_TEST(days_of({"--label", "open_to_open", "--horizon", "10"}) == 20 - 11);
  BOOST_TEST(days_of({"--to", date(285)}) == 6);
}

BOOST_AUTO_TEST_CASE(formulas_come_out_in_the_order_they_were_given_for_any_threads) {
  const auto file = folder.write("f.txt", "a\topen\nb\tts_mean(close, 5)\nhigh / low\n").string();
  const std::vector<std::string> arguments = {"--json",    "--formulas", file,
                                              "--formula", "$close",     "volume"};
  auto one = arguments;
  one.insert(one.end(), {"--threads", "1"});
  const auto lines = run(arguments);
  const auto expected = run(one);
  BOOST_TEST(lines == expected, boost::test_tools::per_element());
  BOOST_TEST_REQUIRE(lines.size() == 5U);
  BOOST_TEST(Json::parse(lines[0])["given"] == "$close");
  BOOST_TEST(Json::parse(lines[0])["formula"] == "close");
  BOOST_TEST(Json::parse(lines[2])["name"] == "a");
  BOOST_TEST(Json::parse(lines[4])["formula"] == "div(high, low)");
}

BOOST_AUTO_TEST_CASE(values_are_written_for_every_stock_and_day) {
  const auto file = (folder / "v.csv").string();
  (void)run({"--formula", "close", "delay(close, 290)", "--from", date(10), "--to", date(12),
             "--values", file});
  std::istringstream text(read_text(file));
  std::string line;
  std::getline(text, line);
  BOOST_TEST(line == "\"date\",\"code\",\"close\",\"delay(close, 290)\"");
  int rows = 0;
  while (std::getline(text, line)) ++rows;
  BOOST_TEST(rows >= 3 * 80);
}

BOOST_AUTO_TEST_CASE(labels_are_written_for_the_stocks_that_are_scored) {
  const auto file = (folder / "v.csv").string();
  const std::vector<std::string> arguments = {
      "--formula", "open",           "--from",   date(291), "--to",        date(296),
      "--label",   "close_to_close", "--values", file,      "--with-label"};
  (void)run(arguments);
  const Market market = make_market(panel, {});
  const Labels labels =
      make_labels(panel, market, {.kind = LabelKind::kCloseToClose, .horizon = 5}, {});
  std::map<std::string, std::size_t> stocks;
  for (std::size_t i = 0; i < market.stocks.size(); ++i) stocks[market.stocks[i]] = i;

  std::istringstream text(read_text(file));
  std::string line;
  std::getline(text, line);
  BOOST_TEST(line == "\"date\",\"code\",\"open\",\"label\"");
  int with_label = 0, without = 0;
  while (std::getline(text, line)) {
    std::vector<std::string> cells;
    boost::algorithm::split(cells, line, boost::is_any_of(","));
    BOOST_TEST_REQUIRE(cells.size() == 4U);
    const auto day = static_cast<std::size_t>(market.calendar.at_or_after(parse_date(cells[0])));
    const std::size_t stock = stocks.at(boost::algorithm::erase_all_copy(cells[1], "\""));
    const float forward = labels.forward_return(day, stock);
    if (labels.mask(day, stock) && std::isfinite(forward)) {
      BOOST_TEST(std::stof(cells[3]) == forward);
      ++with_label;
    } else {
      BOOST_TEST(cells[3].empty());
      ++without;
    }
  }
  BOOST_TEST(with_label > 100);  // four days of 80 stocks
  BOOST_TEST(without > 100);     // two days whose label would end beyond the panel
}

BOOST_AUTO_TEST_CASE(the_table_marks_formulas_that_depend_on_the_adjustment_base) {
  const auto lines = run({"--formula", "close", "ts_return(close, 5)"});
  BOOST_TEST_REQUIRE(lines.size() == 4U);
  BOOST_TEST(test::contains(lines[0], "rank IC"));
  BOOST_TEST(test::contains(lines[1], "* close"));
  BOOST_TEST(!test::contains(lines[2], "*"));
  BOOST_TEST(test::contains(lines[3], "* reads price levels"));
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_refused_with_what_is_possible) {
  const std::vector<std::string> good = {"--formula", "close"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), good.begin(), good.end());
    return refusal(more);
  };
  BOOST_TEST(test::contains(with({"--with-label"}), "--with-label requires --values"));
  const auto named = folder.write("named.txt", "label\topen\n").string();
  BOOST_TEST(test::contains(
      refusal({"--formulas", named, "--values", (folder / "v.csv").string(), "--with-label"}),
      "named.txt:1: a formula cannot be called label"));
  BOOST_TEST(test::contains(with({"--mask", "any"}), "expected one of member, tradable"));
  BOOST_TEST(test::contains(with({"--from", "2031-01-01"}), "no trading day from 2031-01-01"));
  BOOST_TEST(test::contains(with({"--universe", "sp500"}), "no universe \"sp500\""));
  BOOST_TEST(test::contains(refusal({}), "give --formula"));
  BOOST_TEST(test::contains(refusal({"--formula", "ts_mean(close, 301)"}),
                            "ts_mean over 301 days is longer than the panel (300 days)"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::app
