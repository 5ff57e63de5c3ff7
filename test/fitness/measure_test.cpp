#include "fitness/measure.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "fitness/rank_ic.hpp"
#include "test/support/small_market.hpp"

namespace evofactor::fitness {
namespace {

constexpr DayRange kDays{200, 240};

const test::SmallMarket& shared_market() {
  static const test::SmallMarket market = test::small_market();
  return market;
}

double rank_ic_of(const char* formula, const Labels& labels) {
  const RankIcScorer scorer(labels, 5);
  return mean_rank_ic(
      scorer, formula::evaluate(formula::parse_or_throw(formula), shared_market().market, kDays),
      {kDays});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(measure)

BOOST_AUTO_TEST_CASE(sub_periods_are_consecutive_blocks) {
  const std::vector<double> values{1, 1, 2, 2, 3, 3, 4, 4, 5, 5};
  BOOST_TEST(sub_period_means(values, 5) == (std::vector<double>{1, 2, 3, 4, 5}),
             boost::test_tools::per_element());
  BOOST_TEST(sub_period_means(values, 3) == (std::vector<double>{4.0 / 3, 8.0 / 3, 4.5}),
             boost::test_tools::per_element());
  BOOST_TEST(sub_period_means(std::vector<double>{1, 3}, 5).size() == 2U);
  BOOST_TEST(sub_period_means({}, 5).empty());
  BOOST_TEST(std_of(std::vector<double>{7}) == 0);
  BOOST_TEST(std::isnan(mean_of({})));
}

BOOST_AUTO_TEST_CASE(measures_by_hand) {
  const std::vector<double> rank_ics{0.1, 0.3, -0.1, 0.1};
  MeasureSettings settings;
  settings.periods = 2;  // means .2 and 0, spread .1 sqrt 2
  BOOST_TEST(measured(rank_ics, settings) == 0.1 - 0.5 * 0.1 * std::sqrt(2.0),
             boost::test_tools::tolerance(1e-12));
  settings.measure = Measure::kIcir;
  BOOST_TEST(measured(rank_ics, settings) == 0.1 / std::sqrt(0.08 / 3),
             boost::test_tools::tolerance(1e-12));
  settings.measure = Measure::kWorstPeriod;
  BOOST_TEST(std::abs(measured(rank_ics, settings)) < 1e-12);
  settings.measure = Measure::kIcir;
  BOOST_TEST(std::isnan(measured(std::vector<double>{0.1, 0.1}, settings)));
}

BOOST_AUTO_TEST_CASE(a_style_has_no_rank_ic_against_neutral_labels_and_a_new_factor_has) {
  const test::SmallMarket& market = shared_market();
  const Labels neutral = neutral_labels(market.market, market.labels, kDays);
  for (const char* style : {"ts_return(close, 5)", "ts_mean(amount, 20)"})
    BOOST_TEST(std::abs(rank_ic_of(style, neutral)) < 0.03, style);
  for (std::size_t d = 0; d < neutral.mask.rows(); ++d)
    for (std::size_t i = 0; i < neutral.mask.columns(); ++i) {
      const bool inside = static_cast<int>(d) >= kDays.first && static_cast<int>(d) < kDays.last;
      BOOST_TEST(neutral.mask(d, i) <= market.labels.mask(d, i));
      if (!inside) BOOST_TEST(neutral.mask(d, i) == 0);
      BOOST_TEST((neutral.mask(d, i) != 0) == std::isfinite(neutral.forward_return(d, i)));
    }
  // The label itself, seen a horizon later, is hardly changed.
  const RankIcScorer scorer(neutral, 5);
  FactorValues label{kDays,
                     Grid<float>(static_cast<std::size_t>(kDays.size()), neutral.mask.columns())};
  for (std::size_t r = 0; r < label.values.rows(); ++r)
    for (std::size_t i = 0; i < label.values.columns(); ++i)
      label.values(r, i) =
          market.labels.forward_return(static_cast<std::size_t>(kDays.first) + r, i);
  BOOST_TEST(mean_rank_ic(scorer, label, {kDays}) > 0.8);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace evofactor::fitness
