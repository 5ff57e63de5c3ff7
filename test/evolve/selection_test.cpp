#include "engine/evolve/selection.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

using namespace evofactor;
using namespace evofactor::evolve;

namespace {

std::vector<Standing> some_standings() {
  return {{0.1, CandidateId{0}},
          {std::nullopt, CandidateId{1}},
          {-0.5, CandidateId{2}},
          {0.3, CandidateId{3}},
          {0.3, CandidateId{4}}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(selection)

BOOST_AUTO_TEST_CASE(failures_rank_below_the_worst_success_and_ties_go_to_the_older) {
  const std::vector<std::size_t> expected{3, 4, 0, 2, 1};
  BOOST_TEST(best_first(some_standings()) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_large_tournament_is_won_by_the_best_that_is_not_taken) {
  const auto standings = some_standings();
  Rng rng(Seed{1});
  const std::vector<std::size_t> taken{3};
  BOOST_TEST(tournament(rng, standings, 200) == 3);
  BOOST_TEST(tournament(rng, standings, 200, taken) == 4);
}

BOOST_AUTO_TEST_CASE(a_tournament_of_one_is_a_fair_draw) {
  const auto standings = some_standings();
  Rng rng(Seed{2});
  std::vector<int> counts(5);
  for (int i = 0; i < 5000; ++i) ++counts[tournament(rng, standings, 1)];
  for (const int count : counts) BOOST_TEST(std::abs(count - 1000) < 150);
}

BOOST_AUTO_TEST_CASE(lexicase_takes_specialists_and_leaves_the_mediocre) {
  // Two that are best in one period each, one good in both, one bad in both, and a failure.
  std::vector<Standing> standings{{0.05, CandidateId{0}, {0.10, 0.00}},
                                  {0.05, CandidateId{1}, {0.00, 0.10}},
                                  {0.06, CandidateId{2}, {0.06, 0.06}},
                                  {0.02, CandidateId{3}, {0.02, 0.02}},
                                  {std::nullopt, CandidateId{4}}};
  for (std::uint64_t i = 5; i < 25; ++i) {
    const double shift = 0.001 * static_cast<double>(i % 5);
    standings.push_back({0.03, CandidateId{i}, {0.03 + shift, 0.03 - shift}});
  }
  const Lexicase lexicase(standings);
  Rng rng(Seed{4});
  std::vector<int> counts(standings.size());
  for (int i = 0; i < 2000; ++i) ++counts[lexicase.pick(rng)];
  BOOST_TEST(counts[0] > 900);
  BOOST_TEST(counts[1] > 900);
  BOOST_TEST(counts[0] + counts[1] == 2000);
  // With the specialists taken, the one that is good in both.
  const std::vector<std::size_t> taken{0, 1};
  for (int i = 0; i < 50; ++i) BOOST_TEST(lexicase.pick(rng, taken) == 2U);
}

BOOST_AUTO_TEST_CASE(lexicase_without_periods_goes_by_fitness_and_never_picks_a_failure) {
  const auto standings = some_standings();
  const Lexicase lexicase(standings);
  Rng rng(Seed{5});
  for (int i = 0; i < 200; ++i) {
    // The best two are alike; a third is within the median deviation of them.
    const std::size_t picked = lexicase.pick(rng);
    BOOST_TEST((picked == 3 || picked == 4 || picked == 0));
  }
  const std::vector<Standing> failures{{std::nullopt, CandidateId{0}},
                                       {std::nullopt, CandidateId{1}}};
  BOOST_TEST(Lexicase(failures).pick(rng) < 2U);
}

BOOST_AUTO_TEST_CASE(with_every_member_taken_all_may_contend) {
  const std::vector<Standing> one{{0.5, CandidateId{0}}};
  const std::vector<std::size_t> taken{0};
  Rng rng(Seed{3});
  BOOST_TEST(tournament(rng, one, 3, taken) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
