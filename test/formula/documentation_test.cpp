#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "engine/formula/aliases.hpp"
#include "engine/formula/functions.hpp"

using namespace evofactor::formula;

BOOST_AUTO_TEST_SUITE(documentation)

BOOST_AUTO_TEST_CASE(the_language_page_has_every_function_field_and_alias) {
  std::ifstream file(EVOFACTOR_SOURCE_DIR "/docs/formula-language.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  BOOST_REQUIRE(!page.empty());
  for (const FunctionInfo& row : functions()) {
    std::string shown = signature(row);
    if (const auto bar = shown.find('|'); bar != std::string::npos) shown.insert(bar, "\\");
    BOOST_TEST(page.find("| `" + shown + "` | " + std::string(row.doc) + " |") != std::string::npos,
               shown);
  }
  for (const std::string_view field : known_fields())
    BOOST_TEST(page.find(field) != std::string::npos, field);
  for (const Dialect dialect : {Dialect::kQlib, Dialect::kAlphagen})
    for (const Alias& alias : aliases(dialect))
      BOOST_TEST(page.find(alias.name) != std::string::npos, alias.name);
}

BOOST_AUTO_TEST_SUITE_END()
