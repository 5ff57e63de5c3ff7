#include "engine/formula/evaluate.hpp"

#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/parse.hpp"
#include "test/formula/random_market.hpp"

namespace evofactor::formula {
namespace {

bool same_bits(std::span<const float> a, std::span<const float> b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i]) &&
        !(a[i] != a[i] && b[i] != b[i]))
      return false;
  return a.size() == b.size();
}
bool same_bits(const FactorValues& a, const FactorValues& b) {
  if (a.days != b.days) return false;
  for (int t = a.days.first; t < a.days.last; ++t)
    if (!same_bits(a.day(t), b.day(t))) return false;
  return true;
}

/// A random tree of at most `depth` functions on the longest path.
void append_tree(Program& program, Rng& rng, int depth) {
  static const char* const kFields[] = {"close", "open", "high", "float_cap"};
  if (depth == 0 || rng.chance(0.15)) {
    Token leaf;
    if (rng.chance(0.15)) {
      leaf.value = static_cast<float>(rng.normal());
    } else {
      leaf.kind = TokenKind::kField;
      leaf.name = kFields[rng.below(4)];
    }
    program.tokens.push_back(leaf);
    return;
  }
  const FunctionInfo& row = functions()[rng.below(functions().size())];
  Token call;
  call.kind = TokenKind::kFunction;
  call.function = static_cast<FunctionId>(row.fn);
  if (row.min_window > 0) call.window = row.min_window + static_cast<int>(rng.below(12));
  if (row.parameter == "q") call.value = 0.3F;
  if (row.parameter == "a") call.value = rng.chance(0.5) ? 0.5F : 1.5F;
  if (row.parameter == "k") call.value = 2;
  for (int i = 0; i < row.arity; ++i) {
    if (i == 1 && row.takes_group && rng.chance(0.5)) {
      Token group;
      group.kind = TokenKind::kGroup;
      group.name = "industry";
      program.tokens.push_back(group);
    } else {
      append_tree(program, rng, depth - 1);
    }
  }
  program.tokens.push_back(call);
}
Program random_program(Rng& rng, int depth) {
  Program program;
  append_tree(program, rng, depth);
  return program;
}

/// Value of a program, one function at a time: each function is applied to fields that hold the
/// values of its operands.
FactorValues step_by_step(const Program& program, Market market) {
  const DayRange days{0, market.n_days()};
  std::vector<Token> stack;
  for (const Token& token : program.tokens) {
    const auto n = static_cast<std::size_t>(arity(token));
    Program step;
    step.tokens.assign(stack.end() - static_cast<std::ptrdiff_t>(n), stack.end());
    stack.resize(stack.size() - n);
    if (token.kind == TokenKind::kGroup) {
      stack.push_back(token);
      continue;
    }
    step.tokens.push_back(token);
    const std::string name = "step " + std::to_string(market.fields.size());
    market.fields.emplace(name, evaluate(step, market, days).values);
    Token field;
    field.kind = TokenKind::kField;
    field.name = name;
    stack.push_back(field);
  }
  return {days, market.fields.at(stack.back().name)};
}

BOOST_AUTO_TEST_SUITE(evaluation)

BOOST_AUTO_TEST_CASE(a_program_equals_its_functions_one_by_one) {
  const Market market = test::random_market(70, 500, 31);  // several blocks of stocks
  Rng rng(Seed{1});
  for (int i = 0; i < 60; ++i) {
    const Program program = random_program(rng, 5);
    BOOST_TEST_CONTEXT(to_string(program)) {
      BOOST_REQUIRE(same_bits(evaluate(program, market, {0, 70}), step_by_step(program, market)));
    }
  }
}

