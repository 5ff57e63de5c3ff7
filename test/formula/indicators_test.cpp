#include "engine/formula/indicators.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

#include "engine/core/error.hpp"
#include "engine/formula/classic20.hpp"
#include "engine/formula/parse.hpp"

using namespace evofactor;
using namespace evofactor::formula;

BOOST_AUTO_TEST_SUITE(indicator_programs)

BOOST_AUTO_TEST_CASE(every_indicator_has_a_program_in_both_forms) {
  for (const Indicator& row : indicators()) {
    BOOST_TEST(indicator(row.name).has_value(), row.name);
    BOOST_TEST(indicator(row.name, {}, IndicatorForm::kPublished).has_value(), row.name);
  }
}

BOOST_AUTO_TEST_CASE(relative_forms_do_not_depend_on_the_adjustment_base) {
  for (const Indicator& row : indicators())
    BOOST_TEST(!depends_on_adjustment_base(*indicator(row.name)), row.name);
}

BOOST_AUTO_TEST_CASE(parameters_replace_presets_in_order) {
  BOOST_TEST(to_string(*indicator("RSI", std::array{6})) ==
             "mul(100, div(ts_sum(max(delta(close, 1), 0), 6), ts_sum(abs(delta(close, 1)), 6)))");
  BOOST_TEST(to_string(*indicator("MACD", std::array{5}, IndicatorForm::kPublished)) ==
             "sub(ema(close, 5), ema(close, 26))");
}

BOOST_AUTO_TEST_CASE(unknown_names_give_nothing_and_bad_parameters_are_told) {
  BOOST_TEST(!indicator("NOPE"));
  BOOST_CHECK_EXCEPTION((void)indicator("BOLL", std::array{1}), ConfigError, [](const auto& e) {
    return std::string(e.what()) == "indicator BOLL: days must be at least 2, got 1";
  });
  BOOST_CHECK_EXCEPTION((void)indicator("MA", std::array{1, 2}), ConfigError, [](const auto& e) {
    return std::string(e.what()) == "indicator MA takes at most 1 parameter, got 2";
  });
}

BOOST_AUTO_TEST_CASE(the_classic_factors_are_twenty_canonical_formulas) {
  BOOST_TEST(classic20().size() == 20U);
  for (const NamedFormula& row : classic20()) {
    const Program program = parse_or_throw(row.formula);
    BOOST_TEST(to_string(program) == row.formula);
    BOOST_TEST(look_back(program) <= 120);
  }
}

BOOST_AUTO_TEST_SUITE_END()
