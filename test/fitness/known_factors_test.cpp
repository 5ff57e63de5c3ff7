#include "fitness/known_factors.hpp"

#include <boost/test/unit_test.hpp>

#include "engine/core/error.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "fitness/combine.hpp"
#include "fitness/neutralise.hpp"
#include "fitness/ranks.hpp"
#include "test/support/small_market.hpp"

namespace evofactor::fitness {
namespace {

BOOST_AUTO_TEST_SUITE(known_factors)

BOOST_AUTO_TEST_CASE(a_factor_is_told_what_it_resembles) {
  const test::SmallMarket small = test::small_market();
  const Grid<std::uint8_t> mask = rankable(small.market);
  const DayRange days{200, 320};
  const std::vector<NameAndFormula> library{{"GAP", "div(open, delay(close, 1))"}};
  const KnownFactors known(small.market, mask, days, known_formulas(library));
  const auto nearest_to = [&](const char* text, int sign) {
    const FactorValues values =
        formula::evaluate(formula::parse_or_throw(text), small.market, days);
    return nearest(known.likeness(centred_ranks(values, mask, days, sign)), 5);
  };
  const auto volatile_ones = nearest_to("ts_std(ts_return(close, 1), 60)", -1);
  BOOST_TEST_REQUIRE(volatile_ones.size() == 5U);
  BOOST_TEST(volatile_ones[0].name == "vol60");
  BOOST_TEST(std::abs(volatile_ones[0].correlation) > 0.999);
  for (std::size_t i = 1; i < volatile_ones.size(); ++i)
    BOOST_TEST(std::abs(volatile_ones[i - 1].correlation) >=
               std::abs(volatile_ones[i].correlation));
  const auto gap = nearest_to("log(div(open, delay(close, 1)))", -1)[0];
  BOOST_TEST(gap.name == "GAP");
  BOOST_TEST(gap.correlation < -0.999);
  BOOST_TEST(std::abs(nearest_to("ts_corr(high, volume, 7)", 1)[0].correlation) < 0.9);
  const std::vector<NameAndFormula> bad{{"", "ts_mean(turnover, 5)"}};
  Market without = small.market;
  without.fields.erase("turnover");
  BOOST_CHECK_THROW(KnownFactors(without, mask, days, bad), ConfigError);
}

BOOST_AUTO_TEST_CASE(a_style_correlates_with_itself_by_one) {
  const test::SmallMarket small = test::small_market();
  const Grid<std::uint8_t> mask = rankable(small.market);
  const DayRange days{200, 320};
  const auto formulas = style_formulas(small.market);
  const KnownFactors styles(small.market, mask, days, formulas);
  for (std::size_t i = 0; i < formulas.size(); ++i) {
    const FactorValues values =
        formula::evaluate(formula::parse_or_throw(formulas[i].second), small.market, days);
    const auto likeness = styles.likeness(centred_ranks(values, mask, days, -1));
    BOOST_TEST_REQUIRE(likeness.size() == formulas.size());
    BOOST_TEST(likeness[i].name == formulas[i].first);
    BOOST_TEST(likeness[i].correlation == -1, boost::test_tools::tolerance(1e-6));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::fitness
