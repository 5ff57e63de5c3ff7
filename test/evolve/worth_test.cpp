#include "engine/evolve/worth.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "engine/core/rng.hpp"

using namespace evofactor;
using namespace evofactor::evolve;

namespace {

struct Factors {
  Eigen::MatrixXd correlations;
  std::vector<double> fitness;

  /// Those of these places.
  [[nodiscard]] Factors only(const std::vector<std::size_t>& places) const {
    Factors part;
    const auto n = static_cast<Eigen::Index>(places.size());
    part.correlations.resize(n, n);
    for (Eigen::Index i = 0; i < n; ++i) {
      part.fitness.push_back(fitness[places[static_cast<std::size_t>(i)]]);
      for (Eigen::Index j = 0; j < n; ++j)
        part.correlations(i, j) =
            correlations(static_cast<Eigen::Index>(places[static_cast<std::size_t>(i)]),
                         static_cast<Eigen::Index>(places[static_cast<std::size_t>(j)]));
    }
    return part;
  }
  [[nodiscard]] double worth(double shrinkage) const {
    return Worth(correlations, fitness, shrinkage).value();
  }
};

/// Correlations of random vectors of 12 numbers.
Factors random_factors(std::uint64_t seed, Eigen::Index n) {
  Rng rng(Seed{seed});
  Eigen::MatrixXd x(12, n);
  for (Eigen::Index c = 0; c < n; ++c) {
    for (Eigen::Index r = 0; r < 12; ++r) x(r, c) = rng.normal();
    x.col(c).normalize();
  }
  Factors factors{x.transpose() * x, {}};
  for (Eigen::Index c = 0; c < n; ++c) factors.fitness.push_back(0.1 * rng.uniform());
  return factors;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(worth)

BOOST_AUTO_TEST_CASE(of_two_factors_by_hand) {
  // A = [2 .5; .5 2], A^-1 = [2 -.5; -.5 2] / 3.75, f = (1, 2).
  Eigen::MatrixXd correlations(2, 2);
  correlations << 1, 0.5, 0.5, 1;
  const Worth worth(correlations, std::vector<double>{1, 2}, 1);
  BOOST_TEST(worth.weights()(0) == 1 / 3.75, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(worth.weights()(1) == 3.5 / 3.75, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(worth.value() == 8 / 3.75, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(a_contribution_is_what_the_set_is_worth_less_without_it) {
  const double shrinkage = 0.7;
  const Factors factors = random_factors(3, 9);
  const Worth whole(factors.correlations, factors.fitness, shrinkage);
  const std::vector<double> contributions = whole.contributions();
  BOOST_TEST(contributions.size() == 9U);
  for (std::size_t out = 0; out < 9; ++out) {
    std::vector<std::size_t> rest;
    for (std::size_t i = 0; i < 9; ++i)
      if (i != out) rest.push_back(i);
    BOOST_TEST(contributions[out] == whole.value() - factors.only(rest).worth(shrinkage),
               boost::test_tools::tolerance(1e-9));
    BOOST_TEST(contributions[out] >= 0);
  }
}

BOOST_AUTO_TEST_CASE(with_and_without_are_what_the_set_would_be_anew) {
  const Factors factors = random_factors(5, 8);
  const Worth whole(factors.correlations, factors.fitness, 1);
  const Factors rest = factors.only({0, 1, 2, 4, 5, 6, 7});
  const Worth expected(rest.correlations, rest.fitness, 1);
  const Worth found = whole.without(3);
  BOOST_TEST(found.value() == expected.value(), boost::test_tools::tolerance(1e-10));
  for (Eigen::Index i = 0; i < 7; ++i)
    BOOST_TEST(found.weights()(i) == expected.weights()(i), boost::test_tools::tolerance(1e-9));
  std::vector<double> correlation;
  for (const Eigen::Index i : {0, 1, 2, 4, 5, 6, 7})
    correlation.push_back(factors.correlations(i, 3));
  const Worth back = found.with(3, correlation, factors.fitness[3]);
  BOOST_TEST(back.value() == whole.value(), boost::test_tools::tolerance(1e-10));
  for (Eigen::Index i = 0; i < 8; ++i) {
    BOOST_TEST(back.weights()(i) == whole.weights()(i), boost::test_tools::tolerance(1e-9));
    BOOST_TEST(back.correlation(3, static_cast<std::size_t>(i)) == factors.correlations(3, i),
               boost::test_tools::tolerance(1e-12));
  }
  BOOST_TEST(back.anew().value() == whole.value());
}

BOOST_AUTO_TEST_CASE(one_more_changes_contributions_as_if_it_had_been_there) {
  const Factors factors = random_factors(4, 7);
  const Factors first = factors.only({0, 1, 2, 3, 4, 5});
  std::vector<double> correlation;
  for (Eigen::Index i = 0; i < 6; ++i) correlation.push_back(factors.correlations(i, 6));
  const auto expected = Worth(factors.correlations, factors.fitness, 1).contributions();
  const auto found = Worth(first.correlations, first.fitness, 1)
                         .contributions_with(correlation, factors.fitness[6]);
  BOOST_TEST(found == expected, boost::test_tools::tolerance(1e-9)
                                    << boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
