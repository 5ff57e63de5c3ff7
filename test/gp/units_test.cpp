#include "baselines/gp/units.hpp"

#include <boost/test/unit_test.hpp>

#include "engine/formula/parse.hpp"

using namespace evofactor;
using namespace evofactor::gp;

namespace {

Unit of(const char* text) { return units_of(formula::parse_or_throw(text)).back(); }
bool is(const char* text, double price, double volume) {
  const Unit unit = of(text);
  return unit.valid && unit.price == price && unit.volume == volume;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(units)

BOOST_AUTO_TEST_CASE(values_have_units_of_price_and_volume) {
  BOOST_TEST(is("close", 1, 0));
  BOOST_TEST(is("raw_volume", 0, 1));
  BOOST_TEST(is("amount", 1, 1));
  BOOST_TEST(is("close * volume", 1, 1));
  BOOST_TEST(is("close / open", 0, 0));
  BOOST_TEST(is("ts_std(close, 5)", 1, 0));
  BOOST_TEST(is("ts_var(close, 5)", 2, 0));
  BOOST_TEST(is("ts_cov(close, volume, 5)", 1, 1));
  BOOST_TEST(is("ts_beta(close, volume, 5)", 1, -1));
  BOOST_TEST(is("sqrt(high * low)", 1, 0));
  BOOST_TEST(is("cs_rank(close)", 0, 0));
  BOOST_TEST(is("log(volume)", 0, 0));
  BOOST_TEST(is("0.5 * close", 1, 0));
}

BOOST_AUTO_TEST_CASE(zero_has_every_unit) {
  BOOST_TEST(is("max(delta(close, 1), 0)", 1, 0));
  BOOST_TEST(of("gt(volume, 0)").valid);
}

BOOST_AUTO_TEST_CASE(what_does_not_go_together_is_invalid) {
  for (const char* text :
       {"add(close, volume)", "close + 1", "max(close, turnover)", "gt(close, volume)",
        "exp(close)", "tanh(volume)", "if_else(turnover, close, volume)", "close * close * close",
        "ts_mean(add(close, volume), 5)"})
    BOOST_TEST(!of(text).valid, text);
}

BOOST_AUTO_TEST_SUITE_END()
