#include <boost/test/unit_test.hpp>

#include "engine/core/error.hpp"
#include "test/data/market_files.hpp"

using namespace evofactor;
using namespace evofactor::test;

namespace {

const std::string kHeader = "date,code,open,high,low,close,volume\n";
const std::string kGood = "2011-01-04,A,10,11,9,10,1000\n";

void check_says(const std::string& message, const std::string& part) {
  BOOST_TEST_INFO(message);
  BOOST_TEST(contains(message, part), "says \"" << part << "\"");
}

/// Panel and report of the text with the kind made lenient.
std::pair<Panel, ImportReport> lenient(const std::string& csv, IssueKind kind) {
  const TemporaryFolder folder;
  ImportReport report;
  Panel panel =
      import_panel({.inputs = {folder.write("rows.csv", csv)}, .lenient = {kind}}, report);
  return {std::move(panel), report};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_cell_that_is_no_number_is_named_and_may_become_missing) {
  const std::string csv =
      kHeader + kGood + "2011-01-05,A,10,11,9,n/a,1000\n2011-01-06,A,10,11,9,10,1e999\n";
  const auto message = refusal_of(csv);
  check_says(message, "rows.csv:3: close \"n/a\" is not a number; use an empty cell for a missing");
  check_says(message, "rows.csv:4: volume \"1e999\" is not a number");
  check_says(message, "2 problems in all (cell 2)");
  check_says(message, "--lenient");
  const auto [panel, report] = lenient(csv, IssueKind::kCell);
  BOOST_TEST(std::isnan(panel.field("close")(1, 0)));
  BOOST_TEST(panel.field("high")(1, 0) == 11.0F);
  BOOST_TEST(report.made_missing.at("cell").count == 2);
  check_says(report.made_missing.at("cell").examples.front(), "rows.csv:3: close");
  check_says(panel.notes.back(), "2 values were made missing for cell");
}

BOOST_AUTO_TEST_CASE(dates_and_codes_that_are_none_are_named_and_their_rows_may_be_dropped) {
  const std::string csv = kHeader + kGood + "04.01.2011,A,10,11,9,10,1000\n" +
                          "2011-01-05,,10,11,9,10,1000\n2011-01-06,A,10,11,9,10,1000\n";
  const auto message = refusal_of(csv);
  check_says(message, "rows.csv:3: date \"04.01.2011\" is not a date like 2011-01-04 or 20110104");
  check_says(message, "rows.csv:4: code is empty; a code like 600519.SH is expected");
  const auto [panel, report] = lenient(csv, IssueKind::kCell);
  BOOST_TEST(panel.n_days() == 2);
  BOOST_TEST(report.made_missing.at("cell").count == 2);
}

BOOST_AUTO_TEST_CASE(
    rows_with_too_few_or_too_many_cells_are_named_and_later_rows_keep_their_numbers) {
  const std::string csv = kHeader + "2011-01-04,A,10\n" + "2011-01-05,A,10,11,9,10,1000,7,8\n" +
                          "2011-01-06,A,10,8,9,10,1000\n";
  const auto message = refusal_of(csv);
  check_says(message, "rows.csv:2: expected 7 cells as in the header, got 3");
  check_says(message, "rows.csv:3: expected 7 cells as in the header, got 9");
  check_says(message, "rows.csv:4: high 8 is below low 9");
}

BOOST_AUTO_TEST_CASE(two_rows_of_one_stock_and_day_are_named_and_neither_counts) {
  const std::string csv =
      kHeader + kGood + "2011-01-05,A,10,11,9,10,1000\n" + "20110104,A,10,11,9,10,1000\n";
  check_says(refusal_of(csv), "rows.csv:4: a second row of A on 2011-01-04; the first is at ");
  check_says(refusal_of(csv), "rows.csv:2");
  const auto [panel, report] = lenient(csv, IssueKind::kDuplicate);
  BOOST_TEST(std::isnan(panel.field("close")(0, 0)));
  BOOST_TEST(panel.field("close")(1, 0) == 10.0F);
  BOOST_TEST(report.made_missing.at("duplicate").count == 1);
}

BOOST_AUTO_TEST_CASE(high_below_low_is_named_and_both_may_become_missing) {
  const std::string csv = kHeader + "2011-01-04,A,10,8.5,9,10,1000\n";
  check_says(refusal_of(csv), "rows.csv:2: high 8.5 is below low 9");
  const auto [panel, report] = lenient(csv, IssueKind::kHighLow);
  BOOST_TEST(std::isnan(panel.field("high")(0, 0)));
  BOOST_TEST(std::isnan(panel.field("low")(0, 0)));
  BOOST_TEST(panel.field("close")(0, 0) == 10.0F);
}

BOOST_AUTO_TEST_CASE(prices_that_are_not_positive_and_negative_volumes_are_named) {
  const std::string csv = kHeader + kGood + "2011-01-05,A,0,11,9,-10,-1000\n";
  const auto message = refusal_of(csv);
  check_says(message, "rows.csv:3: open 0 is not positive");
  check_says(message, "rows.csv:3: close -10 is not positive");
  check_says(message, "rows.csv:3: volume -1000 is negative");
  check_says(message, "3 problems in all (price 2, volume 1)");
  check_says(refusal_of(csv, {IssueKind::kPrice}), "1 problem in all (volume 1)");
  BOOST_TEST(refusal_of(csv, {IssueKind::kPrice, IssueKind::kVolume}).empty());
}

BOOST_AUTO_TEST_CASE(days_the_calendar_does_not_have_are_named) {
  const TemporaryFolder folder;
  folder.write("rows.csv", kHeader + kGood + "2011-01-08,A,10,11,9,10,1000\n" +
                               "2011-01-08,B,10,11,9,10,1000\n2011-01-10,A,10,11,9,10,1000\n");
  folder.write("index_daily.csv",
               "date,code,open,high,low,close,volume\n2011-01-04,I,1,1,1,1,1\n"
               "2011-01-10,I,1,1,1,1,1\n");
  ImportReport report;
  BOOST_CHECK_EXCEPTION((void)import_panel({.inputs = {folder.path()}}, report), DataError,
                        [](const DataError& error) {
                          check_says(error.what(), "rows.csv:3: 2011-01-08 is no trading day of ");
                          check_says(error.what(),
                                     "index_daily.csv (1 more rows of that day in this file)");
                          return true;
                        });
  const Panel panel =
      import_panel({.inputs = {folder.path()}, .lenient = {IssueKind::kDate}}, report);
  BOOST_TEST(panel.n_days() == 2);
}

BOOST_AUTO_TEST_CASE(missing_columns_are_named_with_those_there_are) {
  check_says(refusal_of("date,code,open,high,low,volume\n"),
             "rows.csv:1: no column close; the columns are date, code, open, high, low, volume");
  check_says(refusal_of("a,b\n1,2\n"), "no column date, code, open, high, low, close, volume");
}

BOOST_AUTO_TEST_CASE(a_column_that_looks_misspelt_is_named_and_may_be_ignored) {
  const std::string csv =
      "date,code,open,high,low,close,volume,adj_facter,note\n2011-01-04,A,10,11,9,10,1000,1,x\n";
  check_says(refusal_of(csv), "rows.csv:1: column \"adj_facter\" is unknown; is adj_factor meant?");
  const auto [panel, report] = lenient(csv, IssueKind::kColumn);
  BOOST_TEST(!panel.has("adj_factor"));
}

BOOST_AUTO_TEST_CASE(two_columns_of_one_name_are_refused) {
  check_says(refusal_of("date,code,open,high,low,close,Close,volume\n"),
             "rows.csv:1: two columns are named \"close\"");
}

BOOST_AUTO_TEST_CASE(all_problems_of_all_files_come_in_one_go_and_are_counted) {
  const TemporaryFolder folder;
  std::string many = kHeader;
  for (int i = 0; i < 100; ++i) many += fmt::format("2011-01-04,A{},10,8,9,x,1000\n", i);
  folder.write("a.csv", many);
  folder.write("b.csv", "date,code\n");
  folder.write("c.csv.gz", "not gzip");
  folder.write("d.csv", kHeader + "2011-01-05,A,10,8,9,10,1000\n");
  folder.write("constituents.csv", "code,start,end,index\nA,2011-01-05,2011-01-04,x\nB,?,,x\n");
  ImportReport report;
  BOOST_CHECK_EXCEPTION(
      (void)import_panel({.inputs = {folder.path()}}, report), DataError,
      [](const DataError& error) {
        check_says(error.what(), "a.csv:2: close \"x\" is not a number");
        check_says(error.what(), "… and 165 more");
        check_says(error.what(), "205 problems in all (file 2, cell 101, high_low 101, date 1)");
        return true;
      });
}

BOOST_AUTO_TEST_CASE(problems_of_side_files_are_named) {
  const TemporaryFolder folder;
  folder.write("rows.csv", kHeader + kGood);
  folder.write("constituents.csv",
               "code,start,end,index\nA,2011-01-05,2011-01-04,x\nA,?,,x\nA,2011-01-04,,\n");
  folder.write("shares.csv", "code,date,float_shares\nA,2011-01-04,-5\nA,2011-01-05,many\n");
  folder.write("names.csv", "code,name\nA,B\n");
  folder.write("index_daily.csv",
               "date,code,open,high,low,close\n2011-01-04,I,1,1,1,0\n2011-01-04,I,1,1,1,2\n");
  ImportReport report;
  BOOST_CHECK_EXCEPTION(
      (void)import_panel({.inputs = {folder.path()}}, report), DataError,
      [](const DataError& error) {
        const std::string message = error.what();
        check_says(message,
                   "constituents.csv:2: the end 2011-01-04 lies before the start 2011-01-05");
        check_says(message, "constituents.csv:3: start \"?\" is not a date");
        check_says(message, "constituents.csv:4: index is empty");
        check_says(message, "shares.csv:2: -5 shares are negative");
        check_says(message, "shares.csv:3: float_shares \"many\" is not a number");
        check_says(message, "names.csv:1: no column start");
        check_says(message, "index_daily.csv:2: close 0 is not positive");
        check_says(message, "index_daily.csv:3: a second row of I on 2011-01-04");
        return true;
      });
}

BOOST_AUTO_TEST_CASE(nothing_to_import_is_said) {
  const TemporaryFolder folder;
  ImportReport report;
  const auto message = [&](const ImportOptions& options) -> std::string {
    try {
      (void)import_panel(options, report);
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  };
  check_says(message({}), "nothing to import");
  check_says(message({.inputs = {folder / "none"}}), "none: there is no such file or directory");
  check_says(message({.inputs = {folder.path()}}), "no table of prices there");
  check_says(message({.inputs = {folder.write("rows.csv", kHeader)}}), "holds no row");
  check_says(message({.inputs = {folder.write("empty.csv", "")}}), "empty.csv: is empty");
  check_says(message({.inputs = {folder.write("rows.xlsx", "x")}}), "unknown kind of table");
  check_says(message({.inputs = {folder.path()}, .format = ImportFormat::kQlib}),
             "is no qlib directory");
  BOOST_CHECK_EXCEPTION((void)issue_kind("all"), ConfigError, [](const ConfigError& error) {
    check_says(error.what(), "\"all\" is no kind of problem; expected cell, duplicate, high_low");
    return true;
  });
}
