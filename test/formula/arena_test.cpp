#include "engine/formula/arena.hpp"

#include <bit>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "test/formula/random_market.hpp"
#include "test/support/random_formula.hpp"

namespace evofactor::formula {
namespace {

ValueArena::Values values_of(std::size_t count, int first_day) {
  return {Buffer(count), 16, first_day};
}

/// Programs of a random market's fields that share subtrees, as bred ones do.
std::vector<Program> relatives(std::size_t n) {
  Rng rng(Seed{11});
  std::vector<Program> programs;
  while (programs.size() < n) {
    Program program = test::random_formula(rng, 4);
    for (Token& token : program.tokens)
      if (token.kind == TokenKind::kField) token.name = rng.chance(0.5) ? "close" : "open";
    if (!programs.empty() && rng.chance(0.7)) {
      // A sum with a relative: that one's values are needed again.
      const Program& other = rng.pick(programs);
      if (other.tokens.size() > 60) continue;
      program.tokens.insert(program.tokens.end(), other.tokens.begin(), other.tokens.end());
      program.tokens.push_back(
          {.kind = TokenKind::kFunction, .function = static_cast<FunctionId>(Fn::kAdd)});
      if (rng.chance(0.5))
        program.tokens.push_back({.kind = TokenKind::kFunction,
                                  .function = static_cast<FunctionId>(Fn::kTsMean),
                                  .window = rng.between(2, 20)});
    }
    if (!violation(program)) programs.push_back(std::move(program));
  }
  return programs;
}

bool same_bits(const FactorView& a, const FactorValues& b) {
  for (int d = b.days.first; d < b.days.last; ++d)
    for (std::size_t s = 0; s < b.values.columns(); ++s)
      if (std::bit_cast<std::uint32_t>(a.day(d)[s]) != std::bit_cast<std::uint32_t>(b.day(d)[s]) &&
          !(a.day(d)[s] != a.day(d)[s] && b.day(d)[s] != b.day(d)[s]))
        return false;
  return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(arena)

BOOST_AUTO_TEST_CASE(values_are_the_same_with_and_without_an_arena) {
  const Market market = test::random_market(140, 70, 4);
  const DayRange days{90, 140};
  const std::vector<Program> programs = relatives(120);
  // One too small to keep much, and one that keeps all.
  for (const std::size_t bytes : {std::size_t{200000}, std::size_t{64} << 20U}) {
    ValueArena arena(bytes);
    for (const Program& program : programs)
      evaluate(std::span(&program, 1), market, days, &arena,
               [&](std::size_t, const FactorView& values) {
                 BOOST_TEST(same_bits(values, evaluate(program, market, days)), to_string(program));
               });
    BOOST_TEST(arena.counts().bytes <= bytes);
    BOOST_TEST(arena.counts().computed < arena.counts().asked);
  }
}

BOOST_AUTO_TEST_CASE(threads_share_an_arena) {
  const Market market = test::random_market(140, 70, 4);
  const DayRange days{90, 140};
  const std::vector<Program> programs = relatives(60);
  std::vector<FactorValues> expected;
  for (const Program& program : programs) expected.push_back(evaluate(program, market, days));
  ValueArena arena(400000);
  std::atomic<int> different{0};
  const auto work = [&] {
    for (std::size_t p = 0; p < programs.size(); ++p)
      evaluate(std::span(&programs[p], 1), market, days, &arena,
               [&](std::size_t, const FactorView& values) {
                 if (!same_bits(values, expected[p])) ++different;
               });
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(different == 0);
}

BOOST_AUTO_TEST_CASE(what_was_computed_is_not_computed_again) {
  const Market market = test::random_market(100, 40, 4);
  ValueArena arena(std::size_t{16} << 20U);
  const auto computed = [&](const char* text) {
    const Program program = parse_or_throw(text);
    const std::int64_t before = arena.counts().computed;
    evaluate(std::span(&program, 1), market, {50, 100}, &arena,
             [](std::size_t, const FactorView&) {});
    return arena.counts().computed - before;
  };
  BOOST_TEST(computed("cs_rank(add(ts_std(close, 10), ts_mean(open, 5)))") == 4);
  BOOST_TEST(computed("cs_rank(add(ts_mean(open, 5), ts_std(close, 10)))") == 0);
  BOOST_TEST(computed("sub(ts_std(close, 10), 1)") == 1);
  // A little further back than before, within the days kept for that.
  BOOST_TEST(computed("ts_max(ts_std(close, 10), 5)") == 2);
  BOOST_TEST(computed("ts_min(ts_std(close, 10), 6)") == 1);
}

BOOST_AUTO_TEST_CASE(the_cheap_and_old_is_given_up_first) {
  ValueArena arena(4 * 1000 * sizeof(float));
  arena.keep(1, values_of(1000, 0), 1);
  arena.keep(2, values_of(1000, 0), 5);
  arena.keep(3, values_of(1000, 0), 1);
  arena.keep(4, values_of(1000, 0), 1);
  BOOST_TEST((arena.find(1, 0) != nullptr));
  arena.keep(5, values_of(1000, 0), 1);
  BOOST_TEST(arena.counts().evicted == 1);
  BOOST_TEST((arena.find(2, 0) != nullptr));
  for (std::uint64_t i = 6; i < 12; ++i) arena.keep(i, values_of(1000, 0), 1);
  // Dear, but not asked for by anyone for long.
  for (std::uint64_t i = 20; i < 60; ++i) arena.keep(i, values_of(1000, 0), 1);
  BOOST_TEST((arena.find(2, 0) == nullptr));
  BOOST_TEST(arena.counts().bytes <= 4 * 1000 * sizeof(float));
  arena.keep(2, values_of(1000, 0), 1);
  BOOST_TEST(arena.counts().recomputed == 1);
  arena.keep(70, values_of(5000, 0), 1);
  BOOST_TEST((arena.find(70, 0) == nullptr));
}

BOOST_AUTO_TEST_CASE(values_that_begin_too_late_do_not_serve) {
  ValueArena arena(1 << 20);
  arena.keep(1, values_of(1000, 40), 1);
  BOOST_TEST((arena.find(1, 40) != nullptr));
  BOOST_TEST((arena.find(1, 39) == nullptr));
  arena.keep(1, values_of(1000, 20), 1);
  BOOST_TEST((arena.find(1, 39) != nullptr));
}

BOOST_AUTO_TEST_CASE(values_outlive_their_place_in_the_arena) {
  ValueArena arena(1000 * sizeof(float));
  ValueArena::Values values = values_of(1000, 0);
  values.buffer.data()[999] = 7;
  arena.keep(1, std::move(values), 1);
  const auto read = arena.find(1, 0);
  arena.keep(2, values_of(1000, 0), 1);
  BOOST_TEST((arena.find(1, 0) == nullptr));
  BOOST_TEST(read->buffer.data()[999] == 7);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace evofactor::formula
