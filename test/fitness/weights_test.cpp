#include "fitness/weights.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "fitness/ranks.hpp"
#include "test/support/factors.hpp"

namespace evofactor::fitness {
namespace {

BOOST_AUTO_TEST_SUITE(weights)

BOOST_AUTO_TEST_CASE(ic_weights_are_floored_and_sum_to_one) {
  const double nan = std::nan("");
  const std::vector<double> weights = ic_weights(std::vector<double>{0.03, -0.02, nan, 0.01});
  const std::vector<double> expected = {0.75, 0, 0, 0.25};
  for (std::size_t i = 0; i < 4; ++i)
    BOOST_TEST(weights[i] == expected[i], boost::test_tools::tolerance(1e-12));
  const std::vector<double> equal = ic_weights(std::vector<double>{-0.1, -0.2});
  BOOST_TEST(equal[0] == 0.5);
  BOOST_TEST(equal[1] == 0.5);
}

double sizes(const std::vector<double>& weights) {
  double total = 0;
  for (const double weight : weights) total += std::abs(weight);
  return total;
}

BOOST_AUTO_TEST_CASE(steady_factors_weigh_more_and_twins_share) {
  Rng rng(Seed{1});
  std::vector<std::vector<double>> daily(4);
  for (int t = 0; t < 4000; ++t) {
    const double common = rng.normal();
    daily[0].push_back(0.05 + 0.05 * rng.normal());  // steady
    daily[1].push_back(0.05 + 0.10 * rng.normal());  // half as steady
    daily[2].push_back(0.05 + 0.10 * common);        // twins
    daily[3].push_back(0.05 + 0.10 * common + 0.001 * rng.normal());
  }
  daily[0][7] = std::nan("");
  const auto w = ic_covariance_weights(daily);
  BOOST_TEST(sizes(w) == 1, boost::test_tools::tolerance(1e-12));
  // Of independent factors in proportion to mean / variance.
  BOOST_TEST(w[0] / w[1] == 4, boost::test_tools::tolerance(0.1));
  BOOST_TEST(w[2] + w[3] == w[1], boost::test_tools::tolerance(0.2));
}

BOOST_AUTO_TEST_CASE(few_days_are_shrunk_towards_equal_treatment) {
  Rng rng(Seed{2});
  std::vector<std::vector<double>> daily(30);
  for (auto& series : daily)
    for (int t = 0; t < 20; ++t) series.push_back(0.05 + 0.1 * rng.normal());
  for (const double w : ic_covariance_weights(daily)) BOOST_TEST(std::abs(w) < 0.15);
  const std::vector<std::vector<double>> constant(2, std::vector<double>(5, 0.03));
  const auto w = ic_covariance_weights(constant);
  BOOST_TEST(w[0] == 0.5);
  BOOST_TEST(ic_covariance_weights({}).empty());
}

BOOST_AUTO_TEST_CASE(ridge_finds_what_the_labels_are_made_of) {
  const std::size_t days = 40, stocks = 300;
  std::vector<Grid<float>> ranks;
  Labels labels{Grid<float>(days, stocks), Grid<std::uint8_t>(days, stocks, 1)};
  std::vector<FactorValues> factors;
  for (std::uint64_t f = 0; f < 4; ++f)
    factors.push_back({{0, static_cast<int>(days)}, test::random_grid(days, stocks, 10 + f)});
  Rng rng(Seed{3});
  for (std::size_t d = 0; d < days; ++d)
    for (std::size_t i = 0; i < stocks; ++i) {
      labels.forward_return(d, i) =
          2 * factors[0].values(d, i) - factors[2].values(d, i) + static_cast<float>(rng.normal());
      if (rng.chance(0.2)) labels.mask(d, i) = 0;
    }
  for (const FactorValues& factor : factors)
    ranks.push_back(centred_ranks(factor, labels.mask, {0, static_cast<int>(days)}, 1));
  const std::vector<DayRange> fitted{{0, 25}, {30, 40}};
  const auto w = ridge_weights(ranks, 0, labels, fitted, 0.001);
  BOOST_TEST(sizes(w) == 1, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(w[0] / w[2] == -2, boost::test_tools::tolerance(0.1));
  BOOST_TEST(std::abs(w[1]) < 0.02);
  BOOST_TEST(std::abs(w[3]) < 0.02);
  // Days that are not fitted do not matter.
  for (std::size_t i = 0; i < stocks; ++i) labels.forward_return(27, i) = static_cast<float>(i);
  BOOST_TEST((ridge_weights(ranks, 0, labels, fitted, 0.001) == w));
  // A strong penalty leaves each factor its own correlation with the label.
  const auto strong = ridge_weights(ranks, 0, labels, fitted, 1e6);
  BOOST_TEST(strong[0] / strong[2] == -2, boost::test_tools::tolerance(0.15));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::fitness
