#include "engine/formula/parse.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/formula/aliases.hpp"

using namespace evofactor;
using namespace evofactor::formula;

namespace {

std::string read(const std::string& text) {
  const auto program = parse(text);
  return program ? to_string(*program) : program.error().message;
}

/// Checks message and position of a refusal.
void refuses(const std::string& text, std::size_t position, const std::string& part) {
  BOOST_TEST_CONTEXT(text) {
    const auto program = parse(text);
    BOOST_REQUIRE(!program);
    BOOST_TEST(program.error().position == position);
    BOOST_TEST(program.error().message.find(part) != std::string::npos, program.error().message);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(our_language)

BOOST_AUTO_TEST_CASE(calls_print_as_they_are_written) {
  for (const char* text :
       {"ts_corr(close, delay(volume, 1), 10)", "ts_quantile(close, 20, 0.3)", "spow(close, -1)",
        "cs_neutralize(close, industry)", "cs_neutralize(close, log(float_cap))", "close",
        "mul(-1, ts_rank(cs_rank(low), 9))", "cs_winsorize(log(volume), 3)"})
    BOOST_TEST(read(text) == text);
}

BOOST_AUTO_TEST_CASE(infix_follows_the_usual_precedence) {
  BOOST_TEST(read("(high - low) / volume") == "div(sub(high, low), volume)");
  BOOST_TEST(read("high - low / volume * 2") == "sub(high, mul(div(low, volume), 2))");
  BOOST_TEST(read("close - open - low") == "sub(sub(close, open), low)");
  BOOST_TEST(read("-close * 2") == "mul(neg(close), 2)");
  BOOST_TEST(read("-(close)") == "neg(close)");
  BOOST_TEST(read("-1 * close") == "mul(-1, close)");
  BOOST_TEST(read("close - -2") == "sub(close, -2)");
  BOOST_TEST(read("close -1") == "sub(close, 1)");
  BOOST_TEST(read("close + 1 > open") == "gt(add(close, 1), open)");
  BOOST_TEST(read("close<=open") == "le(close, open)");
  BOOST_TEST(read("ts_mean(close / open - 1, 5)") == "ts_mean(sub(div(close, open), 1), 5)");
}

BOOST_AUTO_TEST_CASE(rpn_reads_like_calls) {
  BOOST_TEST(read("close volume 1 delay 10 ts_corr") == "ts_corr(close, delay(volume, 1), 10)");
  BOOST_TEST(read("close 20 0.3 ts_quantile") == "ts_quantile(close, 20, 0.3)");
  BOOST_TEST(read("close industry cs_neutralize") == "cs_neutralize(close, industry)");
  BOOST_TEST(read("close -1 mul") == "mul(close, -1)");
  BOOST_TEST(read("high low - volume /") == "div(sub(high, low), volume)");
  BOOST_TEST(read("close neg") == "neg(close)");
}

BOOST_AUTO_TEST_CASE(constants_do_not_fold) {
  BOOST_TEST(read("close * (1 + 2)") == "mul(close, add(1, 2))");
}

BOOST_AUTO_TEST_CASE(names_that_are_unknown_are_told_with_the_nearest) {
  refuses("ts_men(close, 5)", 0, "unknown function \"ts_men\"; did you mean \"ts_mean\"?");
  refuses("add(close, clos)", 11, "unknown field \"clos\"; did you mean \"close\"?");
  refuses("add(close, whatever_is_this)", 11, "the fields are open, high, low, close, vwap");
  refuses("close 10 ts_men", 9, "unknown field or function \"ts_men\"; did you mean \"ts_mean\"?");
  refuses("rank(close)", 0, "did you mean \"ts_rank\" or \"cs_rank\"?");
  refuses("TS_MEAN(close, 5)", 0, "did you mean \"ts_mean\"?");
  refuses("ts_mean(Close, 5)", 8, "unknown field \"Close\"; did you mean \"close\"?");
  refuses("correlation(close, open, 5)", 0, "did you mean \"ts_corr\"?");
  refuses("close / clse(5)", 8, "unknown function \"clse\"; did you mean \"close\"?");
  refuses("add(close, cs_rnk)", 11, "unknown field \"cs_rnk\"; did you mean \"cs_rank\"?");
  refuses("close(5)", 0, "\"close\" is a field, not a function");
  refuses("add(close, ts_mean)", 11, "is a function and needs its operands: ts_mean(x, d)");
}

BOOST_AUTO_TEST_CASE(arguments_are_counted) {
  refuses("ts_mean(close)", 0, "ts_mean(x, d) takes 2 arguments, got 1");
  refuses("abs(close, open)", 11, "abs(x) takes 1 argument, got 2: it wants a series");
  refuses("ts_corr(close, 10)", 0,
          "takes 3 arguments, got 2: it wants 2 series and a window in days");
  refuses("ts_quantile(close, 20)", 0, "it wants a series, a window in days and the number q");
  refuses("cs_neutralize(close)", 0, "it wants a series and a second one or industry");
  refuses("Mean($close, 5, 7)", 16, "Mean(x, d) takes 2 arguments, got 3");
  refuses("1 + abs()", 4, "abs(x) takes 1 argument, got 0");
  refuses("close volume ts_corr", 13, "ts_corr(x, y, d) takes 3 from the stack, which holds 2");
  refuses("close open volume add", 18, "a formula leaves one value, this one leaves 2");
}

BOOST_AUTO_TEST_CASE(windows_are_whole_days_that_look_back) {
  refuses("ts_mean(close, 2.5)", 15, "must be a whole number of days, at least 1");
  refuses("ts_mean(close, open)", 15,
          "must be a whole number of days, at least 1, got the series open");
  refuses("ts_mean(close, delay(open, 1))", 15, "got the series delay(...)");
  refuses("ts_mean(close, industry)", 15, "got the group industry");
  refuses("close 2.5 ts_mean", 6, "got 2.5");
  refuses("ts_mean(5, close)", 11,
          "the window of ts_mean(x, d) comes after the series: got 5, then the series close");
  refuses("delay(close, -1)", 13, "a window of -1 days would look ahead");
  refuses("delay(close, 0)", 13, "delay(x, d) needs a window of at least 1, got 0");
  refuses("ts_std(close, 1)", 14, "ts_std(x, d) needs a window of at least 2, got 1");
  refuses("ts_skew(close, 2)", 15, "needs a window of at least 3, got 2");
  refuses("ts_kurt(close, 3)", 15, "needs a window of at least 4, got 3");
  refuses("ts_mean(close, 1000000)", 15, "longer than any market");
}

BOOST_AUTO_TEST_CASE(parameters_have_bounds) {
  refuses("ts_quantile(close, 20, 1.3)", 23,
          "q of ts_quantile(x, d, q) must be from 0 to 1, got 1.3");
  refuses("spow(close, open)", 12,
          "a of spow(x, a) must be a number written out, got the series open");
}

BOOST_AUTO_TEST_CASE(groups_are_not_values) {
  refuses("add(close, industry)", 11, "only cs_neutralize(x, industry) takes it");
  refuses("cs_neutralize(industry, close)", 14, "only cs_neutralize(x, industry) takes it");
  refuses("industry", 0, "is a group of stocks, not a value");
}

BOOST_AUTO_TEST_CASE(broken_text_is_told_where_it_breaks) {
  refuses("", 0, "the formula is empty");
  refuses("  ", 0, "the formula is empty");
  refuses("(close", 6, "expected \")\" after the expression in parentheses, got the end");
  refuses("close)", 5, "a \")\" without its \"(\"");
  refuses("add(close, open", 15, "expected \")\" or \",\" in the arguments of add");
  refuses("close + ", 8, "expected a field, a number or a function, got the end of the formula");
  refuses("close == open", 6, "there is no operator ==");
  refuses("close % 2", 6, "unexpected \"%\"");
  refuses("1e50 * close", 0, "\"1e50\" is not a number that a 32-bit float can hold");
  refuses("12abc * close", 0, "\"12abc\" is not a number");
  refuses("1 + 2", 0, "the formula reads no field");
  refuses("add(close, 10d)", 11, "10d is a window; operand 2 of add(x, y) is a value");
}

BOOST_AUTO_TEST_CASE(deep_formulas_are_refused_not_crashed_on) {
  const std::string open(100000, '(');
  refuses(open + "close", 200, "nests more than 200 deep");
  std::string rpn = "close neg";
  for (int i = 0; i < 300; ++i) rpn += " neg";
  refuses(rpn, 0, "nests more than 200 deep");
}

BOOST_AUTO_TEST_CASE(a_caret_marks_the_place) {
  const auto program = parse("ts_mean(clos, 5)");
  BOOST_REQUIRE(!program);
  BOOST_TEST(program.error().pretty() ==
             "unknown field \"clos\"; did you mean \"close\"?\n"
             "  ts_mean(clos, 5)\n"
             "          ^");
  BOOST_CHECK_THROW((void)parse_or_throw("ts_mean(clos, 5)"), ConfigError);
  const auto shifted = parse("add(close,\n    ts_mean(open, high))");
  BOOST_REQUIRE(!shifted);
  BOOST_TEST(shifted.error().pretty() ==
             "the window of ts_mean(x, d) must be a whole number of days, at least 1, got the "
             "series high\n"
             "  add(close,     ts_mean(open, high))\n"
             "                               ^");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(other_languages)

BOOST_AUTO_TEST_CASE(qlib_and_alphagen_write_the_same_formula) {
  for (const char* text : {"Corr($close, Ref($volume, 1), 10)", "Corr($close,Ref($volume,1d),10d)"})
    BOOST_TEST(read(text) == "ts_corr(close, delay(volume, 1), 10)");
}

BOOST_AUTO_TEST_CASE(qlib_features_read_as_they_stand) {
  BOOST_TEST(read("($close-$open)/($high-$low+1e-12)") ==
             "div(sub(close, open), add(sub(high, low), 1e-12))");
  BOOST_TEST(read("Mean($close>Ref($close, 1), 5)") == "ts_mean(gt(close, delay(close, 1)), 5)");
  BOOST_TEST(read("Quantile($close, 20, 0.8)/$close") == "div(ts_quantile(close, 20, 0.8), close)");
  BOOST_TEST(read("Sum(Greater($close-Ref($close, 1), 0), 5)") ==
             "ts_sum(max(sub(close, delay(close, 1)), 0), 5)");
  BOOST_TEST(read("Resi($close, 5)/$close") == "div(ts_resid(close, 5), close)");
  BOOST_TEST(read("If(Gt($close, $open), $high, $low)") == "if_else(gt(close, open), high, low)");
}

BOOST_AUTO_TEST_CASE(names_of_another_meaning_are_written_with_that_meaning) {
  BOOST_TEST(read("EMA($close, 10)") == "ewm(close, 10)");
  BOOST_TEST(read("EMA($close,10d)") == "ema(close, 10)");
  BOOST_TEST(read("WMA($close, 10)") == "div(decay_linear(close, 9), 10)");
  BOOST_TEST(read("WMA($close,10d)") == "decay_linear(close, 9)");
  BOOST_TEST(read("Rank($close, 5)") == "ts_rank(close, 5)");
  BOOST_TEST(read("Rank($close,5d)") == "sub(1.2, ts_rank(close, 5))");
  BOOST_TEST(read("Med($close,5d)") == "ts_median(close, 5)");
  BOOST_TEST(read("Med($close,5d)") == "ts_median(close, 5)");
  BOOST_TEST(read("Med($close,2d)") == "ts_quantile(close, 2, 0)");
  BOOST_TEST(read("Power($close, 2)") == "abs(spow(close, 2))");
  BOOST_TEST(read("Power($close, 3)") == "spow(close, 3)");
  BOOST_TEST(read("Pow($close,0.5)") == "sqrt(close)");
  BOOST_TEST(read("Mul(Constant(-0.5),CSRank($close))") == "mul(-0.5, cs_rank(close))");
  BOOST_TEST(read("SLog1p($close)") == "mul(sign(close), log(add(abs(close), 1)))");
}

BOOST_AUTO_TEST_CASE(looking_ahead_is_refused_in_every_language) {
  refuses("Ref($close, -1)", 12, "a window of -1 days would look ahead");
  refuses("Ref($close,-1d)", 11, "a window of -1 days would look ahead");
  refuses("Ref($close, 0)", 12, "needs a window of at least 1, got 0 (Ref(x, d) is read as delay");
  refuses("Delta($close, -5)", 14, "would look ahead");
}

BOOST_AUTO_TEST_CASE(what_has_no_equal_is_refused_with_the_difference) {
  refuses("IdxMax($high, 5)/5", 0, "it counts from the window's oldest day, which is 1");
  refuses("1 - IdxMin($low, 5)", 4, "it counts from the window's oldest day, which is 1");
  refuses("Power($close, 1.5)", 14, "while spow(x, 1.5) keeps its sign");
  refuses("Pow($close,$open)", 11, "the exponent must be a number written out");
  refuses("If($close, $open, $low)", 3, "write a comparison such as Gt(x, y), or if_else");
  refuses("Count($close, 5)", 0, "always be d");
  refuses("And($close, $open)", 0, "write mul for and, max for or");
  refuses("Mask($close, $open)", 0, "another stock cannot be read");
  refuses("EMA($close, 0.1)", 12, "must be a whole number of days");
}

BOOST_AUTO_TEST_CASE(every_alias_reads_or_says_why_not) {
  for (const Dialect dialect : {Dialect::kQlib, Dialect::kAlphagen})
    for (const Alias& alias : aliases(dialect)) {
      BOOST_TEST_CONTEXT(name_of(dialect) << " " << alias.name) {
        const int kinds =
            (alias.same ? 1 : 0) + (alias.expand ? 1 : 0) + (alias.refusal.empty() ? 0 : 1);
        BOOST_TEST(kinds == 1);
        if (alias.same) {
          const FunctionInfo& row = info(*alias.same);
          BOOST_TEST(alias.n_arguments == static_cast<std::size_t>(row.arity) +
                                              (row.min_window > 0) + !row.parameter.empty());
        }
      }
    }
}

BOOST_AUTO_TEST_CASE(wrong_arguments_of_an_alias_show_its_own_signature) {
  refuses("Corr($close, 10)", 0, "Corr(x, y, d) takes 3 arguments, got 2");
  refuses("Std($close, 1)", 12, "(Std(x, d) is read as ts_std(x, d))");
  refuses("Meen($close, 5)", 0, "unknown function \"Meen\"; did you mean \"Mean\"?");
}

BOOST_AUTO_TEST_SUITE_END()
