#include <boost/test/unit_test.hpp>

#include "engine/core/error.hpp"
#include "test/data/market_files.hpp"

using namespace evofactor;
using namespace evofactor::test;

namespace {

void write_series(const TemporaryFolder& folder, const std::string& name,
                  const std::vector<float>& values) {
  folder.write("q/features/" + name + ".day.bin",
               {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
}

/// The rows as a qlib directory: prices times factor, volumes divided by it, from each stock's
/// first row on.
void write_qlib(const TemporaryFolder& folder, const std::vector<Bar>& bars,
                const std::vector<Date>& days) {
  std::string calendar, all;
  for (const Date day : days) calendar += to_string(day) + "\n";
  folder.write("q/calendars/day.txt", calendar);
  std::map<std::string, std::map<std::string, std::vector<float>>> series;
  for (const Bar& b : bars) {
    const auto day =
        static_cast<std::size_t>(std::ranges::lower_bound(days, b.date) - days.begin());
    for (const auto& [name, value] :
         {std::pair{"open", b.open * b.adj_factor}, std::pair{"high", b.high * b.adj_factor},
          std::pair{"low", b.low * b.adj_factor}, std::pair{"close", b.close * b.adj_factor},
          std::pair{"vwap", b.vwap * b.adj_factor}, std::pair{"volume", b.volume / b.adj_factor},
          std::pair{"factor", b.adj_factor}}) {
      auto& values = series[b.code.substr(7) + b.code.substr(0, 6)][name];
      if (values.empty()) values.push_back(static_cast<float>(day));
      values.resize(1 + day - static_cast<std::size_t>(values[0]), kMissing);
      values.push_back(static_cast<float>(value));
    }
  }
  for (const auto& [code, fields] : series) {
    std::string lower = code;
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    for (const auto& [name, values] : fields) write_series(folder, lower + "/" + name, values);
    all += code + "\t2005-01-01\t2030-01-01\n";
  }
  folder.write("q/instruments/all.txt", all);
}

std::string refusal(const TemporaryFolder& folder) {
  ImportReport report;
  try {
    (void)import_panel({.inputs = {folder / "q"}}, report);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

void check_says(const std::string& message, const std::string& part) {
  BOOST_TEST_INFO(message);
  BOOST_TEST(contains(message, part), "says \"" << part << "\"");
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_qlib_directory_gives_the_raw_panel_of_the_same_rows) {
  const auto bars = some_bars();
  const TemporaryFolder folder;
  write_qlib(folder, bars, weekdays(150));
  folder.write("q/instruments/csi300.txt",
               "SH600519\t2011-01-05\t2011-02-01\nSZ000001\t2011-01-10\t2011-03-01\n");
  write_series(folder, "sh000300/close", {0, 100, 101, 102});
  const auto csv = folder.write("rows.csv", csv_of(bars));
  const Panel expected = import_of(csv);
  const Panel panel = import_of(folder / "q");
  BOOST_TEST(panel.stocks == expected.stocks, boost::test_tools::per_element());
  BOOST_TEST((panel.calendar == expected.calendar));
  for (const char* field : {"open", "high", "low", "close"})
    BOOST_TEST(same_values(panel.field(field), expected.field(field)), field);
  const auto& volume = panel.field("volume");
  const auto& expected_volume = expected.field("volume");
  for (std::size_t d = 0; d < volume.rows(); ++d)
    for (std::size_t s = 0; s < volume.columns(); ++s)
      if (!std::isnan(expected_volume(d, s)))
        BOOST_TEST(volume(d, s) == expected_volume(d, s), boost::test_tools::tolerance(1e-6F));
  BOOST_TEST(same_values(panel.field("adj_factor"), expected.field("adj_factor")));
  BOOST_TEST(panel.universes.size() == 1U);
  const auto& members = panel.universes.at("csi300");
  BOOST_TEST(int{members(1, 2)} == 0);
  BOOST_TEST(int{members(2, 2)} == 1);
  BOOST_TEST(int{members(30, 2)} == 0);
  BOOST_TEST(int{members(149, 0)} == 1);  // its end is the file's last date: open
  BOOST_TEST(panel.indices.at("000300.SH").close[1] == 101.0);
}

BOOST_AUTO_TEST_CASE(damaged_qlib_files_are_named) {
  const TemporaryFolder folder;
  write_qlib(folder, some_bars(), weekdays(150));
  folder.write("q/features/sh600519/close.day.bin", "12345");
  write_series(folder, "sz000001/open", {-3, 1, 2});
  write_series(folder, "sz300750/high", std::vector<float>(200, 140.0F));
  std::filesystem::remove(folder / "q/features/sh688981/volume.day.bin");
  folder.write("q/instruments/csi500.txt", "SH600519\tsoon\t2011-02-01\n");
  const auto message = refusal(folder);
  check_says(message, "close.day.bin: 5 bytes are not a start index and values of 4 bytes each");
  check_says(message, "open.day.bin: starts at index -3");
  check_says(message,
             "high.day.bin: its 199 values from day 140 on reach beyond the calendar's 150");
  check_says(message, "sh688981: no usable volume.day.bin");
  check_says(message,
             "csi500.txt:1: \"SH600519\tsoon\t2011-02-01\" is not a code, a first and a last");
}

BOOST_AUTO_TEST_CASE(prices_without_their_factor_are_refused) {
  const TemporaryFolder folder;
  write_qlib(folder, some_bars(), weekdays(150));
  write_series(folder, "sh600519/factor", {100, 1, 1});
  check_says(refusal(folder), "factor nan is not positive, so prices cannot be told");
}
