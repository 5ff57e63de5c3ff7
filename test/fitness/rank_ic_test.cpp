#include "fitness/rank_ic.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>

#include "test/support/factors.hpp"

namespace evofactor::fitness {
namespace {

constexpr ScoreSettings kAnyDay{.min_stocks = 2, .min_coverage = 0};

/// Pearson correlation, written out.
double pearson(const std::vector<double>& x, const std::vector<double>& y) {
  const auto n = static_cast<double>(x.size());
  const double mx = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double my = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mx) * (y[i] - my);
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
  }
  return xy / std::sqrt(xx * yy);
}

/// Average rank of each value, by counting.
std::vector<double> counted_ranks(const std::vector<double>& x) {
  std::vector<double> ranks;
  for (const double a : x) {
    double rank = 0.5;
    for (const double b : x) rank += b < a ? 1 : b == a ? 0.5 : 0;
    ranks.push_back(rank);
  }
  return ranks;
}

struct Pairs {
  std::vector<double> x, y;
};
Pairs pairs_of(std::span<const float> factor, const Labels& labels, std::size_t day) {
  Pairs pairs;
  for (std::size_t i = 0; i < factor.size(); ++i)
    if (labels.mask(day, i) != 0 && std::isfinite(factor[i])) {
      pairs.x.push_back(static_cast<double>(factor[i]));
      pairs.y.push_back(static_cast<double>(labels.forward_return(day, i)));
    }
  return pairs;
}

BOOST_AUTO_TEST_SUITE(rank_ic)

