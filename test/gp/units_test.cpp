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

BOOST_AUTO_TEST_CASE(with_scales_ranks_and_booleans_are_no_ratios) {
  const auto scaled = [](const char* text) {
    return units_of(formula::parse_or_throw(text), Typing::kScales).back();
  };
  const auto has = [&](const char* text, Scale scale) {
    const Unit unit = scaled(text);
    return unit.valid && unit.scale == scale;
  };
  BOOST_TEST(has("cs_rank(close)", Scale::kRank));
  BOOST_TEST(has("ts_mean(ts_rank(close, 10), 5)", Scale::kRank));
  BOOST_TEST(has("min(cs_rank(close), ts_rank(volume, 5))", Scale::kRank));
  BOOST_TEST(has("sub(cs_rank(close), cs_rank(volume))", Scale::kRatio));
  BOOST_TEST(has("mul(cs_rank(close), ts_return(close, 5))", Scale::kRatio));
  BOOST_TEST(has("gt(cs_rank(close), 0.5)", Scale::kBoolean));
  BOOST_TEST(has("delay(gt(close, open), 1)", Scale::kBoolean));
  BOOST_TEST(has("ts_mean(gt(close, open), 20)", Scale::kRatio));
  BOOST_TEST(has("if_else(gt(close, open), cs_rank(volume), ts_rank(close, 5))", Scale::kRank));
  BOOST_TEST(scaled("if_else(gt(close, open), volume, ts_mean(volume, 5))").volume == 1);
  for (const char* text :
       {"add(cs_rank(close), turnover)", "gt(cs_rank(close), turnover)",
        "if_else(turnover, close, open)", "mul(gt(close, open), close)", "neg(gt(close, open))",
        "ts_std(gt(close, open), 5)", "if_else(gt(close, open), turnover, cs_rank(close))",
        "gt(gt(close, open), 0.5)"}) {
    BOOST_TEST(!scaled(text).valid, text);
    BOOST_TEST(of(text).valid, text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
