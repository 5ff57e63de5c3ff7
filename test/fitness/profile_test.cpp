#include "fitness/profile.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "test/support/small_market.hpp"

namespace evofactor::fitness {
namespace {

struct Fixture {
  test::SmallMarket small = test::small_market(120, 400);
  LabelSettings label;
  Split split = split_of(small.market.calendar);
  RankIcScorer scorer{small.labels, label.horizon};
  FactorValues factor = formula::evaluate(formula::parse_or_throw("ts_corr(close, volume, 10)"),
                                          small.market, split.span());

  static Split split_of(const Calendar& calendar) {
    SplitSettings settings;
    settings.train = 200;
    settings.validate = 50;
    settings.test = 60;
    return make_splits(calendar, settings, {})[0];
  }
  [[nodiscard]] static std::vector<Labels> labels_of(const Panel& panel, const Market& market) {
    std::vector<Labels> labels;
    for (const int horizon : decay_horizons(LabelSettings{}.horizon))
      labels.push_back(make_labels(panel, market, {.horizon = horizon}, {}));
    return labels;
  }
  [[nodiscard]] std::vector<Decay::Point> decay(const Panel& panel) const {
    return Decay(split, label, labels_of(panel, small.market), {})(factor);
  }
};

BOOST_FIXTURE_TEST_SUITE(profile, Fixture)

BOOST_AUTO_TEST_CASE(years_weighted_by_their_days_give_the_mean_of_each_part) {
  const auto years = by_year(scorer, factor, split, small.market.calendar);
  for (const auto& [part, days] : {std::pair<std::string_view, DayRange>{"train", split.train.days},
                                   {"validate", split.validate.days},
                                   {"test", split.test.part.days}}) {
    double sum = 0;
    int n = 0;
    for (const YearScore& year : years) {
      if (year.part != part) continue;
      sum += year.days * year.rank_ic;
      n += year.days;
    }
    const ScoreSummary whole = scorer.score(factor, days);
    BOOST_TEST(n == whole.days);
    BOOST_TEST(sum / n == whole.rank_ic.mean, boost::test_tools::tolerance(1e-12));
  }
  for (std::size_t i = 1; i < years.size(); ++i) BOOST_TEST(years[i - 1].year <= years[i].year);
  BOOST_TEST(years.size() > 3U);  // the training days lie in two years
}

BOOST_AUTO_TEST_CASE(a_year_without_a_used_day_is_left_out) {
  const FactorValues missing{split.span(),
                             Grid<float>(factor.values.rows(), factor.values.columns(), kMissing)};
  BOOST_TEST(by_year(scorer, missing, split, small.market.calendar).empty());
}

BOOST_AUTO_TEST_CASE(horizons_ascend_and_hold_the_labels_own) {
  const std::vector<int> usual{1, 2, 3, 5, 10, 20, 40, 60}, with_own{1, 2, 3, 5, 7, 10, 20, 40, 60};
  BOOST_TEST(decay_horizons(5) == usual, boost::test_tools::per_element());
  BOOST_TEST(decay_horizons(7) == with_own, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_decay_at_the_labels_own_horizon_is_the_fitted_rank_ic) {
  const auto points = decay(small.panel);
  BOOST_TEST_REQUIRE(points.size() == 8U);
  BOOST_TEST(points[3].horizon == label.horizon);
  BOOST_TEST(points[3].days == split.train.days.size() + split.validate.days.size());
  BOOST_TEST(
      points[3].rank_ic == mean_rank_ic(scorer, factor, {split.train.days, split.validate.days}),
      boost::test_tools::tolerance(1e-12));
  // Longer horizons lose the days whose label would end on a test day.
  BOOST_TEST(points[7].days < points[3].days);
  BOOST_TEST(points[0].days == points[3].days);
}

BOOST_AUTO_TEST_CASE(the_decay_reads_no_test_day) {
  const auto before = decay(small.panel);
  Panel changed = small.panel;
  for (const char* field : {"open", "high", "low", "close", "vwap", "amount"}) {
    if (!changed.has(field)) continue;
    Grid<float>& prices = changed.fields.at(field);
    for (auto day = static_cast<std::size_t>(split.test.part.whole.first); day < prices.rows();
         ++day)
      for (std::size_t i = 0; i < prices.columns(); ++i)
        prices(day, i) *= 1 + static_cast<float>(i % 7);
  }
  const auto after = decay(changed);
  BOOST_TEST_REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    BOOST_TEST(after[i].days == before[i].days);
    BOOST_TEST(after[i].rank_ic == before[i].rank_ic);
  }
}

BOOST_AUTO_TEST_CASE(what_is_undefined_is_null_in_files) {
  const Decay::Point none{
      .horizon = 60, .days = 0, .rank_ic = std::numeric_limits<double>::quiet_NaN()};
  BOOST_TEST(to_json(std::vector<Decay::Point>{none}).dump() ==
             R"([{"horizon":60,"days":0,"rank_ic":null}])");
  BOOST_TEST(to_json(std::vector<YearScore>{{2011, "train", 3, 0.5}}).dump() ==
             R"([{"year":2011,"part":"train","days":3,"rank_ic":0.5}])");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::fitness
