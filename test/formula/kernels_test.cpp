#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "engine/formula/evaluate.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/kernels/ranking.hpp"
#include "engine/formula/kernels/view.hpp"
#include "hwy/targets.h"
#include "test/formula/random_market.hpp"
#include "test/formula/slow_reference.hpp"

namespace evofactor::formula {
namespace {

Token field(const std::string& name) { return {.kind = TokenKind::kField, .name = name}; }
Token group(const std::string& name) { return {.kind = TokenKind::kGroup, .name = name}; }
Token number(float value) { return {.kind = TokenKind::kConstant, .value = value}; }
Token call(Fn fn, int window = 0, float parameter = 0) {
  return {.kind = TokenKind::kFunction,
          .function = static_cast<FunctionId>(fn),
          .window = window,
          .value = parameter};
}

/// One function applied to fields.
struct Case {
  Fn fn;
  int window = 0;
  float parameter = 0;
  bool by_group = false;
  [[nodiscard]] Program program() const {
    static const char* const kNames[] = {"close", "open", "high"};
    Program program;
    const int arity = info(fn).arity;
    for (int i = 0; i < arity; ++i) {
      if (i == 1 && info(fn).takes_group)
        program.tokens.push_back(by_group ? group("industry") : field("float_cap"));
      else
        program.tokens.push_back(field(kNames[i]));
    }
    program.tokens.push_back(call(fn, window, parameter));
    return program;
  }
};

/// Every function of the table with several windows and parameters.
std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const FunctionInfo& row : functions()) {
    std::vector<int> windows{0};
    if (row.min_window > 0) {
      windows.clear();
      for (const int window : {1, 2, 3, 4, 5, 10, 21, 60})
        if (window >= row.min_window) windows.push_back(window);
    }
    std::vector<float> parameters{0};
    if (row.parameter == "q") parameters = {0, 0.25F, 0.3F, 0.5F, 1};
    if (row.parameter == "a") parameters = {0.5F, 2, 3, -1, 0, 1, 0.3F, -1.7F};
    if (row.parameter == "k") parameters = {0.5F, 3};
    for (const int window : windows)
      for (const float parameter : parameters) cases.push_back({row.fn, window, parameter});
    if (row.takes_group) cases.push_back({row.fn, 0, 0, true});
  }
  return cases;
}

test::Values as_double(const Grid<float>& grid) {
  test::Values values(grid.rows());
  for (std::size_t t = 0; t < grid.rows(); ++t)
    values[t].assign(grid.row(t).begin(), grid.row(t).end());
  return values;
}

test::Values reference(const Case& c, const Market& market) {
  std::vector<test::Values> operands;
  for (const Token& token : c.program().tokens)
    if (token.kind == TokenKind::kField)
      operands.push_back(as_double(market.fields.at(token.name)));
  return test::slow_values(c.fn, c.window, static_cast<double>(c.parameter), market, operands);
}

DayRange all_days(const Market& market) { return {0, market.n_days()}; }

bool same_bits(std::span<const float> a, std::span<const float> b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i]) &&
        !(a[i] != a[i] && b[i] != b[i]))
      return false;
  return a.size() == b.size();
}

BOOST_AUTO_TEST_SUITE(kernel_functions)

