#include "engine/evolve/credit.hpp"

#include <boost/test/unit_test.hpp>

using namespace evofactor;
using namespace evofactor::evolve;

namespace {

Outcome scored(double fitness) {
  Evaluation evaluation;
  evaluation.fitness = fitness;
  return evaluation;
}

std::vector<AnyVariation> two_operators() {
  return {{"good", 1, 1.0, {}}, {"bad", 1, 3.0, {}}, {"new", 1, 1.0, {}}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(operator_credit)

BOOST_AUTO_TEST_CASE(operators_that_pay_off_are_used_more) {
  OperatorCredit credit;
  const auto before = credit.rates(two_operators());
  BOOST_TEST(before == (std::vector<double>{1, 3, 1}), boost::test_tools::per_element());
  credit.learn(CandidateId{0}, {{}, "create", 0}, scored(0.05));
  for (std::uint64_t i = 1; i <= 200; ++i) {
    const bool good = i % 2 == 0;
    credit.learn(CandidateId{i}, {{CandidateId{0}}, good ? "good" : "bad", 1},
                 good ? scored(i % 4 == 0 ? 0.06 : 0.05) : scored(0.01));
  }
  const auto after = credit.rates(two_operators());
  // Half of one's children were better, none of the other's.
  BOOST_TEST(after[0] > 3 * before[0]);
  BOOST_TEST(after[1] < 0.3 * before[1]);
  BOOST_TEST(after[1] >= 0.2 * before[1]);
  BOOST_TEST(after[2] > 0);
}

BOOST_AUTO_TEST_CASE(failures_and_equals_are_no_success_and_the_best_parent_counts) {
  OperatorCredit credit;
  credit.learn(CandidateId{0}, {{}, "create", 0}, scored(0.05));
  credit.learn(CandidateId{1}, {{}, "create", 0}, scored(0.01));
  const auto rates_after = [&](const Outcome& outcome, std::vector<CandidateId> parents) {
    OperatorCredit copy = credit;
    for (std::uint64_t i = 2; i < 60; ++i)
      copy.learn(CandidateId{i}, {parents, "good", 1}, outcome);
    return copy.rates(two_operators())[0];
  };
  BOOST_TEST(rates_after(scored(0.03), {CandidateId{1}}) > 1);
  BOOST_TEST(rates_after(scored(0.03), {CandidateId{0}, CandidateId{1}}) < 1);
  BOOST_TEST(rates_after(scored(0.05), {CandidateId{0}}) < 1);
  BOOST_TEST(rates_after(Failure{}, {CandidateId{1}}) < 1);
}

BOOST_AUTO_TEST_CASE(what_is_long_past_is_forgotten) {
  OperatorCredit credit;
  std::uint64_t id = 0;
  credit.learn(CandidateId{id++}, {{}, "create", 0}, scored(0.05));
  for (int i = 0; i < 100; ++i)
    credit.learn(CandidateId{id++}, {{CandidateId{0}}, "good", 1}, scored(0.06));
  const double fresh = credit.rates(two_operators())[0];
  for (int generation = 2; generation < 30; ++generation)
    for (int i = 0; i < 10; ++i)
      credit.learn(CandidateId{id++}, {{CandidateId{0}}, "good", generation}, scored(0.01));
  BOOST_TEST(credit.rates(two_operators())[0] < 0.5 * fresh);
}

BOOST_AUTO_TEST_SUITE_END()
