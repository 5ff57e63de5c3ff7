#include "data/market.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "data/synthetic.hpp"
#include "test/support/hand_panel.hpp"
#include "test/support/temporary_folder.hpp"

namespace evofactor {
namespace {

using test::contains;
using test::HandPanel;

float value(const Market& market, const char* field, int day, int stock = 0) {
  return market.field(field)(static_cast<std::size_t>(day), static_cast<std::size_t>(stock));
}

BOOST_AUTO_TEST_SUITE(market)

BOOST_AUTO_TEST_CASE(prices_are_adjusted_and_volume_is_adjusted_the_other_way) {
  HandPanel hand({"600000.SH"}, 3);
  hand.price(1, 5.0F);
  hand.at("vwap", 1) = 4.5F;
  hand.at("adj_factor", 1) = 2.0F;
  hand.panel.fields["float_shares"] = Grid<float>(3, 1, 50000.0F);
  hand.panel.fields["total_shares"] = Grid<float>(3, 1, 80000.0F);
  const Market market = make_market(hand.panel, {});
  for (const char* price : {"open", "high", "low", "close"})
    BOOST_TEST(value(market, price, 1) == 10.0F);
  BOOST_TEST(value(market, "vwap", 1) == 9.0F);
  BOOST_TEST(value(market, "volume", 1) == 500.0F);
  BOOST_TEST(value(market, "amount", 1) == 4500.0F);
  BOOST_TEST(value(market, "turnover", 1) == 0.02F);
  BOOST_TEST(value(market, "float_cap", 1) == 250000.0F);
  BOOST_TEST(value(market, "total_cap", 1) == 400000.0F);
  BOOST_TEST(value(market, "raw_close", 1) == 5.0F);
  BOOST_TEST(value(market, "raw_vwap", 1) == 4.5F);
  BOOST_TEST(value(market, "raw_volume", 1) == 1000.0F);
}

BOOST_AUTO_TEST_CASE(vwap_comes_from_amount_where_only_that_is_given) {
  HandPanel hand({"600000.SH"}, 2);
  hand.panel.fields.erase("vwap");
  hand.panel.fields["amount"] = Grid<float>(2, 1, 9500.0F);
  const Market market = make_market(hand.panel, {});
  BOOST_TEST(value(market, "vwap", 0) == 9.5F);
  BOOST_TEST(value(market, "amount", 0) == 9500.0F);
}

BOOST_AUTO_TEST_CASE(a_panel_without_factors_is_taken_as_it_is) {
  HandPanel hand({"600000.SH"}, 2);
  hand.panel.fields.erase("adj_factor");
  BOOST_TEST(value(make_market(hand.panel, {}), "close", 0) == 10.0F);
}

BOOST_AUTO_TEST_CASE(a_suspended_day_carries_the_last_close_and_no_volume) {
  HandPanel hand({"600000.SH"}, 6);
  hand.panel.fields["float_shares"] = Grid<float>(6, 1, 50000.0F);
  for (const char* price : {"open", "low"}) hand.at(price, 2) = 6.0F;
  for (const char* price : {"close", "high", "vwap"}) hand.at(price, 2) = 7.0F;
  hand.at("adj_factor", 2) = 2.0F;
  hand.suspend(0, 1);
  hand.suspend(3, 5);
  const Market market = make_market(hand.panel, {});
  for (const char* price : {"open", "high", "low", "close", "vwap"}) {
    BOOST_TEST(std::isnan(value(market, price, 0)));  // not yet listed
    BOOST_TEST(value(market, price, 3) == 14.0F);
    BOOST_TEST(value(market, price, 4) == 14.0F);
    BOOST_TEST(value(market, price, 5) == 10.0F);
  }
  for (const char* price : {"raw_open", "raw_high", "raw_low", "raw_close", "raw_vwap"})
    BOOST_TEST(value(market, price, 4) == 7.0F);
  for (const char* flow : {"volume", "raw_volume", "amount", "turnover"})
    BOOST_TEST(value(market, flow, 4) == 0.0F);
  BOOST_TEST(value(market, "float_cap", 4) == 350000.0F);
  BOOST_TEST(market.traded(2, 0) == 1);
  BOOST_TEST(market.traded(3, 0) == 0);
}

BOOST_AUTO_TEST_CASE(prices_are_carried_for_sixty_days_and_no_longer) {
  HandPanel hand({"600000.SH", "600001.SH"}, 140);
  hand.suspend(10, 100, 0);
  hand.suspend(70, 140, 1);  // delisted
  const Market market = make_market(hand.panel, {});
  for (const char* field : {"close", "open", "volume", "amount", "raw_close"}) {
    BOOST_TEST(std::isfinite(value(market, field, 69, 0)));
    BOOST_TEST(std::isnan(value(market, field, 70, 0)));
    BOOST_TEST(std::isnan(value(market, field, 99, 0)));
    BOOST_TEST(std::isfinite(value(market, field, 100, 0)));
    BOOST_TEST(std::isfinite(value(market, field, 129, 1)));
    BOOST_TEST(std::isnan(value(market, field, 130, 1)));
  }
}

BOOST_AUTO_TEST_CASE(a_suspended_day_is_missing_when_asked_for) {
  HandPanel hand({"600000.SH"}, 4);
  hand.suspend(2, 3);
  const Market market = make_market(hand.panel, {.suspended = Suspended::kMissing});
  for (const auto& [name, grid] : market.fields) BOOST_TEST(std::isnan(grid(2, 0)), name);
}

BOOST_AUTO_TEST_CASE(the_cross_section_is_the_universe_or_the_panel) {
  HandPanel hand({"600000.SH", "600001.SH"}, 2);
  hand.panel.universes["csi800"](1, 1) = 0;
  hand.suspend(1, 2, 0);
  const Market market = make_market(hand.panel, {});
  BOOST_TEST(market.universe == "csi800");
  BOOST_TEST(market.member(1, 0) == 1);  // a suspended member is a member
  BOOST_TEST(market.cross_section(1, 1) == 0);
  const Market whole = make_market(hand.panel, {.cross_section = CrossSection::kPanel});
  BOOST_TEST(whole.cross_section(1, 1) == 1);
  BOOST_TEST(whole.member(1, 1) == 0);
  const Market all = make_market(hand.panel, {.universe = "all"});
  BOOST_TEST(all.member(1, 0) == 0);  // no row that day
  BOOST_TEST(all.member(1, 1) == 1);
}

BOOST_AUTO_TEST_CASE(the_default_universe_is_csi800_else_the_only_one_else_all) {
  BOOST_TEST(choose_universe({"csi300", "csi800"}, "") == "csi800");
  BOOST_TEST(choose_universe({"mine"}, "") == "mine");
  BOOST_TEST(choose_universe({"all", "mine"}, "") == "mine");
  BOOST_TEST(choose_universe({"csi300", "csi500"}, "") == "all");
  BOOST_TEST(choose_universe({}, "") == "all");
  BOOST_TEST(choose_universe({"csi300", "csi800"}, "csi300") == "csi300");
  BOOST_CHECK_EXCEPTION(choose_universe({"csi300"}, "csi100"), ConfigError, [](const auto& e) {
    return contains(e.what(), "\"csi100\"") && contains(e.what(), "csi300, all");
  });
}

BOOST_AUTO_TEST_CASE(a_field_that_lacks_is_named_with_what_the_panel_lacks_for_it) {
  HandPanel hand({"600000.SH"}, 2);
  hand.panel.fields.erase("vwap");
  const Market market = make_market(hand.panel, {});
  const auto message = [&](const char* name) {
    try {
      (void)market.field(name);
    } catch (const DataError& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  BOOST_TEST(contains(message("turnover"), "the panel lacks float_shares"));
  BOOST_TEST(contains(message("vwap"), "the panel lacks vwap or amount"));
  BOOST_TEST(contains(message("clsoe"), "did you mean \"close\"?"));
  BOOST_TEST(contains(message("clsoe"), "there are close, high, low, open"));
}

BOOST_AUTO_TEST_CASE(stocks_that_no_day_sees_are_left_out) {
  Panel panel = simulate_panel({.stocks = 60, .universe = 30, .days = 60, .seed = Seed{4}});
  Market market = make_market(panel, {});
  Labels labels = make_labels(panel, market, {}, {.min_listed_days = 1});
  const Market before = market;
  const Labels all = labels;
  keep_stocks_that_matter(market, labels);
  BOOST_TEST(market.n_stocks() < before.n_stocks());
  BOOST_TEST(market.n_stocks() >= 30);
  BOOST_TEST(market.industry.size() == market.stocks.size());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < before.stocks.size(); ++i) {
    bool matters = false;
    for (std::size_t d = 0; d < 60; ++d)
      matters |= before.cross_section(d, i) != 0 || all.mask(d, i) != 0;
    if (!matters) continue;
    BOOST_TEST_REQUIRE(market.stocks.at(kept) == before.stocks[i]);
    for (std::size_t d = 0; d < 60; ++d) {
      const float now = market.field("close")(d, kept), then = before.field("close")(d, i);
      BOOST_TEST((now == then || (now != now && then != then)));
      BOOST_TEST(labels.mask(d, kept) == all.mask(d, i));
      BOOST_TEST(market.member(d, kept) == before.member(d, i));
    }
    ++kept;
  }
  BOOST_TEST(kept == market.stocks.size());
}

BOOST_AUTO_TEST_CASE(an_excerpt_holds_its_days_and_stocks_and_nothing_else) {
  const Panel panel = simulate_panel({.stocks = 40, .universe = 30, .days = 60, .seed = Seed{4}});
  const Market market = make_market(panel, {});
  const std::vector<std::size_t> stocks{3, 4, 17};
  const Market part = excerpt(market, {10, 25}, stocks);
  BOOST_TEST(part.n_days() == 15);
  BOOST_TEST(part.n_stocks() == 3);
  BOOST_TEST(part.fields.size() == market.fields.size());
  BOOST_TEST(part.calendar[0] == market.calendar[10]);
  for (std::size_t k = 0; k < 3; ++k) {
    BOOST_TEST(part.stocks[k] == market.stocks[stocks[k]]);
    BOOST_TEST(part.industry[k] == market.industry[stocks[k]]);
    for (int d = 0; d < 15; ++d) {
      const auto row = static_cast<std::size_t>(d);
      const float now = value(part, "close", d, static_cast<int>(k));
      const float then = value(market, "close", 10 + d, static_cast<int>(stocks[k]));
      BOOST_TEST((now == then || (std::isnan(now) && std::isnan(then))));
      BOOST_TEST(part.member(row, k) == market.member(10 + row, stocks[k]));
      BOOST_TEST(part.cross_section(row, k) == market.cross_section(10 + row, stocks[k]));
      BOOST_TEST(part.traded(row, k) == market.traded(10 + row, stocks[k]));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor
