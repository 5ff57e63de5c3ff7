#include "data/panel.hpp"

#include <boost/test/unit_test.hpp>

#include "engine/core/error.hpp"
#include "test/support/temporary_folder.hpp"

using namespace evofactor;

BOOST_AUTO_TEST_CASE(dates_read_and_print_in_both_forms) {
  BOOST_TEST(parse_date("2011-01-04") == 20110104);
  BOOST_TEST(parse_date("20240229") == 20240229);
  BOOST_TEST(to_string(Date{20110104}) == "2011-01-04");
}

BOOST_AUTO_TEST_CASE(what_is_no_date_is_refused_by_name) {
  for (const char* text : {"", "2011-1-4", "2011/01/04", "2011-02-29", "20111301", "2011-01-4x",
                           "-2011-01-0", "yesterday"})
    BOOST_CHECK_EXCEPTION((void)parse_date(text), DataError, [&](const DataError& error) {
      return test::contains(error.what(), std::string("\"") + text + "\" is no date");
    });
}

BOOST_AUTO_TEST_CASE(days_are_counted_over_leap_years) {
  BOOST_TEST(days_since_epoch(19700101) == 0);
  BOOST_TEST(days_since_epoch(20000301) - days_since_epoch(20000228) == 2);
  BOOST_TEST(days_since_epoch(20010301) - days_since_epoch(20010228) == 1);
}

BOOST_AUTO_TEST_CASE(a_calendar_finds_days_on_before_and_after) {
  const Calendar calendar({20110104, 20110105, 20110107});
  BOOST_TEST(calendar.at_or_after(20110105) == 1);
  BOOST_TEST(calendar.at_or_after(20110106) == 2);
  BOOST_TEST(calendar.at_or_after(20110108) == 3);
  BOOST_TEST(calendar.at_or_before(20110106) == 1);
  BOOST_TEST(calendar.at_or_before(20110107) == 2);
  BOOST_TEST(calendar.at_or_before(20110103) == -1);
}

BOOST_AUTO_TEST_CASE(a_missing_field_is_refused_with_those_there_are) {
  Panel panel;
  panel.fields["close"];
  panel.fields["open"];
  BOOST_CHECK_EXCEPTION((void)panel.field("vwap"), DataError, [](const DataError& error) {
    return test::contains(error.what(), "no field \"vwap\"; it has close, open");
  });
}