// Relative to the value, or to the size of the column's values: a difference of large sums (slopes,
// residuals) is as exact as the sums. ts_mad adds up in f32. Products may leave the range of f32.
BOOST_AUTO_TEST_CASE(every_function_agrees_with_its_definition) {
  const Market market = test::random_market(130, 61, 11);
  for (const Case& c : all_cases()) {
    BOOST_TEST_CONTEXT(to_string(c.program())) {
      const FactorValues got = evaluate(c.program(), market, all_days(market));
      const test::Values want = reference(c, market);
      const double tolerance = c.fn == Fn::kTsMad ? 1e-5 : 2e-6;
      int wrong = 0;
      for (std::size_t s = 0; s < market.stocks.size(); ++s) {
        double size = 0;
        for (const auto& row : want) size = std::max(size, row[s] == row[s] ? std::abs(row[s]) : 0);
        for (std::size_t t = 0; t < want.size(); ++t) {
          const double w = want[t][s];
          const auto g = static_cast<double>(got.values(t, s));
          const bool fine =
              w != w ? g != g : std::abs(g - w) <= tolerance * std::abs(w) + 1e-7 * size + 1e-44;
          if (!fine && ++wrong <= 3)
            BOOST_ERROR("day " << t << " stock " << s << ": " << g << ", expected " << w);
        }
      }
      BOOST_CHECK_EQUAL(wrong, 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(no_function_sees_the_future) {
  const Market market = test::random_market(100, 37, 12);
  Market changed = market;
  Rng rng(Seed{5});
  constexpr int kDay = 63;
  for (auto& [name, grid] : changed.fields)
    for (std::size_t t = kDay + 1; t < grid.rows(); ++t)
      for (float& value : grid.row(t))
        value = rng.chance(0.2) ? kMissing : static_cast<float>(100 * rng.normal());
  for (const Case& c : all_cases()) {
    BOOST_TEST_CONTEXT(to_string(c.program())) {
      const FactorValues a = evaluate(c.program(), market, all_days(market));
      const FactorValues b = evaluate(c.program(), changed, all_days(market));
      for (int t = 0; t <= kDay; ++t) BOOST_REQUIRE(same_bits(a.day(t), b.day(t)));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_part_of_the_days_has_the_same_bits_as_the_whole) {
  const Market market = test::random_market(150, 37, 13);
  for (const Case& c : all_cases()) {
    BOOST_TEST_CONTEXT(to_string(c.program())) {
      const FactorValues whole = evaluate(c.program(), market, all_days(market));
      for (const DayRange days : {DayRange{0, 7}, DayRange{61, 62}, DayRange{77, 150}}) {
        const FactorValues part = evaluate(c.program(), market, days);
        BOOST_REQUIRE(part.days == days);
        for (int t = days.first; t < days.last; ++t)
          BOOST_REQUIRE(same_bits(part.day(t), whole.day(t)));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_window_function_is_missing_exactly_where_its_window_has_a_gap) {
  Market market = test::random_market(80, 20, 14);
  for (auto& [name, grid] : market.fields)
    for (std::size_t t = 0; t < grid.rows(); ++t)
      for (std::size_t s = 0; s < grid.columns(); ++s)
        grid(t, s) = 1 + static_cast<float>((t * 7919 + s * 104729 + name.size() * 31) % 101) / 100;
  constexpr std::size_t kGap = 30;
  market.fields.at("close")(kGap, 4) = kMissing;
  for (const Case& c : all_cases()) {
    const FunctionInfo& row = info(c.fn);
    if (row.min_window == 0 || row.reads_beyond_window) continue;
    BOOST_TEST_CONTEXT(to_string(c.program())) {
      const FactorValues got = evaluate(c.program(), market, all_days(market));
      const auto d = static_cast<std::size_t>(c.window);
      for (std::size_t t = 0; t < 80; ++t) {
        const bool gap = t + 1 < d || (t >= kGap && t < kGap + d);
        BOOST_CHECK_EQUAL(std::isnan(got.values(t, 4)), gap);
        BOOST_CHECK_EQUAL(std::isnan(got.values(t, 5)), t + 1 < d);
      }
    }
  }
}

// Prices near 1e4 and volumes near 1e8 over 2,000 days: the sums of a window do not remember what
// came before it.
BOOST_AUTO_TEST_CASE(running_sums_do_not_drift) {
  const Market market = test::random_market(2000, 16, 15);
  double worst = 0;
  for (const Case& c :
       {Case{Fn::kTsStd, 20}, Case{Fn::kTsStd, 250}, Case{Fn::kTsVar, 60}, Case{Fn::kTsCorr, 10},
        Case{Fn::kTsCorr, 60}, Case{Fn::kTsBeta, 60}, Case{Fn::kTsMean, 250}, Case{Fn::kEma, 26},
        Case{Fn::kDecayLinear, 60}, Case{Fn::kTsSkew, 60}, Case{Fn::kTsKurt, 60}}) {
    const FactorValues got = evaluate(c.program(), market, all_days(market));
    const test::Values want = reference(c, market);
    for (const std::size_t s : {1U, 2U, 8U, 9U}) {
      double size = 0;
      double largest_error = 0;
      for (std::size_t t = 0; t < want.size(); ++t) {
        if (want[t][s] != want[t][s]) continue;
        size = std::max(size, std::abs(want[t][s]));
        largest_error =
            std::max(largest_error, std::abs(static_cast<double>(got.values(t, s)) - want[t][s]));
      }
      worst = std::max(worst, largest_error / size);
    }
  }
  BOOST_TEST_MESSAGE("largest error relative to the column's largest value: " << worst);
  BOOST_CHECK_LT(worst, 1e-7);
}

BOOST_AUTO_TEST_CASE(values_do_not_depend_on_where_a_sum_of_large_values_began) {
  Market market = test::random_market(60, 16, 16);
  Grid<float>& close = market.fields.at("close");
  for (std::size_t t = 0; t < 60; ++t) close(t, 0) = t < 20 ? 3e30F : 1 + static_cast<float>(t % 3);
  const FactorValues std5 = evaluate(Case{Fn::kTsStd, 5}.program(), market, all_days(market));
  for (std::size_t t = 24; t < 60; ++t) {
    BOOST_CHECK_GT(std5.values(t, 0), 0.8F);
    BOOST_CHECK_LT(std5.values(t, 0), 1.1F);
  }
}

BOOST_AUTO_TEST_CASE(a_constant_window_is_exactly_constant) {
  Market market = test::random_market(40, 16, 17);
  for (auto& [name, grid] : market.fields)
    for (std::size_t t = 0; t < 40; ++t)
      for (std::size_t s = 0; s < 16; ++s)
        grid(t, s) = name == "open" ? static_cast<float>((t * 37 + s) % 11) : 0.1F * 3e7F;
  const auto value = [&](Fn fn, int d, float parameter = 0) {
    return evaluate(Case{fn, d, parameter}.program(), market, all_days(market)).values(39, 3);
  };
  for (const int d : {5, 10, 13}) {
    const float constant = 0.1F * 3e7F;
    for (const Fn fn : {Fn::kTsMean, Fn::kEma, Fn::kWilder, Fn::kDecayLinear, Fn::kTsMax,
                        Fn::kTsMedian, Fn::kTsMin, Fn::kEwm})
      BOOST_CHECK_EQUAL(value(fn, d), constant);
    for (const Fn fn : {Fn::kTsVar, Fn::kTsStd, Fn::kTsCov, Fn::kTsSlope, Fn::kTsResid, Fn::kTsMad,
                        Fn::kTsArgmax, Fn::kTsBeta})
      BOOST_CHECK_EQUAL(value(fn, d), 0);
    for (const Fn fn :
         {Fn::kTsSkew, Fn::kTsKurt, Fn::kTsCorr, Fn::kTsRsquare, Fn::kTsZscore, Fn::kTsMeanstd})
      BOOST_CHECK(std::isnan(value(fn, d)));
    BOOST_CHECK_EQUAL(value(Fn::kTsRank, d),
                      (static_cast<float>(d) + 1) / 2 / static_cast<float>(d));
  }
}

BOOST_AUTO_TEST_CASE(extremes_of_the_number_range_become_missing_or_saturate) {
  Market market = test::random_market(3, 16, 18);
  Grid<float>& close = market.fields.at("close");
  const auto value = [&](Fn fn, float x, float parameter = 0) {
    close(2, 0) = x;
    return evaluate(Case{fn, 0, parameter}.program(), market, {2, 3}).values(0, 0);
  };
  BOOST_CHECK(std::isnan(value(Fn::kExp, 89)));
  BOOST_CHECK(std::isnan(value(Fn::kExp, 3e38F)));
  BOOST_CHECK_CLOSE(value(Fn::kExp, 88.5F), std::exp(88.5F), 1e-3F);
  BOOST_CHECK_EQUAL(value(Fn::kExp, -3e38F), 0);
  BOOST_CHECK_EQUAL(value(Fn::kExp, 0), 1);
  BOOST_CHECK_EQUAL(value(Fn::kTanh, 3e38F), 1);
  BOOST_CHECK_EQUAL(value(Fn::kTanh, -3e38F), -1);
  BOOST_CHECK_EQUAL(value(Fn::kSigmoid, 3e38F), 1);
  BOOST_CHECK_SMALL(value(Fn::kSigmoid, -3e38F), 1e-37F);
  BOOST_CHECK_EQUAL(value(Fn::kSigmoid, 0), 0.5F);
  BOOST_CHECK_EQUAL(value(Fn::kLog, 1), 0);
  BOOST_CHECK(std::isnan(value(Fn::kLog, 0)));
  BOOST_CHECK(std::isnan(value(Fn::kLog, -1)));
  BOOST_CHECK(std::isnan(value(Fn::kInv, 0)));
  BOOST_CHECK(std::isnan(value(Fn::kSqrt, -1)));
  BOOST_CHECK(std::isnan(value(Fn::kSpow, 1e30F, 2)));
  BOOST_CHECK(std::isnan(value(Fn::kSpow, 1e30F, 1.5F)));
  BOOST_CHECK(std::isnan(value(Fn::kSpow, 0, -2)));
  BOOST_CHECK_EQUAL(value(Fn::kSpow, 0, 1.5F), 0);
  BOOST_CHECK_CLOSE(value(Fn::kSpow, -8, 1.0F / 3), -2, 1e-4);
}

/// Restricts the kernels to the instruction sets given while it lives.
class OnlyTargets {
 public:
  explicit OnlyTargets(std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  OnlyTargets(const OnlyTargets&) = delete;
  OnlyTargets& operator=(const OnlyTargets&) = delete;
  ~OnlyTargets() {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

// The transcendental functions use fused multiply-add where there is one.
BOOST_AUTO_TEST_CASE(instruction_sets_agree_to_the_bit_but_for_transcendental_functions) {
  const Market market = test::random_market(90, 61, 19);
  const std::int64_t supported = hwy::SupportedTargets();
  for (const Case& c : all_cases()) {
    BOOST_TEST_CONTEXT(to_string(c.program())) {
      const FactorValues best = evaluate(c.program(), market, all_days(market));
      for (const std::int64_t target : {std::int64_t{HWY_AVX2}, std::int64_t{HWY_EMU128}}) {
        if (target == HWY_AVX2 && (supported & target) == 0) continue;
        const OnlyTargets restricted(target);
        const FactorValues other = evaluate(c.program(), market, all_days(market));
        const bool transcendental = c.fn == Fn::kLog || c.fn == Fn::kExp || c.fn == Fn::kTanh ||
                                    c.fn == Fn::kSigmoid || c.fn == Fn::kSpow;
        for (int t = 0; t < market.n_days(); ++t) {
          if (!transcendental) {
            BOOST_REQUIRE(same_bits(best.day(t), other.day(t)));
            continue;
          }
          for (std::size_t s = 0; s < market.stocks.size(); ++s) {
            const float a = best.day(t)[s];
            const float b = other.day(t)[s];
            BOOST_REQUIRE(std::abs(a - b) <= 1e-6F * std::abs(a) || (a != a && b != b));
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(cross_sections_of_many_stocks_agree_with_their_definition) {
  const Market market = test::random_market(3, 900, 21);
  for (const Case& c : all_cases()) {
    if (info(c.fn).group != FnGroup::kCrossSection) continue;
    BOOST_TEST_CONTEXT(to_string(c.program())) {
      const FactorValues got = evaluate(c.program(), market, all_days(market));
      const test::Values want = reference(c, market);
      for (std::size_t t = 0; t < 3; ++t)
        for (std::size_t s = 0; s < 900; ++s) {
          const double w = want[t][s];
          const auto g = static_cast<double>(got.values(t, s));
          const double size = c.fn == Fn::kCsRank || c.fn == Fn::kCsZscore ? 1 : 1e9;
          BOOST_REQUIRE(w != w ? g != g : std::abs(g - w) <= 2e-6 * std::abs(w) + 1e-7 * size);
        }
    }
  }
}

BOOST_AUTO_TEST_CASE(rows_are_ranked_as_by_the_standard_library) {
  Rng rng(Seed{9});
  for (const std::size_t n : {0U, 1U, 2U, 17U, 100U, 803U, 3000U})
    for (int kind = 0; kind < 10; ++kind) {
      const std::size_t width =
          (n + kernels::kColumnGroup - 1) / kernels::kColumnGroup * kernels::kColumnGroup;
      std::vector<float> row(width, 1), only(width, 0);
      std::vector<std::pair<float, std::uint32_t>> expected;
      for (std::size_t i = 0; i < n; ++i) {
        const auto normal = static_cast<float>(rng.normal());
        const float values[] = {normal,
                                std::exp(3 * normal),
                                -std::exp(3 * normal),
                                std::round(2 * normal),
                                1 + 1e-6F * normal,
                                i % 40 == 0 ? 1e30F * normal : normal,
                                normal / static_cast<float>(rng.normal()),
                                static_cast<float>(n - i),
                                5,
                                i % 2 == 0 ? -0.0F : 0.0F};
        row[i] = rng.chance(0.1) ? kMissing : values[kind];
        if (kind % 2 == 0 && rng.chance(0.1)) only[i] = kMissing;
        if (row[i] == row[i] && only[i] == only[i])
          expected.emplace_back(row[i], static_cast<std::uint32_t>(i));
      }
      std::fill(only.begin() + static_cast<std::ptrdiff_t>(n), only.end(), kMissing);
      std::ranges::sort(expected);
      std::vector<std::uint64_t> words(width + kernels::kColumnGroup);
      const std::size_t found = kernels::ascending(row.data(), only.data(), width, words.data());
      BOOST_TEST_CONTEXT(n << " values of kind " << kind) {
        BOOST_TEST_REQUIRE(found == expected.size());
        bool ties = false;
        for (std::size_t i = 0; i < found; ++i) {
          BOOST_TEST_REQUIRE(kernels::column_of(words[i]) == expected[i].second);
          if (i > 0) ties |= expected[i].first == expected[i - 1].first;
        }
        BOOST_TEST(kernels::has_ties(words.data(), found) == ties);
      }
    }
}

BOOST_AUTO_TEST_CASE(functions_of_constants_are_constants) {
  const Market market = test::random_market(30, 16, 20);
  const Program program{{number(2.5F), call(Fn::kTsMean, 4), number(2), call(Fn::kMul)}};
  const FactorValues got = evaluate(program, market, all_days(market));
  BOOST_CHECK(std::isnan(got.values(2, 0)));
  BOOST_CHECK_EQUAL(got.values(3, 0), 5);
  BOOST_CHECK_EQUAL(got.values(29, 15), 5);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::formula
