#include "training/inputs.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>

#include "engine/core/error.hpp"
#include "engine/core/rng.hpp"
#include "test/support/small_market.hpp"

using namespace evofactor;
using namespace evofactor::training;

namespace {

/// Random walks of four stocks over 40 days; everything is in the cross-section.
Market hand_market() {
  Market market;
  std::vector<Date> days(40);
  std::iota(days.begin(), days.end(), 20200101);
  market.calendar = Calendar(days);
  market.stocks = {"A", "B", "C", "D"};
  market.cross_section = Grid<std::uint8_t>(40, 4, 1);
  Rng rng(Seed{8});
  for (const char* field : {"close", "open", "volume"}) market.fields[field] = Grid<float>(40, 4);
  for (std::size_t s = 0; s < 4; ++s) {
    double price = 10;
    for (std::size_t d = 0; d < 40; ++d) {
      price *= std::exp(0.02 * rng.normal());
      market.fields["close"](d, s) = static_cast<float>(price);
      market.fields["open"](d, s) = static_cast<float>(price * std::exp(0.01 * rng.normal()));
      market.fields["volume"](d, s) = static_cast<float>(1e6 * std::exp(rng.normal()));
    }
  }
  return market;
}

Normalisation none(int columns) {
  return {std::vector<float>(static_cast<std::size_t>(columns), 0.0F),
          std::vector<float>(static_cast<std::size_t>(columns), 1.0F)};
}

std::vector<float> values(const InputSet& inputs, int day) {
  DayScratch scratch;
  const DayInputs x = inputs.day(day, scratch);
  std::vector<float> all;
  for (std::int64_t c = 0; c < inputs.n_columns(); ++c)
    for (std::size_t r = 0; r < x.stocks.size(); ++r)
      all.push_back(x.x[c * x.stride + static_cast<std::int64_t>(r)]);
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(
    prices_are_logs_relative_to_the_last_close_and_volumes_relative_to_their_mean) {
  const Market market = hand_market();
  const genome::InputGene gene{{"open", "volume", "div(close, open)"}, 3};
  const InputSet inputs = make_inputs(market, gene, {5, 8}, none(9));
  DayScratch scratch;
  const DayInputs x = inputs.day(6, scratch);
  BOOST_TEST(x.stocks.size() == 4U);
  const auto field = [&](const char* name, std::size_t d, std::size_t s) {
    return static_cast<double>(market.fields.at(name)(d, s));
  };
  const auto at = [&](std::int64_t column, std::int64_t row) {
    return static_cast<double>(x.x[column * x.stride + row]);
  };
  for (std::int64_t r = 0; r < 4; ++r) {
    const auto s = static_cast<std::size_t>(r);
    const double mean = (field("volume", 4, s) + field("volume", 5, s) + field("volume", 6, s)) / 3;
    for (std::int64_t lag = 0; lag < 3; ++lag) {  // oldest first
      const auto d = static_cast<std::size_t>(4 + lag);
      BOOST_TEST(std::abs(at(3 * lag, r) - std::log(field("open", d, s) / field("close", 6, s))) <
                 1e-6);
      BOOST_TEST(std::abs(at(3 * lag + 1, r) - std::log1p(field("volume", d, s) / mean)) < 1e-6);
      BOOST_TEST(std::abs(at(3 * lag + 2, r) - field("close", d, s) / field("open", d, s)) < 1e-6);
    }
  }
}

BOOST_AUTO_TEST_CASE(ratios_are_relative_to_the_last_close_and_the_mean_and_are_not_standardised) {
  const Market market = hand_market();
  genome::InputGene gene{{"open", "volume"}, 3, genome::InputScale::kRatio};
  const InputSet inputs = make_inputs(market, gene, {5, 9}, {5, 8}, 0);
  DayScratch scratch;
  const DayInputs x = inputs.day(6, scratch);
  const auto field = [&](const char* name, std::size_t d) {
    return static_cast<double>(market.fields.at(name)(d, 1));
  };
  const double mean = (field("volume", 4) + field("volume", 5) + field("volume", 6)) / 3;
  for (std::int64_t lag = 0; lag < 3; ++lag) {
    const auto d = static_cast<std::size_t>(4 + lag);
    BOOST_TEST(std::abs(x.x[2 * lag * x.stride + 1] - field("open", d) / field("close", 6)) < 1e-6);
    BOOST_TEST(std::abs(x.x[(2 * lag + 1) * x.stride + 1] - field("volume", d) / mean) < 1e-6);
  }
}

BOOST_AUTO_TEST_CASE(a_constant_factor_on_a_stocks_adjustment_changes_no_input) {
  const Market market = hand_market();
  Market scaled = market;
  for (const char* price : {"open", "close"})
    for (std::size_t d = 0; d < 40; ++d) scaled.fields[price](d, 1) *= 7.3F;
  for (std::size_t d = 0; d < 40; ++d) scaled.fields["volume"](d, 1) /= 7.3F;
  const genome::InputGene gene{{"open", "close", "volume", "ts_return(close, 3)"}, 5};
  const std::vector<float> a = values(make_inputs(market, gene, {10, 20}, {10, 18}, 0), 15);
  const std::vector<float> b = values(make_inputs(scaled, gene, {10, 20}, {10, 18}, 0), 15);
  BOOST_REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) BOOST_TEST(std::abs(a[i] - b[i]) < 1e-4);
}

BOOST_AUTO_TEST_CASE(data_after_a_day_never_change_its_inputs) {
  const Market market = hand_market();
  Market changed = market;
  Rng rng(Seed{1});
  for (auto& [name, field] : changed.fields)
    for (std::size_t d = 21; d < 40; ++d)
      for (float& x : field.row(d))
        x = rng.chance(0.3) ? kMissing : static_cast<float>(rng.uniform(1, 5));
  genome::InputGene gene{{"open", "close", "volume", "ts_corr(close, volume, 5)"}, 5};
  for (const genome::Missing missing : {genome::Missing::kLeaveOut, genome::Missing::kMiddle}) {
    gene.missing = missing;
    const InputSet a = make_inputs(market, gene, {10, 30}, {10, 21}, 0);
    const InputSet b = make_inputs(changed, gene, {10, 30}, {10, 21}, 0);
    BOOST_TEST((a.normalisation() == b.normalisation()));
    for (int day = 10; day <= 20; ++day)
      BOOST_TEST(values(a, day) == values(b, day), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(a_stock_with_a_gap_in_its_window_is_left_out_and_a_suspended_one_is_not) {
  Market market = hand_market();
  market.fields["close"](12, 0) = kMissing;
  market.fields["volume"](13, 1) = 0;  // suspended, price carried
  for (std::size_t d = 10; d < 16; ++d) market.fields["volume"](d, 2) = 0;
  market.cross_section(14, 3) = 0;
  const genome::InputGene gene{{"close", "volume"}, 5};
  const InputSet inputs = make_inputs(market, gene, {11, 20}, none(10));
  const auto stocks = [&](int day) {
    const auto rows = inputs.stocks(day);
    return std::vector<int>(rows.begin(), rows.end());
  };
  BOOST_TEST(stocks(11) == (std::vector<int>{0, 1, 2, 3}));
  // 0 has a gap, 2 did not trade in its window, 3 is not in the cross-section.
  BOOST_TEST(stocks(14) == (std::vector<int>{1}));
  BOOST_TEST(stocks(17) == (std::vector<int>{0, 1, 2, 3}));
  for (const float x : values(inputs, 14)) BOOST_TEST(std::isfinite(x));
}

BOOST_AUTO_TEST_CASE(missing_formulas_take_the_days_middle_where_a_stock_has_any_value_of_its_own) {
  Market market = hand_market();
  market.fields["open"](12, 0) = kMissing;
  market.fields["open"](14, 1) = kMissing;
  market.fields["volume"](14, 1) = kMissing;
  market.cross_section(14, 3) = 0;  // its value is no part of the middle
  const genome::InputGene gene{{"div(close, open)", "div(volume, mul(volume, 2))"},
                               3,
                               genome::InputScale::kStandard,
                               genome::Missing::kMiddle};
  const InputSet inputs = make_inputs(market, gene, {11, 20}, none(6));
  const auto stocks = [&](int day) {
    const auto rows = inputs.stocks(day);
    return std::vector<int>(rows.begin(), rows.end());
  };
  BOOST_TEST(stocks(12) == (std::vector<int>{0, 1, 2, 3}));
  BOOST_TEST(stocks(14) == (std::vector<int>{0, 2}));  // 1 has nothing of its own today
  BOOST_TEST(stocks(15) == (std::vector<int>{0, 1, 2, 3}));
  DayScratch scratch;
  const DayInputs x = inputs.day(14, scratch);
  std::vector<float> ratios;  // of day 12, where stock 0 has none
  for (std::size_t s = 1; s < 4; ++s)
    ratios.push_back(market.fields["close"](12, s) / market.fields["open"](12, s));
  std::ranges::sort(ratios);
  BOOST_TEST(std::abs(x.x[0] - ratios[1]) < 1e-6F);
  const DayInputs y = inputs.day(15, scratch);  // column 2: the first feature of day 14
  const float a = market.fields["close"](14, 0) / market.fields["open"](14, 0);
  const float c = market.fields["close"](14, 2) / market.fields["open"](14, 2);
  BOOST_TEST(std::abs(y.x[2 * y.stride + 1] - std::max(a, c)) < 1e-6F);
}

BOOST_AUTO_TEST_CASE(where_no_stock_has_a_value_a_formula_is_what_it_is_on_average_in_training) {
  Market market = hand_market();
  for (float& x : market.fields["open"].row(14)) x = kMissing;
  genome::InputGene gene{{"div(close, open)", "div(volume, mul(volume, 2))"},
                         1,
                         genome::InputScale::kStandard,
                         genome::Missing::kMiddle};
  const InputSet inputs = make_inputs(market, gene, {11, 20}, {11, 18}, 0);
  double sum = 0;
  for (std::size_t day = 11; day < 18; ++day)
    for (std::size_t s = 0; s < 4 && day != 14; ++s)
      sum += static_cast<double>(market.fields["close"](day, s) / market.fields["open"](day, s));
  BOOST_TEST(std::abs(static_cast<double>(inputs.normalisation().mean[0]) - sum / 24) < 1e-6);
  DayScratch scratch;
  const DayInputs x = inputs.day(14, scratch);
  BOOST_TEST(x.stocks.size() == 4U);
  for (std::size_t r = 0; r < x.stocks.size(); ++r) BOOST_TEST(x.x[r] == 0.0F);

  gene.scale = genome::InputScale::kRatio;
  BOOST_TEST(make_inputs(market, gene, {11, 20}, {11, 18}, 0).stocks(14).empty());
}

BOOST_AUTO_TEST_CASE(a_field_is_never_filled) {
  Market market = hand_market();
  market.fields["open"](12, 0) = kMissing;
  const genome::InputGene gene{
      {"open", "div(close, open)"}, 1, genome::InputScale::kStandard, genome::Missing::kMiddle};
  const InputSet inputs = make_inputs(market, gene, {12, 13}, none(2));
  BOOST_TEST(inputs.stocks(12).size() == 3U);
}

BOOST_AUTO_TEST_CASE(training_rows_have_mean_zero_and_deviation_one_and_constant_columns_are_zero) {
  const test::SmallMarket small = test::small_market(60, 120);
  const genome::InputGene gene{{"close", "high", "volume"}, 10};
  const DayRange train{30, 90};
  const InputSet inputs = make_inputs(small.market, gene, {30, 110}, train, 0);
  std::vector<double> sum(30), squares(30);
  double count = 0;
  DayScratch scratch;
  for (int day = train.first; day < train.last; ++day) {
    const DayInputs x = inputs.day(day, scratch);
    count += static_cast<double>(x.stocks.size());
    for (std::size_t c = 0; c < 30; ++c)
      for (std::size_t r = 0; r < x.stocks.size(); ++r) {
        const double v =
            x.x[static_cast<std::int64_t>(c) * x.stride + static_cast<std::int64_t>(r)];
        sum[c] += v;
        squares[c] += v * v;
      }
  }
  for (std::size_t c = 0; c < 30; ++c) {
    BOOST_TEST(std::abs(sum[c] / count) < 1e-4);
    BOOST_TEST(std::abs(squares[c] / count - (c == 27 ? 0 : 1)) <
               1e-3);  // column 27: today's close over itself
  }
}

BOOST_AUTO_TEST_CASE(kept_inputs_and_inputs_made_on_the_fly_are_the_same_bits) {
  const test::SmallMarket small = test::small_market(60, 120);
  const genome::InputGene gene{{"close", "volume"}, 10};
  const InputSet kept = make_inputs(small.market, gene, {30, 60}, {30, 50}, 1 << 30);
  const InputSet made = make_inputs(small.market, gene, {30, 60}, {30, 50}, 0);
  BOOST_TEST(kept.kept_bytes() > 0);
  BOOST_TEST(made.kept_bytes() == 0);
  for (int day = 30; day < 60; ++day) BOOST_TEST((values(kept, day) == values(made, day)));
}

BOOST_AUTO_TEST_CASE(the_store_shares_equal_genes_and_lets_the_oldest_go) {
  const test::SmallMarket small = test::small_market(60, 120);
  const genome::InputGene a{{"close"}, 10}, b{{"open"}, 10}, c{{"high"}, 10};
  const std::int64_t one = make_inputs(small.market, a, {30, 60}, {30, 50}, 1 << 30).kept_bytes();
  InputStore store(small.market, {30, 60}, {30, 50}, 2 * one + one / 2);
  const auto first = store.get(a);
  BOOST_TEST(store.get(a) == first);
  (void)store.get(b);
  (void)store.get(c);
  BOOST_TEST(store.get(a) != first);  // made again
  InputStore small_store(small.market, {30, 60}, {30, 50}, one / 2);
  BOOST_TEST(small_store.get(a)->kept_bytes() == 0);
}

BOOST_AUTO_TEST_CASE(price_levels_and_unadjusted_prices_are_refused) {
  BOOST_CHECK_EXCEPTION((void)feature_kind("ts_mean(close, 5)"), ConfigError,
                        [](const ConfigError& e) {
                          return std::string(e.what()).find("adjustment base") != std::string::npos;
                        });
  BOOST_CHECK_THROW((void)feature_kind("raw_close"), ConfigError);
  BOOST_TEST((feature_kind("ts_return(close, 5)") == FeatureKind::kFormula));
  BOOST_TEST(look_back({{"close", "ts_return(close, 5)"}, 30}) == 34);
}
