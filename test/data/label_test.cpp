#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "data/market.hpp"
#include "test/support/hand_panel.hpp"
#include "test/support/temporary_folder.hpp"

namespace evofactor {
namespace {

using test::HandPanel;

constexpr LabelKind kKinds[] = {LabelKind::kCloseToClose, LabelKind::kOpenToClose,
                                LabelKind::kOpenToOpen, LabelKind::kVwapToVwap};

/// Day d opens at 100 + d, has the vwap 200 + d and closes at 300 + d.
HandPanel ramp(int days) {
  HandPanel hand({"600000.SH"}, days);
  for (int d = 0; d < days; ++d) {
    hand.at("open", d) = static_cast<float>(100 + d);
    hand.at("vwap", d) = static_cast<float>(200 + d);
    hand.at("close", d) = static_cast<float>(300 + d);
    hand.at("low", d) = static_cast<float>(100 + d);
    hand.at("high", d) = static_cast<float>(300 + d);
  }
  return hand;
}

std::vector<float> returns(HandPanel& hand, const LabelSettings& label,
                           Suspended suspended = Suspended::kCarry) {
  const Panel& panel = hand.with_status();
  const Market market = make_market(panel, {.suspended = suspended});
  const Labels labels = make_labels(panel, market, label, {MaskKind::kMember});
  std::vector<float> column;
  for (std::size_t d = 0; d < labels.forward_return.rows(); ++d)
    column.push_back(labels.forward_return(d, 0));
  return column;
}

BOOST_AUTO_TEST_SUITE(label)

BOOST_AUTO_TEST_CASE(each_kind_enters_and_leaves_at_its_prices) {
  HandPanel hand = ramp(12);
  BOOST_TEST(returns(hand, {LabelKind::kCloseToClose, 5})[2] == 307.0F / 302.0F - 1,
             boost::test_tools::tolerance(1e-5F));
  BOOST_TEST(returns(hand, {LabelKind::kOpenToClose, 5})[2] == 307.0F / 103.0F - 1,
             boost::test_tools::tolerance(1e-5F));
  BOOST_TEST(returns(hand, {LabelKind::kOpenToOpen, 5})[2] == 108.0F / 103.0F - 1,
             boost::test_tools::tolerance(1e-5F));
  BOOST_TEST(returns(hand, {LabelKind::kVwapToVwap, 5})[2] == 208.0F / 203.0F - 1,
             boost::test_tools::tolerance(1e-5F));
}

BOOST_AUTO_TEST_CASE(a_day_whose_exit_lies_beyond_the_data_has_no_label) {
  HandPanel hand = ramp(12);
  for (const LabelKind kind : kKinds) {
    const LabelSettings settings{kind, 3};
    const int reach = label_reach(settings);
    BOOST_TEST(reach ==
               (kind == LabelKind::kCloseToClose || kind == LabelKind::kOpenToClose ? 3 : 4));
    const auto column = returns(hand, settings);
    for (int d = 0; d < 12; ++d)
      BOOST_TEST(std::isfinite(column[static_cast<std::size_t>(d)]) == (d + reach < 12));
  }
}

BOOST_AUTO_TEST_CASE(no_trade_on_the_entry_day_is_no_label) {
  HandPanel hand = ramp(12);
  hand.suspend(5, 6);
  for (const LabelKind kind : kKinds) {
    const auto column = returns(hand, {kind, 2});
    const std::size_t entry = kind == LabelKind::kCloseToClose ? 5 : 4;
    for (std::size_t t = 3; t < 8; ++t) BOOST_TEST(std::isnan(column[t]) == (t == entry));
  }
}

BOOST_AUTO_TEST_CASE(a_holding_suspended_on_the_exit_day_is_marked_at_its_last_close) {
  HandPanel hand = ramp(12);
  hand.suspend(6, 8);
  // vwap(3) to the close of day 5, instead of vwap(6) or vwap(7).
  for (const std::size_t h : {3U, 4U}) {
    const LabelSettings settings{LabelKind::kVwapToVwap, static_cast<int>(h)};
    BOOST_TEST(returns(hand, settings)[2] == 305.0F / 203.0F - 1,
               boost::test_tools::tolerance(1e-5F));
    BOOST_TEST(std::isnan(returns(hand, settings, Suspended::kMissing)[2]));
  }
  BOOST_TEST(returns(hand, {LabelKind::kCloseToClose, 2})[5] == 0.0F);
  BOOST_TEST(returns(hand, {LabelKind::kVwapToVwap, 5})[2] == 208.0F / 203.0F - 1,
             boost::test_tools::tolerance(1e-5F));
}

BOOST_AUTO_TEST_CASE(a_holding_delisted_within_the_horizon_is_marked_at_its_last_close) {
  HandPanel hand = ramp(100);
  hand.suspend(10, 100);
  const auto carried = returns(hand, {LabelKind::kOpenToOpen, 5});
  BOOST_TEST(carried[8] == 309.0F / 109.0F - 1, boost::test_tools::tolerance(1e-5F));
  BOOST_TEST(std::isnan(carried[9]));  // entry after the last row
  // Beyond the days over which fields are carried too.
  BOOST_TEST(returns(hand, {LabelKind::kOpenToOpen, 80})[8] == 309.0F / 109.0F - 1,
             boost::test_tools::tolerance(1e-5F));
  BOOST_TEST(std::isnan(returns(hand, {LabelKind::kOpenToOpen, 5}, Suspended::kMissing)[8]));
}

BOOST_AUTO_TEST_CASE(a_split_within_the_horizon_is_no_return) {
  HandPanel hand({"600000.SH"}, 12);
  for (int d = 6; d < 12; ++d) {
    hand.price(d, 5.0F);
    hand.at("adj_factor", d) = 2.0F;
  }
  for (const LabelKind kind : kKinds)
    for (std::size_t t = 0; t < 8; ++t) BOOST_TEST(returns(hand, {kind, 3})[t] == 0.0F);
}

BOOST_AUTO_TEST_CASE(scaling_the_adjustment_factors_changes_no_label_and_no_mask) {
  HandPanel hand = ramp(40);
  for (int d = 15; d < 40; ++d) hand.at("adj_factor", d) = 1.3F;
  hand.suspend(20, 23);
  for (const LabelKind kind : kKinds) {
    const auto labels = [&](float factor) {
      HandPanel scaled = hand;
      for (int d = 0; d < 40; ++d) scaled.at("adj_factor", d) *= factor;
      const Panel& panel = scaled.with_status();
      return make_labels(panel, make_market(panel, {}), {kind, 4}, {});
    };
    const Labels plain = labels(1), twice = labels(2), odd = labels(3.7F);
    BOOST_TEST((plain.mask == twice.mask && plain.mask == odd.mask));
    for (std::size_t d = 0; d < 40; ++d) {
      const float before = plain.forward_return(d, 0);
      BOOST_TEST(std::isnan(before) == std::isnan(odd.forward_return(d, 0)));
      if (std::isnan(before)) continue;
      BOOST_TEST(twice.forward_return(d, 0) == before);
      BOOST_TEST(std::abs(odd.forward_return(d, 0) - before) < 1e-6F);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_label_that_needs_vwap_is_refused_without_it) {
  HandPanel hand = ramp(12);
  hand.panel.fields.erase("vwap");
  BOOST_CHECK_EXCEPTION(returns(hand, {}), ConfigError, [](const auto& e) {
    return test::contains(e.what(), "vwap_to_vwap needs vwap") &&
           test::contains(e.what(), "open_to_open");
  });
  BOOST_TEST(std::isfinite(returns(hand, {LabelKind::kOpenToOpen, 5})[0]));
}

BOOST_AUTO_TEST_CASE(shuffled_labels_are_the_days_own_dealt_out_anew_within_its_mask) {
  Labels labels{Grid<float>(5, 60), Grid<std::uint8_t>(5, 60)};
  for (std::size_t d = 0; d < 5; ++d)
    for (std::size_t i = 0; i < 60; ++i) {
      labels.forward_return(d, i) = static_cast<float>(100 * d + i);
      labels.mask(d, i) = i % 3 != 0;
    }
  Labels shuffled = labels, again = labels, other = labels;
  shuffle_labels(shuffled, Seed{1});
  shuffle_labels(again, Seed{1});
  shuffle_labels(other, Seed{2});
  BOOST_TEST((shuffled.mask == labels.mask));
  BOOST_TEST((shuffled.forward_return == again.forward_return));
  BOOST_TEST((shuffled.forward_return != other.forward_return));
  int moved = 0;
  for (std::size_t d = 0; d < 5; ++d) {
    std::vector<float> before, after;
    for (std::size_t i = 0; i < 60; ++i) {
      const float was = labels.forward_return(d, i), is = shuffled.forward_return(d, i);
      if (labels.mask(d, i) == 0) BOOST_TEST(is == was);
      moved += is != was ? 1 : 0;
      before.push_back(was);
      after.push_back(is);
    }
    std::sort(after.begin(), after.end());
    BOOST_TEST(after == before, boost::test_tools::per_element());
  }
  BOOST_TEST(moved > 170);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor
