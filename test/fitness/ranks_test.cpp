#include "fitness/ranks.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "test/support/factors.hpp"

namespace evofactor::fitness {
namespace {

std::vector<float> ranks_of(const std::vector<float>& values,
                            const std::vector<std::uint8_t>& mask = {}) {
  std::vector<float> ranks(values.size());
  RankScratch scratch;
  average_ranks(values, mask, ranks, scratch);
  return ranks;
}

BOOST_AUTO_TEST_SUITE(ranks)

BOOST_AUTO_TEST_CASE(ties_share_their_average_rank) {
  const std::vector<float> expected = {2, 4.5, 1, 4.5, 3};
  BOOST_TEST(ranks_of({1, 7, -3, 7, 2}) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(minus_zero_and_zero_tie) {
  const std::vector<float> expected = {2.5, 1, 2.5, 4};
  BOOST_TEST(ranks_of({-0.0F, -1e-45F, 0.0F, 1e-45F}) == expected,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(missing_infinite_and_masked_values_earn_no_rank) {
  const float inf = std::numeric_limits<float>::infinity();
  const auto ranks = ranks_of({3, kMissing, inf, -inf, 1, 2, -kMissing}, {1, 1, 1, 1, 1, 0, 1});
  BOOST_TEST(ranks[0] == 2);
  BOOST_TEST(ranks[4] == 1);
  for (const std::size_t i : {1U, 2U, 3U, 5U, 6U}) BOOST_TEST(std::isnan(ranks[i]));
}

BOOST_AUTO_TEST_CASE(ranks_agree_with_counting_smaller_and_equal_values) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Rng rng(Seed{seed});
      std::vector<float> values(1 + rng.below(300));
      for (float& v : values) v = static_cast<float>(rng.between(-20, 20)) * 1e-3F;
      const auto ranks = ranks_of(values);
      for (std::size_t i = 0; i < values.size(); ++i) {
        float expected = 0.5F;
        for (const float other : values)
          expected += other < values[i] ? 1.0F : other == values[i] ? 0.5F : 0.0F;
        BOOST_TEST_REQUIRE(ranks[i] == expected);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(centred_ranks_run_from_minus_one_to_one_and_are_zero_where_missing) {
  const FactorValues factor = test::factor_of({{5, 1, kMissing, 3, 9}, {2, 2, 2, 2, 2}});
  const Grid<std::uint8_t> mask = test::grid_of<std::uint8_t>({{1, 1, 1, 1, 0}, {1, 1, 1, 1, 1}});
  const Grid<float> plus = centred_ranks(factor, mask, {0, 2}, 1);
  BOOST_TEST((plus == test::grid_of<float>({{1, -1, 0, 0, 0}, {0, 0, 0, 0, 0}})));
  const Grid<float> minus = centred_ranks(factor, mask, {0, 1}, -1);
  BOOST_TEST((minus == test::grid_of<float>({{-1, 1, 0, 0, 0}})));
}

BOOST_AUTO_TEST_CASE(rank_correlation_with_itself_is_one_and_with_its_negative_minus_one) {
  const Labels labels = test::random_labels(5, 83, 3);
  const FactorValues factor{{0, 5}, test::random_grid(5, 83, 4)};
  const auto a = centred_ranks(factor, labels.mask, {0, 5}, 1);
  const auto b = centred_ranks(factor, labels.mask, {0, 5}, -1);
  BOOST_TEST(mean_rank_correlation(a, a) == 1, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(mean_rank_correlation(a, b) == -1, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(a_constant_day_counts_as_no_correlation) {
  const auto a = test::grid_of<float>({{-1, 0, 1}, {-1, 0, 1}});
  const auto b = test::grid_of<float>({{-1, 0, 1}, {0, 0, 0}});
  BOOST_TEST(mean_rank_correlation(a, b) == 0.5);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::fitness
