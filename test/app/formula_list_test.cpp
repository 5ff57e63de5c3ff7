#include "experiments/app/formula_list.hpp"

#include <boost/test/unit_test.hpp>

#include "test/support/temporary_folder.hpp"

namespace evofactor::app {
namespace {

BOOST_AUTO_TEST_SUITE(formula_list)

BOOST_AUTO_TEST_CASE(a_file_gives_formulas_with_and_without_names) {
  const test::TemporaryFolder folder;
  const auto file =
      folder.write("f.txt", "# comment\n\nrange\tsub(high, low)\n  close / open \r\n");
  Problems problems;
  const auto list = list_formulas({"-close"}, file, problems);
  BOOST_TEST(problems.empty());
  BOOST_TEST_REQUIRE(list.size() == 3U);
  BOOST_TEST(formula::to_string(list[0].program) == "neg(close)");
  BOOST_TEST(list[1].name == "range");
  BOOST_TEST(list[2].name.empty());
  BOOST_TEST(formula::to_string(list[2].program) == "div(close, open)");
  BOOST_TEST(list[2].text == "close / open");
}

BOOST_AUTO_TEST_CASE(every_wrong_line_is_reported_with_its_place) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("f.txt", "close\na\tnonsense(close)\na\topen\na\thigh\n(\n");
  Problems problems;
  (void)list_formulas({"open", "clse"}, file, problems);
  const std::string text = problems.text();
  BOOST_TEST_CONTEXT(text) {
    BOOST_TEST(problems.lines().size() == 5U);
    BOOST_TEST(test::contains(text, "--formula 2: "));
    BOOST_TEST(test::contains(text, "f.txt:2: "));
    BOOST_TEST(test::contains(text, "f.txt:3: the name \"a\" is already used by"));
    BOOST_TEST(test::contains(text, "f.txt:4: the name \"a\""));
    BOOST_TEST(test::contains(text, "f.txt:5: "));
  }
}

BOOST_AUTO_TEST_CASE(headings_are_never_alike) {
  Problems problems;
  const auto list = list_formulas({"close", "close", "open"}, std::nullopt, problems);
  const std::vector<std::string> expected = {"close", "close (2)", "open"};
  BOOST_TEST(headings(list) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_refused) {
  Problems problems;
  BOOST_CHECK_THROW((void)list_formulas({}, "/nowhere/f.txt", problems), StoreError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::app
