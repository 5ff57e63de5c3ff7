#include <boost/test/unit_test.hpp>

#include "test/evolve/toy.hpp"

using namespace evofactor;
using namespace evofactor::evolve;
using namespace evofactor::evolve::toy;

BOOST_AUTO_TEST_SUITE(search)

BOOST_AUTO_TEST_CASE(evolution_finds_better_genomes_than_random_search) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    double best[2];
    for (const bool random : {false, true}) {
      const Folder folder;
      SearchContext context = context_in(folder.path());
      context.root = Seed{seed};
      SearchSettings settings = small_settings();
      settings.generations = 20;
      settings.random = random;
      const auto found = run_small(context, {}, settings);
      BOOST_REQUIRE(!found.pool.empty());
      best[random] = found.pool.front().evaluation.fitness;
    }
    BOOST_TEST_CONTEXT("seed " << seed) { BOOST_TEST(best[0] > best[1] + 0.05); }
  }
}

BOOST_AUTO_TEST_SUITE_END()