BOOST_AUTO_TEST_CASE(programs_with_common_subtrees_equal_each_alone) {
  const Market market = test::random_market(70, 50, 32);
  Rng rng(Seed{2});
  std::vector<Program> programs;
  for (int i = 0; i < 40; ++i) programs.push_back(random_program(rng, 4));
  for (std::size_t i = 0; i < 40; ++i) {
    // Children that share subtrees with their parents, repeats, a parent's subtree as a program of
    // its own.
    Program child = programs[i];
    Program other = programs[(i * 7 + 3) % 40];
    child.tokens.insert(child.tokens.end(), other.tokens.begin(), other.tokens.end());
    child.tokens.push_back(parse_or_throw("add(close, open)").tokens.back());
    programs.push_back(child);
    programs.push_back(programs[i]);
    const std::size_t end = programs[i].tokens.size();
    if (end < 3) continue;
    const std::size_t root = end - 2;
    if (programs[i].tokens[root].kind == TokenKind::kGroup) continue;
    const std::size_t begin = subtree_begin(programs[i], root);
    Program part;
    part.tokens.assign(programs[i].tokens.begin() + static_cast<std::ptrdiff_t>(begin),
                       programs[i].tokens.begin() + static_cast<std::ptrdiff_t>(root) + 1);
    programs.push_back(part);
  }
  for (const DayRange days : {DayRange{0, 70}, DayRange{45, 60}, DayRange{69, 70}}) {
    const std::vector<FactorValues> together = evaluate(programs, market, days);
    BOOST_REQUIRE_EQUAL(together.size(), programs.size());
    for (std::size_t i = 0; i < programs.size(); ++i) {
      BOOST_TEST_CONTEXT(to_string(programs[i])) {
        BOOST_REQUIRE(same_bits(together[i], evaluate(programs[i], market, days)));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_part_of_the_days_equals_that_part_of_the_whole) {
  const Market market = test::random_market(90, 40, 33);
  Rng rng(Seed{3});
  for (int i = 0; i < 100; ++i) {
    const Program program = random_program(rng, 5);
    BOOST_TEST_CONTEXT(to_string(program)) {
      const FactorValues whole = evaluate(program, market, {0, 90});
      for (const DayRange days : {DayRange{1, 30}, DayRange{53, 71}, DayRange{89, 90}}) {
        const FactorValues part = evaluate(program, market, days);
        for (int t = days.first; t < days.last; ++t)
          BOOST_REQUIRE(same_bits(part.day(t), whole.day(t)));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(threads_on_one_market_give_the_same_bits) {
  const Market market = test::random_market(60, 100, 34);
  Rng rng(Seed{4});
  std::vector<Program> programs;
  for (int i = 0; i < 40; ++i) programs.push_back(random_program(rng, 4));
  const std::vector<FactorValues> alone = evaluate(programs, market, {0, 60});
  std::vector<FactorValues> parallel(programs.size());
  std::vector<std::thread> threads;
  for (std::size_t k = 0; k < 4; ++k)
    threads.emplace_back([&, k] {
      for (std::size_t i = k; i < programs.size(); i += 4)
        parallel[i] = evaluate(programs[i], market, {0, 60});
    });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < programs.size(); ++i) BOOST_REQUIRE(same_bits(alone[i], parallel[i]));
}

/// `market` as it would be if each stock's adj_factor history were multiplied by a constant.
Market readjusted(const Market& market) {
  Market other = market;
  Rng rng(Seed{8});
  for (std::size_t s = 0; s < market.stocks.size(); ++s) {
    const auto factor = static_cast<float>(0.2 + 3 * rng.uniform());
    for (const char* name : {"open", "high", "low", "close", "vwap", "volume"}) {
      Grid<float>& grid = other.fields.at(name);
      for (std::size_t t = 0; t < grid.rows(); ++t)
        grid(t, s) = name == std::string("volume") ? grid(t, s) / factor : grid(t, s) * factor;
    }
  }
  return other;
}

/// Prices, volumes and amounts of a random walk, with the identities between them that real data
/// have.
Market price_market(std::size_t n_days, std::size_t n_stocks) {
  Market market = test::random_market(n_days, n_stocks, 35);
  Rng rng(Seed{6});
  market.fields.clear();
  for (const char* name : {"open", "high", "low", "close", "vwap", "volume", "amount"})
    market.fields.emplace(name, Grid<float>(n_days, n_stocks));
  for (std::size_t s = 0; s < n_stocks; ++s) {
    double close = 20;
    for (std::size_t t = 0; t < n_days; ++t) {
      const double open = close * std::exp(0.01 * rng.normal());
      close = open * std::exp(0.02 * rng.normal());
      const double high = std::max(open, close) * (1 + 0.01 * rng.uniform());
      const double low = std::min(open, close) * (1 - 0.01 * rng.uniform());
      const double volume = 1e6 * std::exp(0.5 * rng.normal());
      const double vwap = (high + low + close) / 3;
      const auto set = [&](const char* name, double value) {
        market.fields.at(name)(t, s) = static_cast<float>(value);
      };
      set("open", open);
      set("close", close);
      set("high", high);
      set("low", low);
      set("volume", volume);
      set("vwap", vwap);
      set("amount", vwap * volume);
    }
  }
  return market;
}

/// Largest difference of two factors relative to the size of the first's values.
double largest_change(const FactorValues& a, const FactorValues& b) {
  double size = 0;
  double change = 0;
  for (int t = a.days.first; t < a.days.last; ++t)
    for (std::size_t s = 0; s < a.day(t).size(); ++s) {
      const auto x = static_cast<double>(a.day(t)[s]);
      const auto y = static_cast<double>(b.day(t)[s]);
      if (std::isnan(x) != std::isnan(y)) return 1;
      if (std::isnan(x)) continue;
      size = std::max(size, std::abs(x));
      change = std::max(change, std::abs(x - y));
    }
  return size > 0 ? change / size : change;
}

BOOST_AUTO_TEST_CASE(what_does_not_depend_on_the_adjustment_base_does_not_change_with_it) {
  const Market market = price_market(80, 60);
  const Market other = readjusted(market);
  int independent = 0;
  for (const char* text : {"ts_return(close, 5)",
                           "div(close, open)",
                           "ts_corr(close, volume, 10)",
                           "ts_zscore(volume, 20)",
                           "ts_rank(close, 10)",
                           "div(ts_std(close, 20), close)",
                           "sub(log(close), delay(log(close), 1))",
                           "ts_argmax(high, 12)",
                           "ts_skew(close, 20)",
                           "div(ts_slope(close, 20), close)",
                           "mul(vwap, volume)",
                           "ts_rsquare(close, 10)",
                           "cs_rank(ts_return(vwap, 3))",
                           "div(sub(close, low), sub(high, low))",
                           "div(ema(close, 12), ewm(close, 26))",
                           "close",
                           "cs_rank(close)",
                           "log(volume)",
                           "ts_std(close, 10)",
                           "add(close, 1)",
                           "mul(close, close)",
                           "cs_zscore(volume)"}) {
    const Program program = parse_or_throw(text);
    const double change =
        largest_change(evaluate(program, market, {0, 80}), evaluate(program, other, {0, 80}));
    BOOST_TEST_CONTEXT(text << " changes by " << change) {
      BOOST_CHECK_EQUAL(depends_on_adjustment_base(program), change > 1e-3);
    }
    independent += depends_on_adjustment_base(program) ? 0 : 1;
  }
  BOOST_CHECK_EQUAL(independent, 15);
}

BOOST_AUTO_TEST_CASE(no_random_program_that_is_called_independent_changes_with_the_base) {
  const Market market = price_market(70, 40);
  const Market other = readjusted(market);
  static const char* const kFields[] = {"open", "high", "low", "close", "vwap", "volume", "amount"};
  Rng rng(Seed{7});
  int independent = 0;
  for (int i = 0; i < 3000; ++i) {
    Program program = random_program(rng, 3);
    for (Token& token : program.tokens)
      if (token.kind == TokenKind::kField) token.name = kFields[rng.below(7)];
    if (depends_on_adjustment_base(program)) continue;
    const FactorValues a = evaluate(program, market, {0, 70});
    const FactorValues b = evaluate(program, other, {0, 70});
    // Rounding alone moves cells next to a jump (a tie, a sign, a comparison); the base moves most
    // of them.
    int changed = 0;
    int finite = 0;
    for (int t = 0; t < 70; ++t)
      for (std::size_t s = 0; s < 40; ++s) {
        const float x = a.day(t)[s];
        const float y = b.day(t)[s];
        if (std::isnan(x) && std::isnan(y)) continue;
        ++finite;
        changed += std::isnan(x) != std::isnan(y) || std::abs(x - y) > 1e-2F * std::abs(x) + 1e-4F;
      }
    independent += finite > 0 ? 1 : 0;
    BOOST_TEST_CONTEXT(to_string(program)) { BOOST_CHECK_LE(changed, finite / 5); }
  }
  BOOST_TEST_MESSAGE(independent << " programs are independent of the base");
  BOOST_CHECK_GT(independent, 200);
}

BOOST_AUTO_TEST_CASE(a_missing_field_is_refused_by_name) {
  const Market market = test::random_market(20, 5, 36);
  BOOST_CHECK_EXCEPTION(
      static_cast<void>(evaluate(parse_or_throw("ts_mean(turnover, 5)"), market, {0, 20})),
      ConfigError, [](const ConfigError& e) {
        const std::string what = e.what();
        return what.find("turnover") != std::string::npos &&
               what.find("ts_mean(turnover, 5)") != std::string::npos &&
               what.find("close") != std::string::npos;
      });
}

BOOST_AUTO_TEST_CASE(a_window_longer_than_the_market_is_refused) {
  const Market market = test::random_market(20, 5, 37);
  static_cast<void>(evaluate(parse_or_throw("ts_mean(close, 20)"), market, {0, 20}));
  BOOST_CHECK_EXCEPTION(static_cast<void>(evaluate(parse_or_throw("add(close, ts_mean(close, 21))"),
                                                   market, {0, 20})),
                        ConfigError, [](const ConfigError& e) {
                          const std::string what = e.what();
                          return what.find("window 21 of ts_mean") != std::string::npos &&
                                 what.find("20 days") != std::string::npos;
                        });
}

BOOST_AUTO_TEST_CASE(leaves_and_constants_are_programs) {
  const Market market = test::random_market(20, 5, 38);
  const FactorValues close = evaluate(parse_or_throw("close"), market, {5, 9});
  for (int t = 5; t < 9; ++t)
    BOOST_CHECK(
        same_bits(close.day(t), market.fields.at("close").row(static_cast<std::size_t>(t))));
  Program constant;
  constant.tokens.push_back({.kind = TokenKind::kConstant, .value = 2.5F});
  BOOST_CHECK_EQUAL(evaluate(constant, market, {5, 9}).day(7)[4], 2.5F);
  BOOST_CHECK(evaluate(parse_or_throw("cs_rank(close)"), market, {7, 7}).values.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::formula
