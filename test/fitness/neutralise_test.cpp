#include "fitness/neutralise.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>

#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "fitness/rank_ic.hpp"
#include "fitness/ranks.hpp"
#include "test/support/factors.hpp"
#include "test/support/small_market.hpp"

namespace evofactor::fitness {
namespace {

constexpr DayRange kDays{200, 240};

const test::SmallMarket& shared_market() {
  static const test::SmallMarket market = test::small_market();
  return market;
}

FactorValues values_of(const std::string& formula) {
  return formula::evaluate(formula::parse_or_throw(formula), shared_market().market, kDays);
}

FactorValues random_factor(double missing) {
  const auto n = static_cast<std::size_t>(shared_market().market.n_stocks());
  FactorValues factor{kDays, test::random_grid(static_cast<std::size_t>(kDays.size()), n, 8)};
  Rng rng(Seed{9});
  for (std::size_t row = 0; row < factor.values.rows(); ++row)
    for (float& v : factor.values.row(row))
      if (rng.chance(missing)) v = kMissing;
  return factor;
}

/// Largest absolute correlation over days of `residual` with the style's centred ranks over the
/// mask.
double largest_correlation(const FactorValues& residual, const std::string& style) {
  const Grid<float> x = centred_ranks(values_of(style), shared_market().labels.mask, kDays, 1);
  double largest = 0;
  for (std::size_t row = 0; row < x.rows(); ++row) {
    double n = 0, sx = 0, sr = 0, xx = 0, rr = 0, xr = 0;
    for (std::size_t i = 0; i < x.columns(); ++i) {
      const auto r = static_cast<double>(residual.values(row, i));
      if (std::isnan(r)) continue;
      const auto s = static_cast<double>(x(row, i));
      n += 1;
      sx += s;
      sr += r;
      xx += s * s;
      rr += r * r;
      xr += s * r;
    }
    const double cov = xr - sx * sr / n;
    largest = std::max(largest, std::abs(cov / std::sqrt((xx - sx * sx / n) * (rr - sr * sr / n))));
  }
  return largest;
}

BOOST_AUTO_TEST_SUITE(neutralise)

BOOST_AUTO_TEST_CASE(the_residual_correlates_with_no_style) {
  const auto& small = shared_market();
  const StyleNeutraliser neutraliser(small.market, small.labels, kDays);
  for (const double missing : {0.0, 0.2}) {
    FactorValues factor = random_factor(missing);
    const FactorValues volatility = values_of("ts_std(ts_return(close, 1), 60)");
    for (std::size_t row = 0; row < factor.values.rows(); ++row)
      for (std::size_t i = 0; i < factor.values.columns(); ++i)
        factor.values(row, i) += 100 * volatility.values(row, i);
    const FactorValues residual = neutraliser(factor);
    BOOST_TEST_REQUIRE(small.market.fields.contains("float_cap"));
    for (const char* style :
         {"float_cap", "ts_mean(mul(volume, close), 20)", "ts_std(ts_return(close, 1), 60)",
          "ts_return(close, 5)", "ts_return(close, 20)", "ts_return(close, 120)"})
      BOOST_TEST(largest_correlation(residual, style) < 1e-5, style << ", missing " << missing);
  }
}

BOOST_AUTO_TEST_CASE(the_residual_sums_to_zero_in_every_industry_of_three_or_more) {
  const auto& small = shared_market();
  const StyleNeutraliser neutraliser(small.market, small.labels, kDays);
  BOOST_TEST_REQUIRE(neutraliser.styles().back() == "industry");
  const FactorValues residual = neutraliser(random_factor(0.1));
  for (std::size_t row = 0; row < residual.values.rows(); ++row) {
    std::map<int, std::pair<double, int>> groups;
    for (std::size_t i = 0; i < residual.values.columns(); ++i) {
      const float r = residual.values(row, i);
      if (std::isnan(r)) continue;
      auto& [sum, count] = groups[small.market.industry[i]];
      sum += static_cast<double>(r);
      ++count;
    }
    for (const auto& [industry, group] : groups)
      if (group.second >= 3 && industry >= 0) BOOST_TEST(std::abs(group.first) < 1e-5);
  }
}

BOOST_AUTO_TEST_CASE(missing_stays_missing_and_only_scored_stocks_have_values) {
  const auto& small = shared_market();
  const FactorValues factor = random_factor(0.1);
  const FactorValues residual = StyleNeutraliser(small.market, small.labels, kDays)(factor);
  for (int day = kDays.first; day < kDays.last; ++day)
    for (std::size_t i = 0; i < factor.values.columns(); ++i) {
      const bool scored = small.labels.mask(static_cast<std::size_t>(day), i) != 0 &&
                          !std::isnan(factor.day(day)[i]);
      BOOST_TEST_REQUIRE(std::isnan(residual.day(day)[i]) == !scored);
    }
}

BOOST_AUTO_TEST_CASE(nothing_is_left_of_a_style_itself) {
  const auto& small = shared_market();
  const StyleNeutraliser neutraliser(small.market, small.labels, kDays);
  for (const char* style : {"ts_return(close, 20)", "div(delay(close, 5), close)"}) {
    const FactorValues residual = neutraliser(values_of(style));
    for (int day = kDays.first; day < kDays.last; ++day)
      for (const float r : residual.day(day)) BOOST_TEST_REQUIRE((std::isnan(r) || r == 0));
  }
  const RankIcScorer scorer(small.labels, 5);
  const auto score = scorer.score(neutraliser(values_of("ts_return(close, 20)")), kDays);
  BOOST_TEST(score.days == 0);
}

BOOST_AUTO_TEST_CASE(neutralising_again_changes_the_order_little) {
  const auto& small = shared_market();
  const StyleNeutraliser neutraliser(small.market, small.labels, kDays);
  const FactorValues once = neutraliser(random_factor(0));
  const FactorValues twice = neutraliser(once);
  const auto a = centred_ranks(once, small.labels.mask, kDays, 1);
  const auto b = centred_ranks(twice, small.labels.mask, kDays, 1);
  BOOST_TEST(mean_rank_correlation(a, b) > 0.98);
}

BOOST_AUTO_TEST_CASE(values_do_not_depend_on_which_days_are_asked_for) {
  const auto& small = shared_market();
  const FactorValues factor = random_factor(0.1);
  const FactorValues all = StyleNeutraliser(small.market, small.labels, kDays)(factor);
  const FactorValues some = StyleNeutraliser(small.market, small.labels, {220, 300})(factor);
  BOOST_TEST((some.days == DayRange{220, 240}));
  for (int day = 220; day < 240; ++day)
    for (std::size_t i = 0; i < factor.values.columns(); ++i) {
      const float a = all.day(day)[i], b = some.day(day)[i];
      BOOST_TEST_REQUIRE(((std::isnan(a) && std::isnan(b)) || a == b));
    }
}

BOOST_AUTO_TEST_CASE(days_before_any_history_and_without_industries_work) {
  test::SmallMarket small = test::small_market(60, 140);
  std::ranges::fill(small.market.industry, std::int16_t{-1});
  const StyleNeutraliser neutraliser(small.market, small.labels, {0, 5});
  BOOST_TEST(neutraliser.styles().size() == 6U);
  const auto n = static_cast<std::size_t>(small.market.n_stocks());
  const FactorValues residual = neutraliser({{0, 5}, test::random_grid(5, n, 1)});
  BOOST_TEST(residual.values.rows() == 5U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::fitness
