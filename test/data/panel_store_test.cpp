#include "data/panel_store.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstring>

#include "data/panel_chunks.hpp"
#include "engine/core/error.hpp"
#include "engine/store/atomic_file.hpp"
#include "engine/store/h5.hpp"
#include "test/data/market_files.hpp"

using namespace evofactor;
using namespace evofactor::test;

namespace {

Panel sample_panel(const TemporaryFolder& folder) {
  folder.write("in/rows.csv", csv_of(some_bars()));
  folder.write("in/constituents.csv",
               "code,start,end,index\n600519.SH,2011-02-01,2011-03-01,000300\n"
               "000001.SZ,2010-01-01,2012-01-01,000905\n");
  folder.write("in/index_daily.csv", [] {
    std::string text = "date,code,open,high,low,close,volume\n";
    for (const Date day : weekdays(150))
      text += fmt::format("{},000300.SH,10,12,9,11,{}\n", to_string(day), day % 1000);
    return text;
  }());
  folder.write("in/industry.csv", "code,industry,list_date\n600519.SH,白酒,2001-08-27\n");
  return import_of(folder / "in");
}

void check_equal_days(const Panel& part, const Panel& whole, DayRange days) {
  BOOST_TEST(part.stocks == whole.stocks, boost::test_tools::per_element());
  BOOST_TEST(part.n_days() == days.size());
  const auto check = [&]<class T>(const Grid<T>& a, const Grid<T>& b) {
    BOOST_TEST(a.rows() == static_cast<std::size_t>(days.size()));
    for (std::size_t d = 0; d < a.rows(); ++d)
      BOOST_TEST(
          (std::memcmp(a.row(d).data(), b.row(d + static_cast<std::size_t>(days.first)).data(),
                       a.row(d).size_bytes()) == 0));
  };
  BOOST_TEST(part.fields.size() == whole.fields.size());
  for (const auto& [name, grid] : part.fields) check(grid, whole.fields.at(name));
  for (const auto& [name, grid] : part.universes) check(grid, whole.universes.at(name));
  check(part.st, whole.st);
  check(part.listed_days, whole.listed_days);
  check(part.limit_up, whole.limit_up);
  check(part.limit_down, whole.limit_down);
  for (int d = 0; d < part.n_days(); ++d) {
    BOOST_TEST(part.calendar[d] == whole.calendar[d + days.first]);
    BOOST_TEST(part.indices.at("000300.SH").volume[static_cast<std::size_t>(d)] ==
               whole.indices.at("000300.SH").volume[static_cast<std::size_t>(d + days.first)]);
  }
}

auto says(std::string part) {
  return [part = std::move(part)](const Error& error) {
    BOOST_TEST_INFO(error.what());
    BOOST_TEST(contains(error.what(), part));
    return true;
  };
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_panel_comes_back_whole_and_by_days) {
  const TemporaryFolder folder;
  Panel panel = sample_panel(folder);
  const auto file = folder / "panel.h5";
  write_panel(file, panel);
  const Panel back = read_panel(file);
  check_equal_days(back, panel, {0, 150});
  BOOST_TEST(back.fingerprint == panel.fingerprint);
  BOOST_TEST(back.notes == panel.notes, boost::test_tools::per_element());
  BOOST_TEST(back.source == panel.source);
  BOOST_TEST(back.industry == panel.industry, boost::test_tools::per_element());
  BOOST_TEST(back.industry_names == panel.industry_names, boost::test_tools::per_element());
  for (const DayRange days :
       {DayRange{0, 64}, DayRange{63, 65}, DayRange{64, 128}, DayRange{130, 150}, DayRange{7, 7}})
    BOOST_TEST_CONTEXT("days " << days.first << " to " << days.last) {
      const Panel part = read_panel(file, days);
      check_equal_days(part, panel, days);
      BOOST_TEST(part.fingerprint == panel.fingerprint);
    }
}

BOOST_AUTO_TEST_CASE(the_header_tells_what_is_there_without_values) {
  const TemporaryFolder folder;
  Panel panel = sample_panel(folder);
  write_panel(folder / "panel.h5", panel);
  const auto header = read_panel_header(folder / "panel.h5");
  BOOST_TEST(header.calendar.size() == 150);
  BOOST_TEST(header.stocks.size() == 4U);
  BOOST_TEST(header.fields == (std::vector<std::string>{"adj_factor", "amount", "close", "high",
                                                        "low", "open", "volume", "vwap"}),
             boost::test_tools::per_element());
  BOOST_TEST(header.universes == (std::vector<std::string>{"csi300", "csi500", "csi800"}),
             boost::test_tools::per_element());
  BOOST_TEST(header.fingerprint == panel.fingerprint);
}

BOOST_AUTO_TEST_CASE(a_fingerprint_changes_with_any_value_and_only_with_values) {
  const TemporaryFolder folder;
  Panel panel = sample_panel(folder);
  write_panel(folder / "one.h5", panel);
  const auto fingerprint = panel.fingerprint;
  Panel moved = panel;
  moved.source = "elsewhere";
  write_panel(folder / "two.h5", moved);
  BOOST_TEST(moved.fingerprint == fingerprint);
  Panel value = panel;
  value.fields["close"](149, 3) += 0.01F;
  write_panel(folder / "two.h5", value);
  BOOST_TEST(value.fingerprint != fingerprint);
  Panel status = panel;
  status.st(0, 0) ^= 1;
  write_panel(folder / "two.h5", status);
  BOOST_TEST(status.fingerprint != fingerprint);
  Panel code = panel;
  code.stocks[0] = "000002.SZ";
  write_panel(folder / "two.h5", code);
  BOOST_TEST(code.fingerprint != fingerprint);
}

BOOST_AUTO_TEST_CASE(no_panel_a_newer_one_and_a_torn_one_are_refused) {
  const TemporaryFolder folder;
  Panel panel = sample_panel(folder);
  const auto file = folder / "panel.h5";
  write_panel(file, panel);
  BOOST_CHECK_EXCEPTION((void)read_panel(folder / "none.h5"), StoreError, says("no such file"));
  BOOST_CHECK_EXCEPTION((void)read_panel(folder.write("csv.h5", "date,code\n")), StoreError,
                        says("csv.h5: no HDF5 file"));
  {
    auto other = h5::File::create(folder / "other.h5");
    other.set_attribute("format", "somebody.else");
    other.close();
    auto newer = h5::File::create(folder / "newer.h5");
    newer.set_attribute("format", "evofactor.panel");
    newer.set_attribute("version", std::int64_t{99});
    newer.close();
  }
  BOOST_CHECK_EXCEPTION((void)read_panel_header(folder / "other.h5"), StoreError,
                        says("other.h5: is no panel"));
  BOOST_CHECK_EXCEPTION(
      (void)read_panel_header(folder / "newer.h5"), StoreError,
      says("written in panel format 99 by a newer evofactor; this one reads up to 1"));
  const auto bytes = read_text(file);
  for (const double share : {0.0, 0.01, 0.5, 0.99}) {
    folder.write(
        "torn.h5",
        bytes.substr(0, static_cast<std::size_t>(share * static_cast<double>(bytes.size()))));
    BOOST_CHECK_THROW((void)read_panel(folder / "torn.h5"), StoreError);
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_byte_is_found_or_harmless) {
  const TemporaryFolder folder;
  Panel panel = sample_panel(folder);
  write_panel(folder / "panel.h5", panel);
  const auto bytes = read_text(folder / "panel.h5");
  Rng rng(Seed{11});
  int found = 0;
  for (int trial = 0; trial < 100; ++trial) {
    auto damaged = bytes;
    const auto at = rng.below(damaged.size());
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << rng.below(8)));
    folder.write("damaged.h5", damaged);
    try {
      const Panel back = read_panel(folder / "damaged.h5");
      BOOST_TEST_CONTEXT("byte " << at) { check_equal_days(back, panel, {0, 150}); }
    } catch (const StoreError&) {
      ++found;
    }
  }
  BOOST_TEST(found > 40);
}

