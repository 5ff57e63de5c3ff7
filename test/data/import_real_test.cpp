#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>

#include "data/panel_store.hpp"
#include "test/data/market_files.hpp"

using namespace evofactor;
using namespace evofactor::test;

namespace {
std::filesystem::path real_data() {
  const char* folder = std::getenv("EVOFACTOR_DATA");
  return folder != nullptr ? folder : EVOFACTOR_SOURCE_DIR "/../shared/data";
}
}  // namespace

BOOST_AUTO_TEST_CASE(the_real_market_imports_as_it_is_known, *boost::unit_test::label("slow")) {
  if (!std::filesystem::exists(real_data() / "constituents.csv")) {
    BOOST_TEST_MESSAGE("skipped: no market data in " << real_data());
    return;
  }
  ImportReport report;
  Panel panel = import_panel({.inputs = {real_data()}}, report);
  BOOST_TEST(panel.n_stocks() == 1776);
  BOOST_TEST(report.rows == 5123979);
  BOOST_TEST(report.made_missing.empty());
  BOOST_TEST(report.suspected.count("open_or_close_outside_high_low") == 0U);
  BOOST_TEST(report.suspected.count("vwap_outside_high_low") == 0U);
  const auto stock = static_cast<std::size_t>(std::ranges::lower_bound(panel.stocks, "600519.SH") -
                                              panel.stocks.begin());
  for (const auto& [date, close] :
       {std::pair{Date{20100104}, 169.94F}, std::pair{Date{20200622}, 1439.00F},
        std::pair{Date{20211231}, 2050.00F}})
    BOOST_TEST(panel.field("close")(static_cast<std::size_t>(panel.calendar.at_or_after(date)),
                                    stock) == close);
  BOOST_TEST(panel.indices.size() == 4U);
  BOOST_TEST(panel.industry_names.size() > 100U);

  const auto members_on = [&](const std::string& universe, Date date) {
    int n = 0;
    const auto day = static_cast<std::size_t>(panel.calendar.at_or_after(date));
    for (const auto member : panel.universes.at(universe).row(day)) n += member;
    return n;
  };
  for (const Date date : {20110104, 20150105, 20181228, 20211231}) {
    BOOST_TEST(members_on("csi300", date) == 300);
    BOOST_TEST(members_on("csi500", date) == 500);
    BOOST_TEST(members_on("csi800", date) == 800);
  }

  const TemporaryFolder folder;
  const auto file = folder / "panel.h5";
  write_panel(file, panel);
  const int first = panel.calendar.at_or_after(20110104);
  const Panel part = read_panel(file, DayRange{first, first + 370});
  BOOST_TEST(part.n_days() == 370);
  for (std::size_t d = 0; d < 370; ++d)
    BOOST_TEST((std::memcmp(part.field("close").row(d).data(),
                            panel.field("close").row(d + static_cast<std::size_t>(first)).data(),
                            1776 * sizeof(float)) == 0));
}
