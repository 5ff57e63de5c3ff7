#include "fitness/compare.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "engine/core/rng.hpp"

namespace evofactor::fitness {
namespace {

using Series = std::vector<SeriesPoint>;

/// AR(1) with standard deviation .1 around `mean`.
Series persistent_series(int n, double mean, std::uint64_t seed) {
  Rng rng(Seed{seed});
  Series series;
  double x = rng.normal();
  for (int i = 0; i < n; ++i) {
    x = 0.7 * x + std::sqrt(1 - 0.49) * rng.normal();
    series.push_back({.fold = i / 90, .date = 20100000 + i, .value = mean + 0.1 * x});
  }
  return series;
}

BOOST_AUTO_TEST_SUITE(compare)

BOOST_AUTO_TEST_CASE(days_are_matched_by_fold_and_date) {
  const double nan = std::nan("");
  const Series a = {{0, 20200102, 0.1}, {0, 20200103, 0.2}, {0, 20200106, nan}, {1, 20200102, 0.5}};
  const Series b = {{1, 20200102, 0.1}, {0, 20200103, 0.0}, {0, 20200106, 0.4}, {2, 20200102, 0.9}};
  const PairedDifference d = paired_difference(a, b);
  BOOST_TEST(d.days == 2);
  BOOST_TEST(d.mean == 0.3, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(d.low <= d.mean);
  BOOST_TEST(d.high >= d.mean);
}

BOOST_AUTO_TEST_CASE(series_without_common_days_have_no_difference) {
  const PairedDifference d =
      paired_difference(Series{{0, 20200102, 0.1}}, Series{{0, 20200103, 0.1}});
  BOOST_TEST(d.days == 0);
  BOOST_TEST(std::isnan(d.mean));
  BOOST_TEST(std::isnan(d.low));
}

BOOST_AUTO_TEST_CASE(a_constant_difference_has_an_interval_of_no_width) {
  Series a = persistent_series(100, 0, 1), b = a;
  for (auto& point : a) point.value += 0.25;
  const PairedDifference d = paired_difference(a, b);
  BOOST_TEST(d.low == 0.25, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(d.high == 0.25, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(the_interval_covers_a_known_difference_about_as_often_as_it_says) {
  int covered = 0, covered_without_blocks = 0;
  constexpr int kTrials = 100;
  for (std::uint64_t seed = 0; seed < kTrials; ++seed) {
    const Series a = persistent_series(540, 0.05, seed);
    Series b = a;
    for (auto& point : b) point.value = 0.02;
    BootstrapSettings settings{.resamples = 400};
    const PairedDifference d = paired_difference(a, b, settings);
    covered += d.low <= 0.03 && 0.03 <= d.high ? 1 : 0;
    settings.block_days = 1;
    const PairedDifference single = paired_difference(a, b, settings);
    covered_without_blocks += single.low <= 0.03 && 0.03 <= single.high ? 1 : 0;
  }
  BOOST_TEST(covered >= 85);
  BOOST_TEST(covered <= 99);
  BOOST_TEST(covered_without_blocks < 75);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_interval) {
  const Series a = persistent_series(200, 0.05, 1), b = persistent_series(200, 0.02, 2);
  const PairedDifference d = paired_difference(a, b);
  const PairedDifference again = paired_difference(a, b);
  const PairedDifference other = paired_difference(a, b, {.seed = Seed{7}});
  BOOST_TEST(d.low == again.low);
  BOOST_TEST(d.high == again.high);
  BOOST_TEST(d.low != other.low);
}

BOOST_AUTO_TEST_CASE(blocks_are_twice_the_horizon_and_at_least_twenty_days) {
  const Series a = persistent_series(60, 0, 1), b = persistent_series(60, 0, 2);
  BOOST_TEST(paired_difference(a, b, {.horizon = 5}).block_days == 20);
  BOOST_TEST(paired_difference(a, b, {.horizon = 20}).block_days == 40);
  BOOST_TEST(paired_difference(a, b, {.block_days = 7}).block_days == 7);
}

BOOST_AUTO_TEST_CASE(mean_series_keeps_days_that_every_seed_has) {
  const double nan = std::nan("");
  const std::vector<Series> seeds = {{{0, 20200102, 0.1}, {0, 20200103, 0.2}, {1, 20200102, 0.3}},
                                     {{0, 20200102, 0.3}, {0, 20200103, nan}, {1, 20200102, 0.5}}};
  const Series mean = mean_series(seeds);
  BOOST_TEST_REQUIRE(mean.size() == 2U);
  BOOST_TEST(mean[0].value == 0.2, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(mean[1].fold == 1);
  BOOST_TEST(mean[1].value == 0.4, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(spread_is_over_values_that_exist) {
  const Spread spread = spread_of(std::vector<double>{1, std::nan(""), 3});
  BOOST_TEST(spread.n == 2);
  BOOST_TEST(spread.mean == 2);
  BOOST_TEST(spread.std == std::sqrt(2.0));
  BOOST_TEST(std::isnan(spread_of(std::vector<double>{4}).std));
  BOOST_TEST(std::isnan(spread_of({}).mean));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::fitness
