#include "fitness/known_factors.hpp"

#include <boost/test/unit_test.hpp>

#include "engine/core/error.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "fitness/combine.hpp"
#include "fitness/ranks.hpp"
#include "test/support/small_market.hpp"

namespace evofactor::fitness {
namespace {

BOOST_AUTO_TEST_SUITE(known_factors)

BOOST_AUTO_TEST_CASE(a_factor_is_told_what_it_resembles) {
  const test::SmallMarket small = test::small_market();
  const Grid<std::uint8_t> mask = rankable(small.market);
  const DayRange days{200, 320};
  const std::vector<std::pair<std::string, std::string>> library{
      {"GAP", "div(open, delay(close, 1))"}};
  const KnownFactors known(small.market, mask, days, library);
  const auto nearest = [&](const char* text, int sign) {
    const FactorValues values =
        formula::evaluate(formula::parse_or_throw(text), small.market, days);
    return known.nearest(centred_ranks(values, mask, days, sign));
  };
  const auto volatility = nearest("ts_std(ts_return(close, 1), 60)", -1);
  BOOST_TEST(volatility.name == "vol60");
  BOOST_TEST(std::abs(volatility.correlation) > 0.999);
  const auto gap = nearest("log(div(open, delay(close, 1)))", -1);
  BOOST_TEST(gap.name == "GAP");
  BOOST_TEST(gap.correlation < -0.999);
  BOOST_TEST(std::abs(nearest("ts_corr(high, volume, 7)", 1).correlation) < 0.9);
  const std::vector<std::pair<std::string, std::string>> bad{{"", "ts_mean(turnover, 5)"}};
  Market without = small.market;
  without.fields.erase("turnover");
  BOOST_CHECK_THROW(KnownFactors(without, mask, days, bad), ConfigError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::fitness
