#include "engine/formula/program.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "engine/formula/functions.hpp"
#include "engine/formula/parse.hpp"
#include "test/support/random_formula.hpp"

using namespace evofactor;
using namespace evofactor::formula;

namespace {

bool depends(const char* text) { return depends_on_adjustment_base(parse_or_throw(text)); }
std::string canonical_text(const char* text) { return to_string(canonical(parse_or_throw(text))); }

}  // namespace

BOOST_AUTO_TEST_SUITE(programs)

BOOST_AUTO_TEST_CASE(text_and_rpn_of_random_programs_read_back_equal) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Rng rng(Seed{seed});
      const Program program = test::random_formula(rng);
      BOOST_TEST(!violation(program));
      const Program from_text = parse_or_throw(to_string(program));
      BOOST_TEST((from_text == program), to_string(program));
      BOOST_TEST((parse_or_throw(to_rpn(program)) == program), to_rpn(program));
      BOOST_TEST((content_hash(from_text) == content_hash(program)));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_function_prints_and_parses) {
  for (const FunctionInfo& row : functions()) {
    Program program;
    for (int i = 0; i < row.arity; ++i)
      program.tokens.push_back({.kind = TokenKind::kField, .name = i ? "volume" : "close"});
    program.tokens.push_back({.kind = TokenKind::kFunction,
                              .function = static_cast<FunctionId>(row.fn),
                              .window = row.min_window,
                              .value = row.parameter.empty() ? 0 : row.parameter_high});
    BOOST_TEST((parse_or_throw(to_string(program)) == program), row.name);
    BOOST_TEST((parse_or_throw(to_rpn(program)) == program), row.name);
  }
}

BOOST_AUTO_TEST_CASE(hashes_are_the_same_on_every_platform) {
  BOOST_TEST(to_hex(content_hash(parse_or_throw("ts_corr(close, delay(volume, 1), 10)")).value) ==
             "3b57daaca4f54309");
}

BOOST_AUTO_TEST_CASE(hashes_tell_windows_parameters_and_names_apart) {
  const auto hash = [](const char* text) { return content_hash(parse_or_throw(text)).value; };
  BOOST_TEST(hash("ts_mean(close, 5)") != hash("ts_mean(close, 6)"));
  BOOST_TEST(hash("spow(close, 2)") != hash("spow(close, 3)"));
  BOOST_TEST(hash("close") != hash("open"));
  BOOST_TEST(hash("sub(close, open)") != hash("sub(open, close)"));
}

BOOST_AUTO_TEST_CASE(numbers_print_shortest) {
  BOOST_TEST(number_text(0.1F) == "0.1");
  BOOST_TEST(number_text(2) == "2");
  BOOST_TEST(number_text(-1e-12F) == "-1e-12");
}

