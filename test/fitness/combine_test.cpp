#include "fitness/combine.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "test/support/factors.hpp"

namespace evofactor::fitness {
namespace {

BOOST_AUTO_TEST_SUITE(combination)

BOOST_AUTO_TEST_CASE(hand_case_of_two_factors) {
  // Ranks in [-1, 1]: a = -1 0 1 . .; b (negated) = 1/3 1 -1/3 -1 .; stock 4 has neither, stock 5
  // is masked out.
  const std::vector<FactorValues> factors = {test::factor_of({{1, 2, 3, kMissing, kMissing, 9}}),
                                             test::factor_of({{20, 10, 30, 40, kMissing, 50}})};
  const auto mask = test::grid_of<std::uint8_t>({{1, 1, 1, 1, 1, 0}});
  const std::vector<int> signs = {1, -1};
  const auto day = combine(factors, signs, {}, mask, {0, 1}).values;
  BOOST_TEST(day(0, 0) == (-1 + 1 / 3.0F) / 2, boost::test_tools::tolerance(1e-6F));
  BOOST_TEST(day(0, 1) == 0.5F);
  BOOST_TEST(day(0, 2) == (1 - 1 / 3.0F) / 2, boost::test_tools::tolerance(1e-6F));
  BOOST_TEST(day(0, 3) == -0.5F);
  BOOST_TEST(std::isnan(day(0, 4)));
  BOOST_TEST(std::isnan(day(0, 5)));
}

BOOST_AUTO_TEST_CASE(weights_count_relative_to_their_sum) {
  const std::vector<FactorValues> factors = {test::factor_of({{1, 2, 3}}),
                                             test::factor_of({{3, 1, 2}})};
  const auto mask = test::grid_of<std::uint8_t>({{1, 1, 1}});
  const std::vector<int> signs = {1, 1};
  const auto day = combine(factors, signs, std::vector<double>{3, 1}, mask, {0, 1}).values;
  const auto doubled = combine(factors, signs, std::vector<double>{6, 2}, mask, {0, 1}).values;
  BOOST_TEST(day(0, 0) == -0.5F);
  BOOST_TEST(day(0, 1) == -0.25F);
  BOOST_TEST(day(0, 2) == 0.75F);
  BOOST_TEST((day == doubled));
}

BOOST_AUTO_TEST_CASE(one_factor_combined_ranks_as_itself) {
  const Labels labels = test::random_labels(4, 70, 5);
  const std::vector<FactorValues> one = {{{0, 4}, test::random_grid(4, 70, 6)}};
  const std::vector<int> sign = {1};
  const FactorValues combined = combine(one, sign, {}, labels.mask, {0, 4});
  for (std::size_t d = 0; d < 4; ++d)
    for (std::size_t i = 0; i < 70; ++i) {
      BOOST_TEST(std::isnan(combined.values(d, i)) == (labels.mask(d, i) == 0));
      for (std::size_t j = 0; j < 70; ++j)
        if (labels.mask(d, i) != 0 && labels.mask(d, j) != 0)
          BOOST_TEST((combined.values(d, i) < combined.values(d, j)) ==
                     (one[0].values(d, i) < one[0].values(d, j)));
    }
}

BOOST_AUTO_TEST_CASE(no_factor_or_no_weight_gives_no_value) {
  const auto mask = test::grid_of<std::uint8_t>({{1, 1}});
  BOOST_TEST(std::isnan(Combiner(mask, {0, 1}).result().values(0, 0)));
  Combiner combiner(mask, {0, 1});
  combiner.add(test::factor_of({{1, 2}}), 1, 0);
  BOOST_TEST(std::isnan(combiner.result().values(0, 0)));
}

BOOST_AUTO_TEST_CASE(a_negative_weight_turns_a_factor_around) {
  const auto mask = test::grid_of<std::uint8_t>({{1, 1, 1}});
  Combiner combiner(mask, {0, 1});
  combiner.add(test::factor_of({{1, 2, 3}}), 1, 0.75);
  combiner.add(test::factor_of({{3, 1, 2}}), 1, -0.25);
  const FactorValues combined = combiner.result();
  BOOST_TEST(combined.values(0, 0) == -1.0F);
  BOOST_TEST(combined.values(0, 1) == 0.25F);
  BOOST_TEST(combined.values(0, 2) == 0.75F);
}

BOOST_AUTO_TEST_CASE(only_members_that_trade_are_rankable) {
  Market market;
  market.member = test::grid_of<std::uint8_t>({{1, 1, 0, 0}});
  market.traded = test::grid_of<std::uint8_t>({{1, 0, 1, 0}});
  BOOST_TEST((rankable(market) == test::grid_of<std::uint8_t>({{1, 0, 0, 0}})));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::fitness
