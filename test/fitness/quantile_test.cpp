#include "fitness/quantile.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "test/support/factors.hpp"

namespace evofactor::fitness {
namespace {

const auto kClose = boost::test_tools::tolerance(1e-6);

BOOST_AUTO_TEST_SUITE(quantiles)

BOOST_AUTO_TEST_CASE(hand_case_of_two_days_and_two_quantiles) {
  const Labels labels =
      test::labels_of({{0.01F, 0.02F, 0.03F, 0.06F}, {0.04F, 0.00F, 0.02F, 0.02F}});
  const FactorValues factor = test::factor_of({{1, 2, 3, 4}, {4, 1, 2, 3}});
  const auto q = quantile_returns(factor, labels, {0, 2}, {.n = 2, .min_stocks = 2, .horizon = 2});
  BOOST_TEST(q.n == 2);
  BOOST_TEST(q.days.size() == 2U);
  // Day means .03 and .02; low halves .015 and .01, high halves .045 and .03.
  BOOST_TEST(q.mean_excess[0] == -0.0125, kClose);
  BOOST_TEST(q.mean_excess[1] == 0.0125, kClose);
  BOOST_TEST(q.cumulative[1][0] == 0.0075, kClose);
  BOOST_TEST(q.cumulative[1][1] == 0.0125, kClose);
}

BOOST_AUTO_TEST_CASE(equal_values_share_a_quantile_and_an_empty_one_earns_nothing) {
  const Labels labels = test::labels_of({{0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F}});
  const FactorValues factor = test::factor_of({{1, 1, 1, 1, 1, 2}});
  const auto q = quantile_returns(factor, labels, {0, 1}, {.n = 3, .min_stocks = 2, .horizon = 1});
  BOOST_TEST(std::isnan(q.mean_excess[0]));
  BOOST_TEST(q.cumulative[0][0] == 0);
  BOOST_TEST(q.mean_excess[1] == 0.3 - 0.35, kClose);
  BOOST_TEST(q.mean_excess[2] == 0.6 - 0.35, kClose);
}

BOOST_AUTO_TEST_CASE(excess_is_over_the_whole_mask_missing_values_included) {
  const Labels labels = test::labels_of({{0.1F, 0.2F, 0.6F}});
  const auto q = quantile_returns(test::factor_of({{1, 2, kMissing}}), labels, {0, 1},
                                  {.n = 2, .min_stocks = 2, .horizon = 1});
  BOOST_TEST(q.mean_excess[0] == -0.2, kClose);
  BOOST_TEST(q.mean_excess[1] == -0.1, kClose);
}

BOOST_AUTO_TEST_CASE(days_without_a_ranking_are_left_out) {
  const Labels labels = test::labels_of({{0.1F, 0.2F, 0.6F}, {0.1F, 0.2F, 0.6F}});
  const auto q = quantile_returns(test::factor_of({{5, 5, 5}, {1, kMissing, kMissing}}), labels,
                                  {0, 2}, {.n = 2, .min_stocks = 2, .horizon = 1});
  BOOST_TEST(q.days.empty());
  BOOST_TEST(std::isnan(q.mean_excess[0]));
}

BOOST_AUTO_TEST_CASE(ten_quantiles_or_five_when_stocks_are_few) {
  const auto n_for = [](std::size_t stocks) {
    const Labels labels = test::random_labels(3, stocks, 1, 1.0);
    return quantile_returns({{0, 3}, test::random_grid(3, stocks, 2)}, labels, {0, 3},
                            {.n = 0, .min_stocks = 30, .horizon = 5})
        .n;
  };
  BOOST_TEST(n_for(199) == 5);
  BOOST_TEST(n_for(200) == 10);
}

BOOST_AUTO_TEST_CASE(equal_sized_quantiles_have_no_excess_in_total) {
  const Labels labels = test::random_labels(8, 300, 4, 1.0);
  const auto q = quantile_returns({{0, 8}, test::random_grid(8, 300, 5)}, labels, {0, 8},
                                  {.n = 10, .min_stocks = 30, .horizon = 5});
  double sum = 0;
  for (const double excess : q.mean_excess) sum += excess;
  BOOST_TEST(std::abs(sum) < 1e-12);
}

BOOST_AUTO_TEST_CASE(json_names_days_by_date) {
  const Labels labels = test::labels_of({{0.1F, 0.2F}, {0.1F, 0.2F}});
  const auto q = quantile_returns(test::factor_of({{1, 2}}, 1), labels, {0, 2},
                                  {.n = 2, .min_stocks = 2, .horizon = 1});
  const Json json = to_json(q, Calendar({20200102, 20200103}), "test");
  BOOST_TEST(json["part"] == "test");
  BOOST_TEST(json["dates"] == Json::array({"2020-01-03"}));
  BOOST_TEST(json["cumulative"].size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::fitness