BOOST_AUTO_TEST_CASE(only_the_chunks_of_the_days_are_touched) {
  const TemporaryFolder folder;
  Panel panel = sample_panel(folder);
  // Values that do not compress, so that a byte of the last chunk is easy to hit.
  Rng rng(Seed{1});
  auto& close = panel.fields["close"];
  for (std::size_t d = 0; d < close.rows(); ++d)
    for (float& value : close.row(d)) value = static_cast<float>(rng.uniform());
  write_panel(folder / "panel.h5", panel);
  auto bytes = read_text(folder / "panel.h5");
  {
    const auto file = h5::File::open(folder / "panel.h5");
    const auto packed =
        file.dataset("fields/close").read_filtered_chunk(std::array<std::size_t, 2>{128, 0});
    const auto at =
        bytes.find(std::string(reinterpret_cast<const char*>(packed.data()), packed.size()));
    BOOST_REQUIRE(at != std::string::npos);
    bytes[at + packed.size() / 2] ^= 1;
  }
  folder.write("damaged.h5", bytes);
  check_equal_days(read_panel(folder / "damaged.h5", DayRange{0, 128}), panel, {0, 128});
  BOOST_CHECK_EXCEPTION((void)read_panel(folder / "damaged.h5", DayRange{120, 129}), StoreError,
                        says("a checksum of fields/close does not fit"));
}

