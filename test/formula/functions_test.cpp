#include "engine/formula/functions.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <set>
#include <string>

#include "engine/formula/parse.hpp"

using namespace evofactor::formula;

BOOST_AUTO_TEST_SUITE(functions_of_the_language)

BOOST_AUTO_TEST_CASE(every_name_is_unique_and_found) {
  std::set<std::string_view> names;
  for (const FunctionInfo& row : functions()) {
    BOOST_TEST(names.insert(row.name).second, row.name);
    BOOST_TEST(find_function(row.name) == &row);
    BOOST_TEST(!row.doc.empty(), row.name);
  }
  BOOST_TEST(names.size() == static_cast<std::size_t>(Fn::kCount));
  BOOST_TEST(find_function("ts_nothing") == nullptr);
}

BOOST_AUTO_TEST_CASE(signatures_name_operands_window_and_parameter) {
  BOOST_TEST(signature(info(Fn::kTsQuantile)) == "ts_quantile(x, d, q)");
  BOOST_TEST(signature(info(Fn::kIfElse)) == "if_else(x, y, z)");
  BOOST_TEST(signature(info(Fn::kCsNeutralize)) == "cs_neutralize(x, y | industry)");
}

BOOST_AUTO_TEST_CASE(look_back_counts_the_days_before_today) {
  const auto of = [](const char* text) { return look_back(parse_or_throw(text)); };
  BOOST_TEST(of("close") == 0);
  BOOST_TEST(of("add(open, close)") == 0);
  BOOST_TEST(of("delay(close, 5)") == 5);
  BOOST_TEST(of("delta(close, 5)") == 5);
  BOOST_TEST(of("ts_return(close, 5)") == 5);
  BOOST_TEST(of("ts_mean(close, 5)") == 4);
  BOOST_TEST(of("ema(close, 5)") == 4);
  BOOST_TEST(of("cs_rank(ts_mean(close, 5))") == 4);
}

BOOST_AUTO_TEST_CASE(look_back_of_a_program_is_its_deepest_path) {
  BOOST_TEST(look_back(parse_or_throw("ts_corr(delay(close, 30), ts_mean(delta(volume, 5), 3), "
                                      "10)")) == 39);
}

BOOST_AUTO_TEST_CASE(recursive_means_look_back_until_weights_are_negligible) {
  for (const int d : {2, 5, 10, 60}) {
    const Token ewm{
        .kind = TokenKind::kFunction, .function = static_cast<FunctionId>(Fn::kEwm), .window = d};
    const double keep = 1 - 2.0 / (d + 1);
    const int days = look_back(ewm);
    BOOST_TEST(std::pow(keep, days) <= 1e-7);
    BOOST_TEST(std::pow(keep, days - 1) > 1e-7);
  }
  BOOST_TEST(look_back(parse_or_throw("ewm(close, 1)")) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
