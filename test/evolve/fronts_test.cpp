#include "engine/evolve/fronts.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "engine/core/rng.hpp"

using namespace evofactor;
using namespace evofactor::evolve;

namespace {

bool dominates(const std::vector<double>& a, const std::vector<double>& b) {
  bool all = true, some = false;
  for (std::size_t o = 0; o < a.size(); ++o) all = all && a[o] >= b[o], some = some || a[o] > b[o];
  return all && some;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fronts)

BOOST_AUTO_TEST_CASE(front_by_front_by_hand) {
  // Front 1: (3,1) (2,2) (1,3); front 2: (1,1) and (2,0.5); a failure.
  const std::vector<std::vector<double>> objectives{{1, 1}, {3, 1}, {}, {2, 2}, {1, 3}, {2, 0.5}};
  const auto order = by_fronts(objectives);
  BOOST_TEST(order.size() == 6U);
  // The ends of a front come before what lies between them.
  BOOST_TEST(order == (std::vector<std::size_t>{1, 4, 3, 0, 5, 2}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(crowded_members_come_after_lonely_ones) {
  // One front on a line; (5,5) is crowded between (4.9,5.1) and (5.1,4.9), (2,8) stands alone.
  const std::vector<std::vector<double>> objectives{{0, 10}, {2, 8},     {4.9, 5.1},
                                                    {5, 5},  {5.1, 4.9}, {10, 0}};
  const auto order = by_fronts(objectives);
  BOOST_TEST(order.back() == 3U);
  BOOST_TEST((order[0] == 0 && order[1] == 5));
}

BOOST_AUTO_TEST_CASE(nobody_comes_after_one_it_dominates) {
  Rng rng(Seed{8});
  std::vector<std::vector<double>> objectives;
  for (int i = 0; i < 200; ++i)
    objectives.push_back({static_cast<double>(rng.below(8)), static_cast<double>(rng.below(8)),
                          static_cast<double>(rng.below(8))});
  const auto order = by_fronts(objectives);
  std::vector<std::size_t> sorted = order;
  std::ranges::sort(sorted);
  for (std::size_t i = 0; i < sorted.size(); ++i) BOOST_TEST(sorted[i] == i);
  for (std::size_t a = 0; a < order.size(); ++a)
    for (std::size_t b = a + 1; b < order.size(); ++b)
      BOOST_TEST(!dominates(objectives[order[b]], objectives[order[a]]));
}

BOOST_AUTO_TEST_SUITE_END()
