#include <boost/test/unit_test.hpp>

#include "data/market.hpp"
#include "engine/core/settings.hpp"
#include "test/support/hand_panel.hpp"
#include "test/support/temporary_folder.hpp"

namespace evofactor {
namespace {

using test::contains;
using test::weekdays;

constexpr LabelSettings kClose{LabelKind::kCloseToClose, 5};
constexpr LabelSettings kVwap{LabelKind::kVwapToVwap, 5};

void check(const SplitPart& part, int first, int last, int purge) {
  BOOST_TEST((part.whole == DayRange{first, last}));
  BOOST_TEST((part.days == DayRange{first, last - purge}));
}

std::string problem(const Calendar& calendar, const SplitSettings& settings) {
  try {
    (void)make_splits(calendar, settings, kVwap);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

BOOST_AUTO_TEST_SUITE(split)

BOOST_AUTO_TEST_CASE(the_last_day_of_the_panel_ends_the_test_part) {
  const auto splits = make_splits(weekdays(450), {.train = 250, .validate = 30, .test = 90}, kVwap);
  BOOST_TEST_REQUIRE(splits.size() == 1U);
  check(splits[0].train, 80, 330, 6);
  check(splits[0].validate, 330, 360, 6);
  check(splits[0].test.part, 360, 450, 6);
  BOOST_TEST((splits[0].span() == DayRange{80, 450}));
}

BOOST_AUTO_TEST_CASE(no_label_of_a_part_reaches_past_its_last_day) {
  for (const LabelKind kind : {LabelKind::kCloseToClose, LabelKind::kOpenToClose,
                               LabelKind::kOpenToOpen, LabelKind::kVwapToVwap})
    for (const int h : {1, 5, 20}) {
      const LabelSettings label{kind, h};
      const auto split = make_splits(weekdays(400), {}, label).front();
      for (const SplitPart& part : {split.train, split.validate, split.test.part}) {
        BOOST_TEST(part.days.last - 1 + label_reach(label) == part.whole.last - 1);
        BOOST_TEST(part.days.first == part.whole.first);
      }
    }
}

BOOST_AUTO_TEST_CASE(an_embargo_purges_more) {
  const auto split = make_splits(weekdays(400), {.embargo_days = 3}, kClose).front();
  check(split.validate, 280, 310, 8);
}

BOOST_AUTO_TEST_CASE(each_start_makes_a_fold_from_the_first_trading_day_on_or_after_it) {
  const Calendar calendar = weekdays(600);
  const auto splits = make_splits(
      calendar, {.train = 100, .validate = 30, .test = 50, .starts = {"2019-01-01", "2019-05-04"}},
      kClose);
  BOOST_TEST_REQUIRE(splits.size() == 2U);
  check(splits[0].train, 0, 100, 5);
  const int monday = calendar.at_or_after(20190506);
  BOOST_TEST(calendar[monday] == 20190506);
  check(splits[1].train, monday, monday + 100, 5);
  check(splits[1].test.part, monday + 130, monday + 180, 5);
}

BOOST_AUTO_TEST_CASE(folds_are_a_step_apart_and_the_last_ends_at_end) {
  const Calendar calendar = weekdays(600);
  const SplitSettings settings{
      .train = 100, .validate = 30, .test = 50, .end = "2020-12-27", .folds = 3, .step = 40};
  const auto splits = make_splits(calendar, settings, kClose);
  BOOST_TEST_REQUIRE(splits.size() == 3U);
  const int end = calendar.at_or_before(20201225) + 1;  // the Friday before that Sunday
  BOOST_TEST(splits[2].test.part.whole.last == end);
  BOOST_TEST(splits[1].test.part.whole.last == end - 40);
  BOOST_TEST(splits[0].train.whole.first == end - 80 - 180);
}

BOOST_AUTO_TEST_CASE(folds_that_do_not_fit_are_named_with_the_days_that_lack) {
  const Calendar calendar = weekdays(400);
  std::string text = problem(calendar, {.folds = 3, .step = 90});
  BOOST_TEST(contains(text, "fold 1 of 3 needs 370 trading days (250 + 30 + 90)"));
  BOOST_TEST(contains(text, "begins 150 days before the panel's first day 2019-01-01"));
  BOOST_TEST(contains(text, "fold 2 of 3"));
  BOOST_TEST(!contains(text, "fold 3 of 3"));

  text = problem(calendar, {.starts = {"2019-01-01", "2019-06-03"}});
  BOOST_TEST(contains(text, "fold 2 of 2 needs 370 trading days (250 + 30 + 90) from 2019-06-03"));
  BOOST_TEST(contains(text, "has 291; 79 lack"));
  BOOST_TEST(!contains(text, "fold 1"));

  BOOST_TEST(contains(problem(calendar, {.starts = {"2018-01-01"}}),
                      "fold 1 starts on 2018-01-01, before the panel's first day 2019-01-01"));
  BOOST_TEST(contains(problem(calendar, {.end = "2021-12-31"}),
                      "2021-12-31 lies after the panel's last day"));
  BOOST_TEST(contains(problem(calendar, {.end = "yesterday"}), "\"yesterday\" is no date"));
}

BOOST_AUTO_TEST_CASE(a_part_that_purging_empties_is_refused) {
  const std::string text = problem(weekdays(400), {.validate = 6});
  BOOST_TEST(contains(text, "split/validate: 6 trading days leave none"));
  BOOST_TEST(make_splits(weekdays(400), {.validate = 7}, kVwap).front().validate.days.size() == 1);
}

BOOST_AUTO_TEST_CASE(settings_are_read_from_the_experiment_file) {
  Problems problems;
  SplitSettings split;
  LabelSettings label;
  MaskSettings mask;
  read_settings(Json::parse(R"({"train": 100, "starts": ["2011-01-04"], "embargo_days": 2})"),
                "e.json", "/split", split, problems);
  read_settings(Json::parse(R"({"kind": "close_to_close", "horizon": 10})"), "e.json", "/label",
                label, problems);
  read_settings(Json::parse(R"({"kind": "member"})"), "e.json", "/mask", mask, problems);
  BOOST_TEST(problems.empty(), problems.text());
  BOOST_TEST(split.train == 100);
  BOOST_TEST(split.validate == 30);
  BOOST_TEST(split.starts.front() == "2011-01-04");
  BOOST_TEST((label.kind == LabelKind::kCloseToClose && label.horizon == 10));
  BOOST_TEST((mask.kind == MaskKind::kMember && mask.min_listed_days == 120));
  BOOST_TEST(write_settings(label).dump() == R"({"kind":"close_to_close","horizon":10})");

  read_settings(Json::parse(R"({"starts": ["soon"], "end": "2011-13-01", "folds": 0})"), "e.json",
                "/split", split, problems);
  BOOST_TEST(problems.lines().size() == 3U);
  BOOST_TEST(contains(problems.text(), "/split/starts"));
  BOOST_TEST(contains(problems.text(), "/split/end"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor
