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

BOOST_AUTO_TEST_CASE(with_every_member_taken_all_may_contend) {
  const std::vector<Standing> one{{0.5, CandidateId{0}}};
  const std::vector<std::size_t> taken{0};
  Rng rng(Seed{3});
  BOOST_TEST(tournament(rng, one, 3, taken) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
