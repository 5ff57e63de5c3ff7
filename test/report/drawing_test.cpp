#include <boost/test/unit_test.hpp>
#include <limits>
#include <regex>

#include "experiments/report/figures.hpp"
#include "experiments/report/format.hpp"
#include "experiments/report/formula_drawing.hpp"
#include "experiments/report/network_svg.hpp"
#include "test/support/temporary_folder.hpp"

namespace evofactor::report {
namespace {

using test::contains;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_formula_is_drawn_node_by_node) {
  const std::string svg = formula_svg("ts_corr(close, delay(volume, 1), 10)");
  BOOST_TEST(count(svg, "<rect") == 4u);
  BOOST_TEST(count(svg, "<path") == 3u);
  BOOST_TEST(count(svg, "class=\"leaf\"") == 2u);
  BOOST_TEST(contains(svg, ">ts_corr 10<"));
  BOOST_TEST(contains(svg, ">delay 1<"));
}

BOOST_AUTO_TEST_CASE(boxes_of_one_level_do_not_overlap) {
  const std::string svg = formula_svg(
      "add(ts_quantile(close, 20, 0.3), mul(ts_mean(volume, 5), sub(high, if_else(gt(close, open), "
      "1, low))))");
  std::map<int, std::vector<std::pair<int, int>>> levels;
  const std::regex rect("<rect[^>]* x=\"(\\d+)\" y=\"(\\d+)\" width=\"(\\d+)\"");
  for (std::sregex_iterator it(svg.begin(), svg.end(), rect), end; it != end; ++it)
    levels[std::stoi((*it)[2])].emplace_back(std::stoi((*it)[1]), std::stoi((*it)[3]));
  BOOST_TEST(levels.size() >= 5u);
  for (auto& [_, boxes] : levels) {
    std::sort(boxes.begin(), boxes.end());
    for (std::size_t i = 1; i < boxes.size(); ++i)
      BOOST_TEST(boxes[i - 1].first + boxes[i - 1].second < boxes[i].first);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_formula_is_not_drawn) {
  BOOST_TEST(formula_svg("ts_mean(close").empty());
  BOOST_TEST(formula_svg("").empty());
}

BOOST_AUTO_TEST_CASE(a_network_is_drawn_from_whatever_keys_there_are) {
  const Json genome = {
      {"input", {{"fields", {"open", "close"}}, {"window", 30}}},
      {"layers",
       {{{"kind", "dense"}, {"units", 64}, {"activation", "relu"}, {"batch_norm", true}},
        {{"kind", "<b>"}, {"unheard_of", 3}}}},
      {"prior", "ts_mean(close, 5)"},
      {"prune_rate", 0.25}};
  const std::string svg = network_svg(genome);
  BOOST_TEST(count(svg, "<rect") == 4u);
  BOOST_TEST(contains(svg, "dense 64"));
  BOOST_TEST(contains(svg, "batch_norm"));
  BOOST_TEST(contains(svg, "30 days"));
  BOOST_TEST(contains(svg, "unheard_of 3"));
  BOOST_TEST(contains(svg, "prior ts_mean(close, 5) · prune_rate 0.25"));
  BOOST_TEST(!contains(svg, "<b>"));
  BOOST_TEST(network_svg(Json()).empty());
  BOOST_TEST(network_svg(Json("ts_mean(close, 5)")).empty());
}

BOOST_AUTO_TEST_CASE(numbers_are_written_for_people) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  BOOST_TEST(decimal(0.0123) == ".012");
  BOOST_TEST(decimal(-0.0123) == "−.012");
  BOOST_TEST(decimal(-0.0001) == ".000");
  BOOST_TEST(decimal(1.5, 2) == "1.50");
  BOOST_TEST(decimal(kNaN) == "–");
  BOOST_TEST(decimal(0, 0) == "0");
  BOOST_TEST(signed_decimal(0.0123) == "+.012");
  BOOST_TEST(signed_decimal(0.0001) == ".000");
  BOOST_TEST(thousands(1234567) == "1,234,567");
  BOOST_TEST(thousands(999) == "999");
  BOOST_TEST(percent(0.9951) == "99.5 %");
  BOOST_TEST(duration(95) == "95 s");
  BOOST_TEST(duration(600) == "10 min");
  BOOST_TEST(plain(kNaN) == "");
  BOOST_TEST(escape_html("<a href='x'>&\"") == "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
}

}  // namespace evofactor::report