BOOST_AUTO_TEST_CASE(fields_come_once_in_order_of_use) {
  BOOST_TEST(fields_of(parse_or_throw("cs_neutralize(volume / close * volume, industry)")) ==
                 (std::vector<std::string>{"volume", "close"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_subtree_begins_where_its_first_operand_does) {
  const Program program = parse_or_throw("close open volume 3 ts_corr high sub add");
  BOOST_TEST(subtree_begin(program, 0) == 0);
  BOOST_TEST(subtree_begin(program, 3) == 1);  // ts_corr(open, volume)
  BOOST_TEST(subtree_begin(program, 5) == 1);  // sub(ts_corr, high)
  BOOST_TEST(subtree_begin(program, 6) == 0);
  BOOST_TEST(depth(program) == 4);
}

BOOST_AUTO_TEST_CASE(canonical_form_orders_operands_of_commutative_functions_only) {
  BOOST_TEST(canonical_text("add(open, close)") == canonical_text("add(close, open)"));
  BOOST_TEST(canonical_text("max(mul(open, 2), close)") == canonical_text("max(close, 2 * open)"));
  BOOST_TEST(canonical_text("sub(open, close)") != canonical_text("sub(close, open)"));
  BOOST_TEST(canonical_text("ts_beta(open, close, 5)") !=
             canonical_text("ts_beta(close, open, 5)"));
}

BOOST_AUTO_TEST_CASE(violations_are_told) {
  const auto told = [](std::vector<Token> tokens) {
    return violation(Program{std::move(tokens)}).value_or("");
  };
  const Token close{.kind = TokenKind::kField, .name = "close"};
  const Token industry{.kind = TokenKind::kGroup, .name = "industry"};
  const Token mean{
      .kind = TokenKind::kFunction, .function = static_cast<FunctionId>(Fn::kTsMean), .window = 0};
  const Token add{.kind = TokenKind::kFunction, .function = static_cast<FunctionId>(Fn::kAdd)};
  BOOST_TEST(told({}) == "a program leaves one value, this one 0");
  BOOST_TEST(told({close, close}) == "a program leaves one value, this one 2");
  BOOST_TEST(told({close, mean}) == "ts_mean(x, d) cannot have a window of 0");
  BOOST_TEST(told({close, add}) == "add(x, y) lacks operands");
  BOOST_TEST(told({close, industry, add}) == "add(x, y) cannot take a group as operand 2");
  BOOST_TEST(told({{.kind = TokenKind::kConstant, .value = 1}}) == "the formula reads no field");
  BOOST_TEST(told({{.kind = TokenKind::kField, .name = "cloze"}}) == "unknown field \"cloze\"");
  BOOST_TEST(told({close}).empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(adjustment_base)

BOOST_AUTO_TEST_CASE(levels_depend_on_the_base) {
  for (const char* text :
       {"close", "volume", "sub(high, low)", "ts_mean(close, 5)", "mul(close, close)",
        "ts_std(close, 20)", "div(close, volume)", "ts_cov(close, volume, 5) * close",
        "ts_slope(close, 5)", "sqrt(close)", "ts_var(close, 5)", "abs(delta(close, 1))",
        "div(ts_sum(close, 5), ts_product(close, 5))", "exp(log(close))"})
    BOOST_TEST(depends(text), text);
}

BOOST_AUTO_TEST_CASE(ratios_of_equal_degree_do_not) {
  for (const char* text : {"div(high, low)",
                           "close / delay(close, 5) - 1",
                           "ts_return(close, 5)",
                           "close * volume",
                           "amount",
                           "raw_close",
                           "turnover",
                           "log(float_cap)",
                           "amount / (volume * vwap)",
                           "ts_std(close, 20) / ts_mean(close, 20)",
                           "ts_var(close, 5) / (open * close)",
                           "ts_slope(close, 5) / close",
                           "sqrt(high * low) / close",
                           "spow(close, 2) / (high * low)",
                           "inv(close) / volume",
                           "div(ts_sum(max(delta(close, 1), 0), 14), "
                           "ts_sum(abs(delta(close, 1)), 14))",
                           "ts_product(close / open, 20)",
                           "ema(close, 5) / ewm(close, 10)",
                           "ts_cov(close, volume, 5)",
                           "ts_beta(close, open, 5)",
                           "ts_alpha(close, open, 5) / vwap"})
    BOOST_TEST(!depends(text), text);
}

BOOST_AUTO_TEST_CASE(scale_free_functions_of_one_stock_do_not) {
  for (const char* text :
       {"ts_corr(close, volume, 10)", "ts_rank(close, 5)", "ts_zscore(close, 5)",
        "ts_argmax(close, 5)", "ts_skew(volume, 5)", "ts_kurt(close, 5)", "ts_rsquare(close, 5)",
        "ts_meanstd(close, 5)", "sign(delta(close, 1))", "gt(close, open)", "delta(close, 1) > 0",
        "if_else(delta(close, 1), high / low, low / high)", "ts_zscore(sub(high, low), 5)"})
    BOOST_TEST(!depends(text), text);
}

BOOST_AUTO_TEST_CASE(logarithms_depend_unless_differenced) {
  for (const char* text :
       {"log(close)", "ts_mean(log(close), 5)", "log(close) + log(open)", "abs(log(close))",
        "ts_meanstd(log(close), 5)", "log(close) * volume * close", "sign(log(close))",
        "ts_sum(log(close), 5) - ts_sum(log(close), 6)", "gt(log(close), 0)"})
    BOOST_TEST(depends(text), text);
  for (const char* text :
       {"delta(log(close), 5)", "ts_std(log(close), 5)", "ts_zscore(log(close), 5)",
        "log(close) - log(open)", "log(close) + log(volume)", "log(close * volume)",
        "ts_corr(log(close), log(volume), 5)", "ts_resid(log(close), 5)",
        "exp(log(close) - log(open))", "exp(log(close)) / open", "ts_rank(log(volume), 5)",
        "2 * log(close) - log(high) - log(low)", "ts_sum(log(close), 5) - 5 * log(open)",
        "gt(log(close), log(open))", "ts_cov(log(close), turnover, 5)"})
    BOOST_TEST(!depends(text), text);
}

BOOST_AUTO_TEST_CASE(cross_sections_see_other_stocks_bases) {
  for (const char* text :
       {"cs_rank(close)", "ts_corr(cs_rank(open), cs_rank(volume), 10)", "cs_zscore(log(close))",
        "cs_neutralize(close, industry)", "cs_neutralize(ts_return(close, 1), log(close))"})
    BOOST_TEST(depends(text), text);
  for (const char* text : {"cs_rank(ts_return(close, 1))", "cs_zscore(log(float_cap))",
                           "cs_neutralize(ts_return(close, 5), industry)",
                           "cs_neutralize(high / low, log(float_cap))"})
    BOOST_TEST(!depends(text), text);
}

BOOST_AUTO_TEST_CASE(adding_a_number_to_a_level_depends) {
  BOOST_TEST(depends("ts_corr(close, log(add(volume, 1)), 20)"));
  BOOST_TEST(depends("div(close, add(open, 1))"));
  BOOST_TEST(depends("tanh(close)"));
  BOOST_TEST(!depends("tanh(close / open)"));
  BOOST_TEST(!depends("ts_corr(close / delay(close, 1), log(volume / delay(volume, 1) + 1), 20)"));
}

BOOST_AUTO_TEST_SUITE_END()
