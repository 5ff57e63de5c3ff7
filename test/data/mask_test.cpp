#include <boost/test/unit_test.hpp>
#include <functional>

#include "data/market.hpp"
#include "test/support/hand_panel.hpp"

namespace evofactor {
namespace {

using test::HandPanel;

constexpr LabelKind kKinds[] = {LabelKind::kCloseToClose, LabelKind::kOpenToClose,
                                LabelKind::kOpenToOpen, LabelKind::kVwapToVwap};

/// Days of stock 0 in the mask, as a text of 0 and 1.
std::string mask_of(const HandPanel& hand, LabelKind kind, MaskKind mask = MaskKind::kTradable,
                    const StatusSources& sources = {}) {
  HandPanel copy = hand;
  const Panel& panel = copy.with_status(sources);
  const Labels labels = make_labels(panel, make_market(panel, {}), {kind, 2}, {.kind = mask});
  std::string days;
  for (std::size_t d = 0; d < labels.mask.rows(); ++d) days += labels.mask(d, 0) ? '1' : '0';
  return days;
}

BOOST_AUTO_TEST_SUITE(mask)

BOOST_AUTO_TEST_CASE(days_whose_label_lies_beyond_the_data_are_in_no_mask) {
  const HandPanel hand({"600000.SH"}, 8);
  for (const MaskKind kind : {MaskKind::kTradable, MaskKind::kMember}) {
    BOOST_TEST(mask_of(hand, LabelKind::kCloseToClose, kind) == "11111100");
    BOOST_TEST(mask_of(hand, LabelKind::kOpenToClose, kind) == "11111100");
    BOOST_TEST(mask_of(hand, LabelKind::kOpenToOpen, kind) == "11111000");
    BOOST_TEST(mask_of(hand, LabelKind::kVwapToVwap, kind) == "11111000");
  }
}

BOOST_AUTO_TEST_CASE(a_suspended_day_and_a_suspended_entry_are_in_no_mask) {
  HandPanel hand({"600000.SH"}, 12);
  hand.suspend(4, 6);
  for (const MaskKind kind : {MaskKind::kTradable, MaskKind::kMember}) {
    // Suspension at the exit takes no day out: the holding is marked at its last price.
    BOOST_TEST(mask_of(hand, LabelKind::kCloseToClose, kind) == "111100111100");
    BOOST_TEST(mask_of(hand, LabelKind::kOpenToOpen, kind) == "111000111000");
    BOOST_TEST(mask_of(hand, LabelKind::kVwapToVwap, kind) == "111000111000");
  }
}

BOOST_AUTO_TEST_CASE(only_members_of_the_day_are_in_the_mask) {
  HandPanel hand({"600000.SH"}, 8);
  hand.panel.universes["csi800"](2, 0) = 0;
  BOOST_TEST(mask_of(hand, LabelKind::kCloseToClose) == "11011100");
  BOOST_TEST(mask_of(hand, LabelKind::kVwapToVwap, MaskKind::kMember) == "11011000");
}

BOOST_AUTO_TEST_CASE(an_entry_locked_at_a_limit_is_not_tradable) {
  // Day 4 is locked all day at the limit up or down, from 10.00.
  for (const float price : {11.0F, 9.0F}) {
    HandPanel hand({"600000.SH"}, 10);
    hand.price(4, price);
    BOOST_TEST(mask_of(hand, LabelKind::kCloseToClose) == "1111011100");
    BOOST_TEST(mask_of(hand, LabelKind::kOpenToClose) == "1110111100");
    BOOST_TEST(mask_of(hand, LabelKind::kOpenToOpen) == "1110111000");
    BOOST_TEST(mask_of(hand, LabelKind::kVwapToVwap) == "1110111000");
    BOOST_TEST(mask_of(hand, LabelKind::kVwapToVwap, MaskKind::kMember) == "1111111000");
  }
}

BOOST_AUTO_TEST_CASE(each_label_looks_at_its_own_entry_price) {
  HandPanel closes({"600000.SH"}, 10);  // ends day 4 at the limit
  closes.at("close", 4) = closes.at("high", 4) = 11.0F;
  closes.price(5, 10.5F);
  BOOST_TEST(mask_of(closes, LabelKind::kCloseToClose) == "1111011100");
  BOOST_TEST(mask_of(closes, LabelKind::kOpenToOpen) == "1111111000");
  BOOST_TEST(mask_of(closes, LabelKind::kVwapToVwap) == "1111111000");

  HandPanel opens({"600000.SH"}, 10);  // begins day 4 at the limit, which opens later
  opens.at("open", 4) = opens.at("low", 4) = 9.0F;
  BOOST_TEST(mask_of(opens, LabelKind::kCloseToClose) == "1111111100");
  BOOST_TEST(mask_of(opens, LabelKind::kOpenToClose) == "1110111100");
  BOOST_TEST(mask_of(opens, LabelKind::kOpenToOpen) == "1110111000");
  BOOST_TEST(mask_of(opens, LabelKind::kVwapToVwap) == "1111111000");

  HandPanel still({"600000.SH"}, 10);  // one price all day, but not the limit
  still.price(4, 10.99F);
  BOOST_TEST(mask_of(still, LabelKind::kVwapToVwap) == "1111111000");
}

BOOST_AUTO_TEST_CASE(an_exit_locked_at_a_limit_is_no_obstacle) {
  HandPanel hand({"600000.SH"}, 10);
  hand.price(4, 11.0F);
  BOOST_TEST(mask_of(hand, LabelKind::kCloseToClose)[2] == '1');
  BOOST_TEST(mask_of(hand, LabelKind::kVwapToVwap)[1] == '1');
}

BOOST_AUTO_TEST_CASE(a_stock_under_special_treatment_that_day_is_not_tradable) {
  const HandPanel hand({"600000.SH"}, 10);
  const auto& calendar = hand.panel.calendar;
  const StatusSources sources{.names = {{0, calendar[3], "*STFirm"}, {0, calendar[5], "Firm"}},
                              .list_dates = {}};
  BOOST_TEST(mask_of(hand, LabelKind::kVwapToVwap, MaskKind::kTradable, sources) == "1110011000");
  BOOST_TEST(mask_of(hand, LabelKind::kVwapToVwap, MaskKind::kMember, sources) == "1111111000");
}

BOOST_AUTO_TEST_CASE(special_treatment_on_the_entry_day_narrows_the_limit) {
  HandPanel hand({"600000.SH"}, 10);
  hand.price(4, 10.5F);
  hand.price(5, 10.5F);
  const auto& calendar = hand.panel.calendar;
  const StatusSources sources{.names = {{0, calendar[4], "STFirm"}, {0, calendar[5], "Firm"}},
                              .list_dates = {}};
  BOOST_TEST(mask_of(hand, LabelKind::kVwapToVwap) == "1111111000");
  BOOST_TEST(mask_of(hand, LabelKind::kVwapToVwap, MaskKind::kTradable, sources) == "1110011000");
}

BOOST_AUTO_TEST_CASE(a_stock_is_tradable_from_its_120th_listed_day) {
  HandPanel hand({"600000.SH"}, 200);
  hand.suspend(0, 10);
  const StatusSources dated{.names = {}, .list_dates = {hand.panel.calendar[5]}};
  BOOST_TEST(mask_of(hand, LabelKind::kVwapToVwap).find('1') == 10U + 119U);
  BOOST_TEST(mask_of(hand, LabelKind::kVwapToVwap, MaskKind::kTradable, dated).find('1') ==
             5U + 119U);
  BOOST_TEST(mask_of(hand, LabelKind::kVwapToVwap, MaskKind::kMember).find('1') == 10U);
}

BOOST_AUTO_TEST_CASE(a_stock_that_resumes_at_the_limit_of_an_old_close_is_locked) {
  HandPanel hand({"600000.SH"}, 120);
  hand.suspend(10, 100);
  hand.price(100, 9.0F);
  hand.price(101, 9.0F);
  BOOST_TEST(mask_of(hand, LabelKind::kCloseToClose)[100] == '0');
  BOOST_TEST(mask_of(hand, LabelKind::kCloseToClose)[101] == '1');
}

BOOST_AUTO_TEST_CASE(prices_after_the_label_change_no_mask) {
  HandPanel hand({"600000.SH"}, 40);
  const std::string before = mask_of(hand, LabelKind::kVwapToVwap);
  for (int d = 24; d < 40; ++d) hand.price(d, 11.0F + static_cast<float>(d));
  BOOST_TEST(mask_of(hand, LabelKind::kVwapToVwap).substr(0, 21) == before.substr(0, 21));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor
