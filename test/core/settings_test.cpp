#include "engine/core/settings.hpp"

#include <boost/test/unit_test.hpp>

using namespace evofactor;

namespace {
enum class Colour { kRed, kBlue };
struct Inner {
  double rate = 0.5;
  std::optional<std::int64_t> limit = 7;
};
void describe(FieldVisitor& v, Inner& s) {
  v.field("rate", s.rate, {.low = 0, .high = 1}, "Share.");
  v.field("limit", s.limit, {.low = 1}, "Most.");
}
struct Outer {
  int population = 64;
  bool fast = false;
  std::string name = "run";
  Colour colour = Colour::kRed;
  std::vector<double> numbers{1, 2};
  std::vector<std::pair<std::string, double>> rates{{"point", 1.0}, {"hoist", 0.5}};
  Inner inner;
  std::vector<Inner> many;
};
void describe(FieldVisitor& v, Outer& s) {
  static constexpr std::array<std::pair<std::string_view, Colour>, 2> kColours{
      {{"red", Colour::kRed}, {"blue", Colour::kBlue}}};
  static constexpr std::array<std::string_view, 2> kRates{"point", "hoist"};
  v.field("population", s.population, {.low = 2, .high = 1000}, "Members.");
  v.field("fast", s.fast, "Fast.");
  v.field("name", s.name, "Name.");
  v.choice("colour", s.colour, kColours, "Colour.");
  v.field("numbers", s.numbers, {.low = 0}, "Numbers.");
  v.field("rates", s.rates, kRates, {.low = 0}, "Rates.");
  v.group("inner", s.inner, "Inner.");
  v.list(
      "many", s.many.size(), [&](std::size_t n) { s.many.resize(n); },
      [&](FieldVisitor& w, std::size_t i) { describe(w, s.many[i]); }, "Many.");
  v.require(s.population % 2 == 0, "population", "must be even");
}

Outer read(const std::string& text, Problems& problems) {
  Outer settings;
  read_settings(Json::parse(text), "x.json", "", settings, problems);
  return settings;
}
}  // namespace

BOOST_AUTO_TEST_CASE(given_keys_are_read_and_the_others_keep_their_defaults) {
  Problems problems;
  const Outer s = read(R"({"population": 10, "colour": "blue", "inner": {"limit": null},
                           "rates": {"hoist": 2}, "many": [{"rate": 0.1}, {}]})",
                       problems);
  BOOST_TEST(problems.text() == "");
  BOOST_TEST(s.population == 10);
  BOOST_TEST((s.colour == Colour::kBlue));
  BOOST_TEST(!s.inner.limit.has_value());
  BOOST_TEST(s.inner.rate == 0.5);
  BOOST_TEST(s.rates[0].second == 1.0);
  BOOST_TEST(s.rates[1].second == 2.0);
  BOOST_TEST(s.many.size() == 2u);
  BOOST_TEST(s.many[0].rate == 0.1);
}

BOOST_AUTO_TEST_CASE(all_problems_are_reported_at_once_with_their_place) {
  Problems problems;
  (void)read(R"({"population": 1, "fast": 1, "colour": "green", "numbers": [1, -1], "nmae": "x",
                 "rates": {"pint": 1}, "inner": {"rate": 2, "limit": 0.5, "zzz": 1}})",
             problems);
  const std::vector<std::string> expected{
      "x.json:/population: expected an integer in [2, 1000], got 1",
      "x.json:/fast: expected true or false, got 1",
      "x.json:/colour: expected one of \"red\", \"blue\", got \"green\"",
      "x.json:/numbers: expected a list of numbers of at least 0, got [1,-1]",
      "x.json:/rates/pint: unknown key; did you mean \"point\"?",
      "x.json:/inner/rate: expected a number in [0, 1], got 2",
      "x.json:/inner/limit: expected an integer of at least 1 or null, got 0.5",
      "x.json:/inner/zzz: unknown key; known here: \"limit\", \"rate\"",
      "x.json:/nmae: unknown key; did you mean \"name\"?"};
  BOOST_TEST(problems.lines() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_rule_over_several_keys_is_a_problem_at_its_key) {
  Problems problems;
  (void)read(R"({"population": 11})", problems);
  BOOST_TEST(problems.text() == "x.json:/population: must be even");
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_to_the_same_text) {
  Problems problems;
  const Outer s = read(R"({"population": 10, "many": [{"rate": 0.1}]})", problems);
  const Json written = write_settings(s);
  Problems again;
  BOOST_TEST(write_settings(read(written.dump(), again)).dump() == written.dump());
  BOOST_TEST(again.empty());
  BOOST_TEST(written["inner"]["limit"] == 7);
}

BOOST_AUTO_TEST_CASE(the_schema_names_every_key_with_bounds_and_default) {
  Outer s;
  const Json schema = schema_of_settings([&](FieldVisitor& v) { describe(v, s); });
  BOOST_TEST(schema["additionalProperties"] == false);
  BOOST_TEST(schema["properties"]["population"]["maximum"] == 1000);
  BOOST_TEST(schema["properties"]["inner"]["properties"]["rate"]["default"] == 0.5);
  BOOST_TEST(schema["properties"]["many"]["items"]["properties"].contains("limit"));
  BOOST_TEST(schema["properties"]["colour"]["enum"].dump() == R"(["red","blue"])");
}
