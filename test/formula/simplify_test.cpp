#include "engine/formula/simplify.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "engine/formula/evaluate.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/parse.hpp"
#include "test/formula/random_market.hpp"
#include "test/support/random_formula.hpp"

namespace evofactor::formula {
namespace {

std::string simplified(const char* text) { return to_string(simplify(parse_or_throw(text))); }
std::string core(const char* text) { return to_string(ranking_core(parse_or_throw(text))); }

BOOST_AUTO_TEST_SUITE(simplify_formulas)

BOOST_AUTO_TEST_CASE(what_does_nothing_is_left_out) {
  const std::pair<const char*, const char*> cases[] = {
      {"neg(neg(close))", "close"},
      {"add(close, 0)", "close"},
      {"sub(0, close)", "neg(close)"},
      {"mul(1, close)", "close"},
      {"mul(close, -1)", "neg(close)"},
      {"div(neg(close), -1)", "close"},
      {"sub(open, neg(close))", "add(open, close)"},
      {"add(open, neg(close))", "sub(open, close)"},
      {"abs(abs(close))", "abs(close)"},
      {"abs(neg(close))", "abs(close)"},
      {"abs(ts_std(close, 5))", "ts_std(close, 5)"},
      {"sign(sign(close))", "sign(close)"},
      {"cs_rank(cs_rank(cs_rank(close)))", "cs_rank(close)"},
      {"delay(delay(close, 2), 3)", "delay(close, 5)"},
      {"ts_max(ts_max(close, 5), 3)", "ts_max(close, 7)"},
      {"ts_mean(close, 1)", "close"},
      {"mul(close, add(1, 2))", "mul(close, 3)"},
      {"ts_mean(mul(sub(2, 1), neg(neg(close))), 1)", "close"},
  };
  for (const auto& [from, to] : cases) BOOST_TEST(simplified(from) == to, from);
}

BOOST_AUTO_TEST_CASE(what_only_looks_like_nothing_stays) {
  for (const char* text :
       {"sub(close, close)", "div(close, close)", "mul(close, 0)", "add(add(close, 1), 2)",
        "inv(inv(close))", "sqrt(mul(close, close))", "ts_max(ts_min(close, 5), 3)",
        "cs_zscore(cs_zscore(close))", "delta(delta(close, 1), 1)", "ts_std(close, 2)",
        "add(close, div(1, 0))", "ts_rank(close, 1)"})
    BOOST_TEST(simplified(text) == text);
}

BOOST_AUTO_TEST_CASE(values_stay_and_a_second_time_changes_nothing) {
  const Market market = test::random_market(60, 40, 8);
  Rng rng(Seed{3});
  int shorter = 0;
  for (int i = 0; i < 400; ++i) {
    // Functions that the rules are about, often.
    Program program = test::random_formula(rng, 3);
    for (Token& token : program.tokens)
      if (token.kind == TokenKind::kField) token.name = rng.chance(0.5) ? "close" : "open";
    for (int step = 0; step < 6; ++step) {
      const Fn unary[] = {Fn::kNeg, Fn::kAbs, Fn::kSign, Fn::kCsRank};
      const Fn window[] = {Fn::kDelay, Fn::kTsMax, Fn::kTsMin, Fn::kTsMean};
      const Fn binary[] = {Fn::kAdd, Fn::kSub, Fn::kMul, Fn::kDiv};
      const float numbers[] = {0, 1, -1, 2};
      Token token{.kind = TokenKind::kFunction};
      switch (rng.below(3)) {
        case 0:
          token.function = static_cast<FunctionId>(unary[rng.below(4)]);
          break;
        case 1:
          token.function = static_cast<FunctionId>(window[rng.below(4)]);
          token.window = rng.between(1, 3);
          break;
        default: {
          const Token number{.kind = TokenKind::kConstant, .value = numbers[rng.below(4)]};
          program.tokens.insert(rng.chance(0.5) ? program.tokens.begin() : program.tokens.end(),
                                number);
          token.function = static_cast<FunctionId>(binary[rng.below(4)]);
        }
      }
      program.tokens.push_back(token);
    }
    if (violation(program)) continue;
    const Program simple = simplify(program);
    BOOST_TEST_CONTEXT(to_string(program) << " -> " << to_string(simple)) {
      BOOST_TEST_REQUIRE(!violation(simple));
      BOOST_TEST((simplify(simple) == simple));
      BOOST_TEST(simple.tokens.size() <= program.tokens.size());
      BOOST_TEST(look_back(simple) <= look_back(program));
      shorter += simple.tokens.size() < program.tokens.size() ? 1 : 0;
      const FactorValues a = evaluate(program, market, {20, 60});
      const FactorValues b = evaluate(simple, market, {20, 60});
      bool same = true;
      for (int d = 20; d < 60; ++d)
        for (std::size_t s = 0; s < 40; ++s) {
          const float x = a.day(d)[s], y = b.day(d)[s];
          same = same && (x == y || (x != x && y != y));
        }
      BOOST_TEST(same);
    }
  }
  BOOST_TEST(shorter > 200);
}

BOOST_AUTO_TEST_CASE(the_core_forgets_what_ranks_do_not_see) {
  BOOST_TEST(core("neg(cs_rank(mul(2, ts_std(close, 5))))") == "ts_std(close, 5)");
  BOOST_TEST(core("div(ts_std(close, 5), -3)") == "ts_std(close, 5)");
  BOOST_TEST(core("mul(ts_std(close, 5), open)") == "mul(ts_std(close, 5), open)");
  BOOST_TEST(core("mul(ts_std(close, 5), 0)") == "mul(ts_std(close, 5), 0)");
  BOOST_TEST(core("div(2, close)") == "div(2, close)");
  BOOST_TEST(core("add(cs_rank(close), 1)") == "add(cs_rank(close), 1)");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::formula
