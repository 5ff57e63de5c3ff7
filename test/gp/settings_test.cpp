#include <boost/test/unit_test.hpp>
#include <string>

#include "baselines/gp/formula_genome.hpp"
#include "baselines/gp/gp_settings.hpp"
#include "engine/core/error.hpp"
#include "engine/formula/parse.hpp"

using namespace evofactor;
using namespace evofactor::gp;

BOOST_AUTO_TEST_SUITE(gp_settings)

BOOST_AUTO_TEST_CASE(written_settings_read_back_equal) {
  GpSettings settings;
  settings.max_nodes = 17;
  settings.creation = Creation::kFull;
  settings.rates.erase = 0.25;
  settings.initial_formulas = {"ts_rank(close, 5)"};
  const Json json = write_settings(settings);
  BOOST_TEST(json["rates"]["delete"] == 0.25);
  GpSettings read;
  Problems problems;
  read_settings(json, "e.json", "/search", read, problems);
  BOOST_TEST(problems.empty(), problems.text());
  BOOST_TEST(write_settings(read) == json);
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_told) {
  const Json json = {{"max_nodes", 1},
                     {"functions", {"ts_men"}},
                     {"windows", Json::array()},
                     {"initial_formulas", {"ts_mean(clos, 5)"}},
                     {"min_initial_depth", 7}};
  GpSettings settings;
  Problems problems;
  read_settings(json, "e.json", "/search", settings, problems);
  const std::string text = problems.text();
  for (const char* part :
       {"/search/max_nodes", "did you mean \"ts_mean\"?", "expected at least one window",
        "did you mean \"close\"?", "expected at most max_initial_depth"})
    BOOST_TEST(text.find(part) != std::string::npos, part << " in\n" << text);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(formula_genome)

BOOST_AUTO_TEST_CASE(json_reads_back_equal) {
  const FormulaGenome genome{formula::parse_or_throw("ts_quantile(close / open, 20, 0.3)")};
  BOOST_TEST((genome_from_json(to_json(genome)) == genome));
}

BOOST_AUTO_TEST_CASE(damaged_json_is_a_store_error) {
  BOOST_CHECK_THROW((void)genome_from_json(Json::parse(R"({"formul": "close"})")), StoreError);
  BOOST_CHECK_THROW((void)genome_from_json(Json::parse(R"({"formula": "clos"})")), StoreError);
}

BOOST_AUTO_TEST_CASE(order_of_commutative_operands_does_not_make_another_candidate) {
  const FormulaGenome a{formula::parse_or_throw("ts_rank(high + low, 5)")};
  const FormulaGenome b{formula::parse_or_throw("ts_rank(low + high, 5)")};
  BOOST_TEST((content_hash(a) == content_hash(b)));
  BOOST_TEST(!(a == b));
}

BOOST_AUTO_TEST_CASE(cross_sections_and_long_ordered_windows_cost_most) {
  const auto of = [](const char* text) { return cost({formula::parse_or_throw(text)}); };
  BOOST_TEST(of("close") < of("neg(close)"));
  BOOST_TEST(of("neg(close)") < of("ts_mean(close, 5)"));
  BOOST_TEST(of("ts_rank(close, 5)") < of("ts_rank(close, 60)"));
  BOOST_TEST(of("ts_mean(close, 5)") < of("cs_rank(close)"));
}

BOOST_AUTO_TEST_SUITE_END()
