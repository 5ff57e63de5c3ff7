#include "data/status.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "test/support/hand_panel.hpp"

namespace evofactor {
namespace {

using test::HandPanel;

BOOST_AUTO_TEST_SUITE(status)

BOOST_AUTO_TEST_CASE(special_treatment_is_told_by_the_beginning_of_the_name) {
  for (const char* name : {"ST Firm", "*ST Firm", "SST Firm", "S*ST Firm", "STFirm"})
    BOOST_TEST(is_special_treatment(name), name);
  for (const char* name : {"S Firm", "Firm ST", "*Firm", "", "S", "N*ST Firm"})
    BOOST_TEST(!is_special_treatment(name), name);
}

BOOST_AUTO_TEST_CASE(limit_prices_round_half_a_cent_up) {
  BOOST_TEST(limit_price(10.00, 1, 10) == 11.00);
  BOOST_TEST(limit_price(10.05, 1, 10) == 11.06);      // 11.055
  BOOST_TEST(limit_price(10.05, 1, -10) == 9.05);      // 9.045
  BOOST_TEST(limit_price(10.04, 1, 10) == 11.04);      // 11.044
  BOOST_TEST(limit_price(3.33, 1, 5) == 3.50);         // 3.4965
  BOOST_TEST(limit_price(3.33, 1, -5) == 3.16);        // 3.1635
  BOOST_TEST(limit_price(2.50, 1, 5) == 2.63);         // 2.625
  BOOST_TEST(limit_price(1000.05, 1, 10) == 1100.06);  // 1100.055
  BOOST_TEST(limit_price(1000.04, 1, 10) == 1100.04);  // 1100.044
}

BOOST_AUTO_TEST_CASE(half_a_cent_is_seen_through_the_error_of_single_precision) {
  for (int cents = 101; cents < 300000; cents += 7) {
    const double stored = static_cast<double>(static_cast<float>(cents / 100.0));
    const auto exact = [&](int percent) { return (cents * (100 + percent) + 50) / 100 / 100.0; };
    BOOST_TEST_REQUIRE(limit_price(stored, 1, 10) == exact(10));
    BOOST_TEST_REQUIRE(limit_price(stored, 1, -10) == exact(-10));
    BOOST_TEST_REQUIRE(limit_price(stored, 1, 5) == exact(5));
  }
}

BOOST_AUTO_TEST_CASE(a_dividend_lowers_the_reference_price) {
  // Close 20.00, 0.35 paid out: reference 19.65; vendors give the factor 20 / 19.65 to six
  // decimals.
  BOOST_TEST(limit_price(20.00, 1 / 1.017812, 10) == 21.62);   // 21.615
  BOOST_TEST(limit_price(20.00, 1 / 1.017812, -10) == 17.69);  // 17.685
}

BOOST_AUTO_TEST_CASE(limits_depend_on_board_date_and_special_treatment) {
  const auto percent = [](const char* code, Date date, bool st, int day) {
    return limit_percent(code, date, st, day).value_or(0);
  };
  BOOST_TEST(percent("600519.SH", 20190102, false, 500) == 10);
  BOOST_TEST(percent("600519.SH", 20190102, true, 500) == 5);
  BOOST_TEST(percent("000001.SZ", 20190102, false, 2) == 10);
  BOOST_TEST(percent("000001.SZ", 20190102, false, 1) == 0);
  BOOST_TEST(percent("688981.SH", 20200716, false, 6) == 20);
  BOOST_TEST(percent("688981.SH", 20200716, false, 5) == 0);
  BOOST_TEST(percent("689009.SH", 20201029, true, 100) == 20);
  BOOST_TEST(percent("300750.SZ", 20200821, false, 500) == 10);
  BOOST_TEST(percent("300750.SZ", 20200821, true, 500) == 5);
  BOOST_TEST(percent("300750.SZ", 20200821, false, 3) == 10);
  BOOST_TEST(percent("300750.SZ", 20200824, false, 500) == 20);
  BOOST_TEST(percent("301001.SZ", 20210601, true, 500) == 20);
  BOOST_TEST(percent("302132.SZ", 20210601, false, 5) == 0);
  BOOST_TEST(percent("300750.SH", 20210601, false, 500) == 20);
  BOOST_TEST(percent("832000.BJ", 20211201, true, 500) == 30);
  BOOST_TEST(percent("832000.BJ", 20211201, false, 1) == 0);
  BOOST_TEST(percent("AAPL", 20211201, false, 500) == 0);
  BOOST_TEST(percent("AAPL.US", 20211201, false, 500) == 0);
}

BOOST_AUTO_TEST_CASE(limits_refer_to_the_last_traded_close_however_old) {
  HandPanel hand({"600000.SH"}, 200);
  hand.price(9, 10.05F);
  hand.suspend(10, 150);
  const Panel& panel = hand.with_status();
  BOOST_TEST(std::isnan(panel.limit_up(0, 0)));  // no close before
  BOOST_TEST(panel.limit_up(1, 0) == 11.0F);
  BOOST_TEST(panel.limit_up(10, 0) == 11.06F);
  BOOST_TEST(panel.limit_up(150, 0) == 11.06F);
  BOOST_TEST(panel.limit_down(150, 0) == 9.05F);
  BOOST_TEST(panel.limit_up(151, 0) == 11.0F);
}

BOOST_AUTO_TEST_CASE(limits_are_in_todays_adjustment) {
  HandPanel hand({"600000.SH"}, 4);
  for (int d = 2; d < 4; ++d) {
    hand.price(d, 5.0F);
    hand.at("adj_factor", d) = 2.0F;
  }
  const Panel& panel = hand.with_status();
  BOOST_TEST(panel.limit_up(1, 0) == 11.0F);
  BOOST_TEST(panel.limit_up(2, 0) == 5.5F);
  BOOST_TEST(panel.limit_down(2, 0) == 4.5F);
}

BOOST_AUTO_TEST_CASE(special_treatment_lasts_until_the_next_name) {
  HandPanel hand({"600000.SH", "300001.SZ"}, 8);
  const auto& calendar = hand.panel.calendar;
  const Panel& panel = hand.with_status({.names = {{0, calendar[5], "Firm"},
                                                   {0, calendar[0] - 10000, "Firm"},
                                                   {0, calendar[2], "*STFirm"},
                                                   {1, calendar[3], "STOther"}},
                                         .list_dates = {}});
  for (int d = 0; d < 8; ++d) {
    const auto day = static_cast<std::size_t>(d);
    BOOST_TEST(panel.st(day, 0) == (d >= 2 && d < 5));
    BOOST_TEST(panel.st(day, 1) == (d >= 3));
  }
  BOOST_TEST(panel.limit_up(1, 0) == 11.0F);
  BOOST_TEST(panel.limit_up(2, 0) == 10.5F);
  BOOST_TEST(panel.limit_up(5, 0) == 11.0F);
}

BOOST_AUTO_TEST_CASE(listed_days_count_from_the_listing_date_or_the_first_row) {
  HandPanel hand({"600000.SH", "600001.SH", "600002.SH", "600003.SH", "688001.SH"}, 300);
  hand.suspend(0, 7, 1);   // no date: the first row is its listing
  hand.suspend(0, 12, 2);  // listed on day 5 by its date, first row later
  hand.suspend(0, 20, 4);
  const auto& calendar = hand.panel.calendar;
  // 600003 was listed a year before the panel begins.
  const Panel& panel = hand.with_status(
      {.names = {}, .list_dates = {0, 0, calendar[5], calendar[0] - 10000, calendar[20]}});
  BOOST_TEST(panel.listed_days(0, 0) >= kLongListed);
  BOOST_TEST(panel.listed_days(6, 1) == 0);
  BOOST_TEST(panel.listed_days(7, 1) == 1);
  BOOST_TEST(panel.listed_days(126, 1) == 120);
  BOOST_TEST(panel.listed_days(4, 2) == 0);
  BOOST_TEST(panel.listed_days(5, 2) == 1);
  BOOST_TEST(panel.listed_days(12, 2) == 8);
  BOOST_TEST(panel.listed_days(0, 3) == 244);
  BOOST_TEST(panel.listed_days(1, 3) == 245);
  for (int d = 20; d < 25; ++d)
    BOOST_TEST(std::isnan(panel.limit_up(static_cast<std::size_t>(d), 4)));
  BOOST_TEST(panel.limit_up(25, 4) == 12.0F);
  BOOST_TEST(panel.limit_up(8, 1) == 11.0F);
}

BOOST_AUTO_TEST_CASE(scaling_the_adjustment_factors_changes_no_limit) {
  HandPanel hand({"600000.SH"}, 50);
  for (int d = 0; d < 50; ++d) {
    hand.price(d, 10.0F + static_cast<float>(d % 7) * 0.05F);
    hand.at("adj_factor", d) = d < 20 ? 1.0F : 1.017812F;
  }
  const Panel before = hand.with_status();
  for (int d = 0; d < 50; ++d) hand.at("adj_factor", d) *= 3.7F;
  const Panel& after = hand.with_status();
  for (std::size_t d = 1; d < 50; ++d) {
    BOOST_TEST(before.limit_up(d, 0) == after.limit_up(d, 0));
    BOOST_TEST(before.limit_down(d, 0) == after.limit_down(d, 0));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor
