#include "fitness/baselines.hpp"

#include <boost/test/unit_test.hpp>

#include "engine/formula/classic20.hpp"
#include "fitness/json.hpp"
#include "test/support/small_market.hpp"

namespace evofactor::fitness {
namespace {

struct Fixture {
  test::SmallMarket small = test::small_market(120, 400);
  Split split = split_of(small.market.calendar);

  static Split split_of(const Calendar& calendar) {
    SplitSettings settings;
    settings.train = 120;
    settings.test = 60;
    return make_splits(calendar, settings, {})[0];
  }

  [[nodiscard]] Json methods() const {
    const RankIcScorer scorer(small.labels, 5);
    const StyleNeutraliser neutraliser(small.market, small.labels,
                                       {split.validate.whole.first, split.test.part.whole.last});
    return classic_baselines(small.market, scorer, neutraliser, split);
  }
};

BOOST_AUTO_TEST_SUITE(baselines)

BOOST_FIXTURE_TEST_CASE(the_composite_comes_first_then_every_classic_factor, Fixture) {
  const Json all = methods();
  BOOST_TEST_REQUIRE(all.size() == 21U);
  BOOST_TEST(all[0]["name"] == "composite20");
  BOOST_TEST(all[0]["kind"] == "composite");
  for (std::size_t i = 0; i < 20; ++i) {
    const Json& method = all[i + 1];
    BOOST_TEST(method["name"] == formula::classic20()[i].name);
    BOOST_TEST(method["formula"] == formula::classic20()[i].formula);
    BOOST_TEST(method["kind"] == "classic");
    const double train = number_or_nan(method["train"]["rank_ic"]["mean"]);
    BOOST_TEST(train >= 0, method["name"]);
  }
  for (const Json& method : all) {
    BOOST_TEST(method["test"]["days"] == split.test.part.days.size());
    BOOST_TEST(method["neutral_validate"].contains("rank_ic"));
    BOOST_TEST(method["neutral_test"].contains("rank_ic"));
    BOOST_TEST(method["daily"].size() ==
               static_cast<std::size_t>(split.validate.days.size() + split.test.part.days.size()));
    BOOST_TEST(method["daily"].front()["part"] == "validate");
    BOOST_TEST(method["daily"].back()["part"] == "test");
    BOOST_TEST(method["daily"].back()["date"] ==
               to_string(small.market.calendar[split.test.part.days.last - 1]));
  }
}

BOOST_FIXTURE_TEST_CASE(signs_depend_on_training_days_alone, Fixture) {
  const Json before = methods();
  for (int day = split.train.days.last; day < small.market.n_days(); ++day)
    for (float& label : small.labels.forward_return.row(static_cast<std::size_t>(day)))
      label = -label;
  const Json after = methods();
  for (std::size_t i = 1; i < before.size(); ++i) {
    BOOST_TEST(before[i]["sign"] == after[i]["sign"]);
    const double test_before = number_or_nan(before[i]["test"]["rank_ic"]["mean"]);
    const double test_after = number_or_nan(after[i]["test"]["rank_ic"]["mean"]);
    BOOST_TEST(test_before == -test_after, boost::test_tools::tolerance(1e-9));
  }
  BOOST_TEST(before[0]["train"] == after[0]["train"]);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::fitness
