#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>

#include "engine/formula/evaluate.hpp"
#include "engine/formula/program.hpp"
#include "test/formula/random_market.hpp"
#include "test/support/random_formula.hpp"

using namespace evofactor;

namespace {

/// The market with other adjustment bases: prices of each stock times a power of two of its own,
/// volumes divided by it. Powers of two scale without rounding, so that ties stay ties.
Market rebased(Market market) {
  for (const char* field : {"open", "high", "low", "close", "vwap", "volume"}) {
    Grid<float>& grid = market.fields.at(field);
    for (std::size_t d = 0; d < grid.rows(); ++d)
      for (std::size_t s = 0; s < grid.columns(); ++s) {
        const float c = std::ldexp(1.0F, static_cast<int>(s % 4) - 1);
        grid(d, s) *= std::string_view(field) == "volume" ? 1 / c : c;
      }
  }
  return market;
}

bool close_enough(float a, float b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) == std::isnan(b);
  return std::abs(a - b) <= 2e-3F * std::max({std::abs(a), std::abs(b), 0.05F});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(adjustment_base_by_values)

BOOST_AUTO_TEST_CASE(formulas_said_to_be_independent_keep_their_values) {
  Market market = test::random_market(90, 12, 5);
  Rng values(Seed{6});
  for (const std::string_view field : formula::known_fields()) {
    Grid<float>& grid = market.fields[std::string(field)];
    grid = Grid<float>(90, 12);
    for (std::size_t d = 0; d < 90; ++d)
      for (float& x : grid.row(d)) x = static_cast<float>(20 * std::exp(0.1 * values.normal()));
  }
  const Market other = rebased(market);
  int independent = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Rng rng(Seed{seed});
    const auto program = test::random_formula(rng, 4);
    if (formula::depends_on_adjustment_base(program)) continue;
    ++independent;
    const DayRange days{60, 90};
    const auto a = formula::evaluate(program, market, days);
    const auto b = formula::evaluate(program, other, days);
    int differ = 0;
    for (int d = days.first; d < days.last; ++d)
      for (std::size_t s = 0; s < 12; ++s) differ += !close_enough(a.day(d)[s], b.day(d)[s]);
    // A few cells may: a difference of logarithms rounds, and a rank or comparison of it may jump.
    BOOST_TEST(differ <= 7, seed << " " << formula::to_string(program) << ": " << differ);
  }
  BOOST_TEST(independent > 1000);
}

BOOST_AUTO_TEST_SUITE_END()