BOOST_AUTO_TEST_CASE(hand_case_with_ties) {
  // Ranks 1.5 1.5 3 4 against 1 3 2 4: products of deviations 1.5 - .5 + -.25 + 2.25 = 3,
  // squares 4.5 and 5.
  const Labels labels = test::labels_of({{0.01F, 0.03F, 0.02F, 0.09F}});
  const RankIcScorer scorer(labels, 1, kAnyDay);
  const auto days = scorer.daily(test::factor_of({{2, 2, 5, 7}}), {0, 1});
  BOOST_TEST_REQUIRE(days.size() == 1U);
  BOOST_TEST(days[0].used);
  BOOST_TEST(days[0].rank_ic == 3 / std::sqrt(22.5), boost::test_tools::tolerance(1e-15));
  BOOST_TEST(days[0].ic == pearson({2, 2, 5, 7}, {.01, .03, .02, .09}),
             boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(a_missing_value_leaves_its_stock_out_of_both_rankings) {
  const Labels labels = test::labels_of({{0.01F, 0.05F, 0.05F, 0.02F, 0.05F}});
  const RankIcScorer scorer(labels, 1, kAnyDay);
  const auto with = scorer.daily(test::factor_of({{4, kMissing, 2, 1, 3}}), {0, 1});
  const Labels fewer = test::labels_of({{0.01F, 0.05F, 0.02F, 0.05F}});
  const auto without =
      RankIcScorer(fewer, 1, kAnyDay).daily(test::factor_of({{4, 2, 1, 3}}), {0, 1});
  BOOST_TEST(with[0].rank_ic == without[0].rank_ic);
  BOOST_TEST(with[0].ic == without[0].ic);
  BOOST_TEST(with[0].stocks == 4);
  BOOST_TEST(with[0].mask_stocks == 5);
}

BOOST_AUTO_TEST_CASE(agrees_with_a_slow_reference_for_any_ties_and_gaps) {
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Rng rng(Seed{seed});
      Labels labels = test::random_labels(6, 40 + rng.below(200), seed);
      FactorValues factor{{0, 6}, test::random_grid(6, labels.mask.columns(), seed + 99)};
      for (std::size_t d = 0; d < 6; ++d)
        for (std::size_t i = 0; i < labels.mask.columns(); ++i) {
          if (seed % 2 == 0) factor.values(d, i) = std::round(factor.values(d, i) * 3);
          if (seed % 3 == 0)
            labels.forward_return(d, i) = std::round(labels.forward_return(d, i) * 4);
          if (rng.chance(seed % 5 == 0 ? 0 : 0.1)) factor.values(d, i) = kMissing;
        }
      const auto days = RankIcScorer(labels, 5, kAnyDay).daily(factor, {0, 6});
      for (std::size_t d = 0; d < 6; ++d) {
        const Pairs p = pairs_of(factor.values.row(d), labels, d);
        BOOST_TEST(days[d].stocks == static_cast<int>(p.x.size()));
        BOOST_TEST(days[d].rank_ic == pearson(counted_ranks(p.x), counted_ranks(p.y)),
                   boost::test_tools::tolerance(1e-11));
        BOOST_TEST(days[d].ic == pearson(p.x, p.y), boost::test_tools::tolerance(1e-10));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(does_not_change_under_increasing_maps_of_the_factor) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      const Labels labels = test::random_labels(4, 150, seed);
      FactorValues factor{{0, 4}, test::random_grid(4, 150, seed + 7)};
      for (std::size_t d = 0; d < 4; ++d)
        for (float& v : factor.values.row(d)) v = std::round(v * 64) / 64;
      FactorValues mapped = factor;
      for (std::size_t d = 0; d < 4; ++d)
        for (float& v : mapped.values.row(d)) v = 100 * v + v * v * v - 5;
      const RankIcScorer scorer(labels, 5);
      const auto a = scorer.daily(factor, {0, 4});
      const auto b = scorer.daily(mapped, {0, 4});
      for (std::size_t d = 0; d < 4; ++d) BOOST_TEST(a[d].rank_ic == b[d].rank_ic);
      for (std::size_t d = 0; d < 4; ++d)
        for (float& v : mapped.values.row(d)) v = -v;
      const auto c = scorer.daily(mapped, {0, 4});
      for (std::size_t d = 0; d < 4; ++d) BOOST_TEST(a[d].rank_ic == -c[d].rank_ic);
    }
  }
}

BOOST_AUTO_TEST_CASE(swapping_two_stocks_does_not_change_rank_ic) {
  Labels labels = test::random_labels(1, 120, 5);
  FactorValues factor{{0, 1}, test::random_grid(1, 120, 6)};
  const double before = RankIcScorer(labels, 1).daily(factor, {0, 1})[0].rank_ic;
  std::swap(labels.mask(0, 3), labels.mask(0, 77));
  std::swap(labels.forward_return(0, 3), labels.forward_return(0, 77));
  std::swap(factor.values(0, 3), factor.values(0, 77));
  BOOST_TEST(RankIcScorer(labels, 1).daily(factor, {0, 1})[0].rank_ic == before);
}

BOOST_AUTO_TEST_CASE(days_with_few_stocks_or_a_constant_factor_are_skipped_and_counted) {
  Labels labels = test::random_labels(4, 60, 8, 1.0);
  FactorValues factor{{0, 4}, test::random_grid(4, 60, 9)};
  for (std::size_t i = 0; i < 31; ++i) factor.values(0, i) = kMissing;
  for (float& v : factor.values.row(1)) v = 2.5F;
  std::ranges::fill(labels.mask.row(2), std::uint8_t{0});
  const RankIcScorer scorer(labels, 5);
  const auto days = scorer.daily(factor, {0, 4});
  BOOST_TEST(!days[0].used);
  BOOST_TEST(!days[1].used);
  BOOST_TEST(!days[2].used);
  BOOST_TEST(days[3].used);
  BOOST_TEST(std::isnan(days[1].rank_ic));
  BOOST_TEST(days[0].stocks == 29);
  const ScoreSummary summary = scorer.summarise(days);
  BOOST_TEST(summary.days == 1);
  BOOST_TEST(summary.skipped_days == 3);
  BOOST_TEST(summary.coverage == (29 + 60 + 60) / 180.0);
  BOOST_TEST(summary.mean_stocks == 60);
  BOOST_TEST(summary.rank_ic.mean == days[3].rank_ic);
  BOOST_TEST(std::isnan(summary.rank_ic.std));
}

BOOST_AUTO_TEST_CASE(the_screen_comes_close_to_exact_scores) {
  const std::size_t days = 60, stocks = 500;
  const Labels labels = test::random_labels(days, stocks, 5);
  const RankIcScorer scorer(labels, 5);
  const Grid<float> noise = test::random_grid(days, stocks, 6);
  struct Kind {
    const char* name;
    float (*shape)(float);
    double close;  ///< of a mean rank IC of about .3
  };
  const Kind kinds[] = {
      {"normal", [](float x) { return x; }, 0.005},
      {"heavy tails", [](float x) { return x * x * x; }, 0.02},
      {"skewed", [](float x) { return std::exp(x); }, 0.02},
      {"outliers", [](float x) { return std::abs(x) > 2.5F ? 1e6F * x : x; }, 0.005},
      {"close together", [](float x) { return 1000 + 0.001F * x; }, 0.02},
      {"two values", [](float x) { return x > 0 ? 1.0F : 0.0F; }, 2e-4},
  };
  Rng rng(Seed{7});
  for (const Kind& kind : kinds) {
    FactorValues factor{{0, static_cast<int>(days)}, Grid<float>(days, stocks)};
    for (std::size_t d = 0; d < days; ++d)
      for (std::size_t i = 0; i < stocks; ++i)
        factor.values(d, i) = rng.chance(0.03)
                                  ? kMissing
                                  : kind.shape(noise(d, i) + 0.3F * labels.forward_return(d, i));
    const auto exact = scorer.daily(factor, factor.days);
    const auto screened = scorer.screen(factor, factor.days);
    BOOST_TEST_REQUIRE(exact.size() == screened.size());
    double difference = 0;
    for (std::size_t d = 0; d < days; ++d) {
      BOOST_TEST(exact[d].stocks == screened[d].stocks);
      BOOST_TEST(exact[d].mask_stocks == screened[d].mask_stocks);
      difference += (exact[d].rank_ic - screened[d].rank_ic) / static_cast<double>(days);
    }
    BOOST_TEST_CONTEXT(kind.name) { BOOST_TEST(std::abs(difference) < kind.close); }
  }
}

BOOST_AUTO_TEST_CASE(a_step_is_centred_of_unit_length_and_close_to_the_ranks) {
  const std::size_t n = 300;
  Rng rng(Seed{21});
  // Days: heavy tails, one outlier that dwarfs the rest, constant, a few missing.
  std::vector<std::vector<float>> factor(4, std::vector<float>(n)),
      returns(4, std::vector<float>(n));
  for (std::size_t i = 0; i < n; ++i) {
    const double x = rng.normal();
    factor[0][i] = static_cast<float>(std::exp(2 * x));
    factor[1][i] = i == 0 ? 1e6F : static_cast<float>(x);
    factor[2][i] = 0.1F;
    factor[3][i] = i % 9 == 0 ? kMissing : static_cast<float>(x);
    for (auto& day : returns) day[i] = static_cast<float>(rng.normal());
  }
  const Labels labels = test::labels_of(returns);
  const RankIcScorer scorer(labels, 1, kAnyDay);
  const FactorValues values = test::factor_of(factor);
  std::vector<float> step((n + 15) / 16 * 16);
  for (int day = 0; day < 4; ++day) {
    scorer.step(values, day, step);
    double sum = 0, squares = 0;
    for (const float x : step) sum += x, squares += x * x;
    BOOST_TEST(std::abs(sum) < 1e-3);
    const bool constant = day == 2;
    BOOST_TEST(squares == (constant ? 0 : 1), boost::test_tools::tolerance(1e-3));
    for (std::size_t i = 0; i < step.size(); ++i)
      if (i >= n || std::isnan(factor[static_cast<std::size_t>(day)][i])) BOOST_TEST(step[i] == 0);
  }
}

BOOST_AUTO_TEST_CASE(days_the_screen_cannot_tell_are_scored_exactly) {
  const Labels labels = test::random_labels(3, 60, 5, 1.0);
  const RankIcScorer scorer(labels, 5);
  FactorValues factor{{0, 3}, test::random_grid(3, 60, 6)};
  std::ranges::fill(factor.values.row(0), 4.0F);  // constant
  for (float& x : factor.values.row(1)) x *= 1e30F;
  const auto exact = scorer.daily(factor, factor.days);
  const auto screened = scorer.screen(factor, factor.days);
  BOOST_TEST(!screened[0].used);
  BOOST_TEST(screened[1].rank_ic == exact[1].rank_ic);
}

BOOST_AUTO_TEST_CASE(leaving_out_stocks_or_days_is_degenerate) {
  const auto days_of = [](int used, int skipped, int stocks, int mask) {
    std::vector<DayScore> days;
    for (int i = 0; i < used + skipped; ++i)
      days.push_back({.day = i, .stocks = stocks, .mask_stocks = mask, .used = i < used});
    return days;
  };
  const ScoreSettings settings{.min_stocks = 30, .min_coverage = 0.8};
  BOOST_TEST(!degeneracy(days_of(10, 0, 100, 100), settings));
  BOOST_TEST(!degeneracy(days_of(8, 2, 80, 100), settings));
  BOOST_TEST(*degeneracy(days_of(10, 0, 79, 100), settings) ==
             "values for 79.0 % of the scored stock-days, 80.0 % needed");
  // Constant on most days: a high rank IC on the others is luck.
  BOOST_TEST(*degeneracy(days_of(1, 9, 100, 100), settings) ==
             "constant, or too few stocks, on 9 of 10 days; at most 20.0 % allowed");
  BOOST_TEST(degeneracy(days_of(0, 9, 100, 100), settings).has_value());
  BOOST_TEST(degeneracy({}, settings).has_value());
  // Days with too few stocks for anyone are no fault of the factor.
  std::vector<DayScore> thin = days_of(5, 0, 100, 100);
  for (int i = 0; i < 20; ++i) thin.push_back({.day = i, .stocks = 5, .mask_stocks = 5});
  BOOST_TEST(!degeneracy(thin, settings));
}

BOOST_AUTO_TEST_CASE(rank_ics_are_those_of_daily) {
  const Labels labels = test::random_labels(20, 80, 5);
  const RankIcScorer scorer(labels, 5);
  const FactorValues factor{{0, 20}, test::random_grid(20, 80, 6)};
  const auto daily = scorer.daily(factor, factor.days);
  const auto rank_ics = scorer.rank_ics(factor, factor.days);
  for (std::size_t d = 0; d < daily.size(); ++d) {
    BOOST_TEST(daily[d].rank_ic == rank_ics[d].rank_ic);
    BOOST_TEST(std::isnan(rank_ics[d].ic));
  }
}

BOOST_AUTO_TEST_CASE(nothing_to_score_gives_no_numbers) {
  const Labels labels = test::random_labels(3, 40, 8, 0.0);
  const RankIcScorer scorer(labels, 5);
  const ScoreSummary summary =
      scorer.score(FactorValues{{0, 3}, test::random_grid(3, 40, 1)}, {0, 3});
  BOOST_TEST(summary.days == 0);
  BOOST_TEST(summary.skipped_days == 3);
  BOOST_TEST(std::isnan(summary.coverage));
  BOOST_TEST(std::isnan(summary.rank_ic.mean));
  BOOST_TEST(std::isnan(summary.turnover));
}

BOOST_AUTO_TEST_CASE(scores_the_days_asked_for_that_the_factor_covers) {
  const Labels labels = test::random_labels(10, 50, 2, 1.0);
  const FactorValues factor{{2, 7}, test::random_grid(5, 50, 3)};
  const RankIcScorer scorer(labels, 5);
  const auto days = scorer.daily(factor, {0, 6});
  BOOST_TEST_REQUIRE(days.size() == 4U);
  BOOST_TEST(days.front().day == 2);
  BOOST_TEST(days.back().day == 5);
  FactorValues part{{5, 6}, Grid<float>(1, 50)};
  std::ranges::copy(factor.day(5), part.values.row(0).begin());
  BOOST_TEST(scorer.daily(part, {0, 10})[0].rank_ic == days.back().rank_ic);
}

BOOST_AUTO_TEST_CASE(turnover_is_one_minus_the_rank_correlation_of_consecutive_days) {
  const Labels labels = test::random_labels(4, 80, 21, 0.9);
  FactorValues factor{{0, 4}, test::random_grid(4, 80, 22)};
  Rng rng(Seed{23});
  for (std::size_t d = 0; d < 4; ++d)
    for (float& v : factor.values.row(d)) v = rng.chance(0.1) ? kMissing : std::round(v * 8);
  double sum = 0;
  for (std::size_t d = 1; d < 4; ++d) {
    std::vector<double> x, y;
    for (std::size_t i = 0; i < 80; ++i) {
      const float a = factor.values(d - 1, i), b = factor.values(d, i);
      if (labels.mask(d - 1, i) == 0 || labels.mask(d, i) == 0) continue;
      if (!std::isfinite(a) || !std::isfinite(b)) continue;
      x.push_back(static_cast<double>(a));
      y.push_back(static_cast<double>(b));
    }
    sum += pearson(counted_ranks(x), counted_ranks(y));
  }
  const RankIcScorer scorer(labels, 5);
  BOOST_TEST(scorer.score(factor, {0, 4}).turnover == 1 - sum / 3,
             boost::test_tools::tolerance(1e-12));
  BOOST_TEST(std::isnan(scorer.summarise(scorer.daily(factor, {0, 4})).turnover));
}

BOOST_AUTO_TEST_CASE(a_factor_that_never_moves_has_no_turnover) {
  const Labels labels = test::random_labels(5, 60, 31);
  FactorValues factor{{0, 5}, test::random_grid(5, 60, 32)};
  for (std::size_t d = 1; d < 5; ++d)
    std::ranges::copy(factor.values.row(0), factor.values.row(d).begin());
  BOOST_TEST(RankIcScorer(labels, 5).score(factor, {0, 5}).turnover == 0);
}

BOOST_AUTO_TEST_CASE(summary_of_a_hand_worked_series) {
  // Mean 2, deviations -1 1 -2 2: autocovariances 10/4, (-1 - 2 - 4)/4, (2 + 2)/4.
  const std::vector<double> series = {1, 3, 0, 4};
  const IcSummary plain = summarise_series(series, 0);
  BOOST_TEST(plain.mean == 2);
  BOOST_TEST(plain.std == std::sqrt(10 / 3.0), boost::test_tools::tolerance(1e-15));
  BOOST_TEST(plain.icir == 2 / std::sqrt(10 / 3.0), boost::test_tools::tolerance(1e-15));
  BOOST_TEST(plain.positive == 0.75);
  BOOST_TEST(plain.t == 2 / std::sqrt(2.5 / 4), boost::test_tools::tolerance(1e-15));
  const double long_run = 2.5 + 2 * (2 / 3.0) * (-7 / 4.0) + 2 * (1 / 3.0) * 1;
  BOOST_TEST(summarise_series(series, 2).t == 2 / std::sqrt(long_run / 4),
             boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::fitness