BOOST_AUTO_TEST_CASE(chunks_packed_by_hand_are_what_hdf5_packs) {
  const TemporaryFolder folder;
  Rng rng(Seed{2});
  Grid<float> grid(64, 33);
  for (std::size_t r = 0; r < grid.rows(); ++r)
    for (float& value : grid.row(r)) value = static_cast<float>(rng.normal());
  auto file = h5::File::create(folder / "c.h5");
  auto dataset = file.make_dataset<float>("by_hand", 64, 33, 64, 33);
  std::vector<float> raw;
  for (std::size_t r = 0; r < grid.rows(); ++r)
    raw.insert(raw.end(), grid.row(r).begin(), grid.row(r).end());
  dataset.write_filtered_chunk(std::array<std::size_t, 2>{0, 0},
                               pack_chunk(std::as_bytes(std::span<const float>(raw)), 4));
  file.write("by_hdf5", grid);
  file.close();
  const auto written = h5::File::open(folder / "c.h5");
  BOOST_TEST((written.read_grid<float>("by_hand") == grid));
  const auto packed =
      written.dataset("by_hdf5").read_filtered_chunk(std::array<std::size_t, 2>{0, 0});
  std::vector<float> back(raw.size());
  BOOST_TEST(unpack_chunk(packed, 4, std::as_writable_bytes(std::span<float>(back))));
  BOOST_TEST((back == raw));
}

BOOST_AUTO_TEST_CASE(any_hdf5_reader_can_read_a_panel) {
  const TemporaryFolder folder;
  Panel panel = sample_panel(folder);
  write_panel(folder / "panel.h5", panel);
  const auto file = h5::File::open(folder / "panel.h5");
  BOOST_TEST(same_values(file.read_grid<float>("fields/close"), panel.fields.at("close")));
  BOOST_TEST((file.read_grid<std::uint8_t>("universe/csi500") == panel.universes.at("csi500")));
  BOOST_TEST((file.read_grid<std::int32_t>("status/listed_days") == panel.listed_days));
  BOOST_TEST((file.dataset("fields/close").chunk_shape() == std::vector<std::size_t>{64, 4}));
}
