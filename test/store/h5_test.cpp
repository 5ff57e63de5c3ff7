#include "engine/store/h5.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>

#include "engine/core/error.hpp"
#include "engine/core/rng.hpp"
#include "engine/store/atomic_file.hpp"
#include "test/support/temporary_folder.hpp"

using namespace evofactor;
using test::contains;
using test::TemporaryFolder;

namespace {
template <class T>
std::vector<T> counting(std::size_t n) {
  std::vector<T> values(n);
  std::iota(values.begin(), values.end(), T{1});
  return values;
}
template <class T>
void check_round_trip(h5::File& file, const std::string& name) {
  file.write(name, counting<T>(7));
  BOOST_TEST(file.read<T>(name) == counting<T>(7), boost::test_tools::per_element());
}
auto says(std::string part) {
  return [part = std::move(part)](const StoreError& error) {
    BOOST_TEST_INFO(error.what());
    BOOST_TEST(contains(error.what(), part));
    return contains(error.what(), part);
  };
}
}  // namespace

BOOST_AUTO_TEST_CASE(numbers_of_every_type_come_back) {
  const TemporaryFolder folder;
  auto file = h5::File::create(folder / "n.h5");
  check_round_trip<std::uint8_t>(file, "group/u8");
  check_round_trip<std::int16_t>(file, "group/i16");
  check_round_trip<std::int32_t>(file, "group/i32");
  check_round_trip<std::uint32_t>(file, "group/u32");
  check_round_trip<std::int64_t>(file, "group/i64");
  check_round_trip<std::uint64_t>(file, "group/u64");
  check_round_trip<float>(file, "group/f32");
  check_round_trip<double>(file, "group/deeper/f64");
  BOOST_TEST(
      file.group("group").children() ==
          (std::vector<std::string>{"deeper", "f32", "i16", "i32", "i64", "u32", "u64", "u8"}),
      boost::test_tools::per_element());
  BOOST_TEST(file.has("group/deeper/f64"));
  BOOST_TEST(!file.has("group/none/f64"));
}

BOOST_AUTO_TEST_CASE(grids_come_back_whole_and_by_rows) {
  const TemporaryFolder folder;
  Grid<float> grid(300, 1001);
  for (std::size_t r = 0; r < grid.rows(); ++r)
    for (std::size_t c = 0; c < grid.columns(); ++c)
      grid(r, c) = static_cast<float>(r) + static_cast<float>(c) / 2048.0F;
  {
    auto file = h5::File::create(folder / "g.h5");
    file.write("grid", grid);
    file.write("flat", std::span<const double>(counting<double>(6)), 2, 3);
    file.close();
  }
  const auto file = h5::File::open(folder / "g.h5");
  BOOST_TEST((file.read_grid<float>("grid") == grid));
  const auto part = file.read_grid<float>("grid", DayRange{130, 133});
  BOOST_TEST(part.rows() == 3U);
  BOOST_TEST(part(2, 1000) == grid(132, 1000));
  BOOST_TEST(file.read_grid<double>("flat")(1, 2) == 6.0);
  BOOST_CHECK_EXCEPTION(file.read_grid<float>("grid", DayRange{299, 301}), StoreError,
                        says("rows [299, 301) are asked for, it has 300"));
}

BOOST_AUTO_TEST_CASE(texts_bytes_and_empty_things_come_back) {
  const TemporaryFolder folder;
  const std::vector<std::string> short_texts{"600519.SH", "", "贵州茅台"};
  std::vector<std::string> uneven(2000, "x");
  uneven[7] = std::string(100000, 'y');
  const std::vector<std::byte> bytes{std::byte{0}, std::byte{255}, std::byte{10}};
  {
    auto file = h5::File::create(folder / "t.h5");
    file.write_texts("short", short_texts);
    file.write_texts("uneven", uneven);
    file.write_texts("none", {});
    file.write_bytes("bytes", bytes);
    file.write_bytes("no_bytes", {});
    file.write("nothing", std::vector<double>{});
    file.write("no_rows", Grid<float>(0, 5));
    file.close();
  }
  const auto file = h5::File::open(folder / "t.h5");
  BOOST_TEST(file.read_texts("short") == short_texts, boost::test_tools::per_element());
  BOOST_TEST((file.read_texts("uneven") == uneven));
  BOOST_TEST(file.read_texts("none").empty());
  BOOST_TEST((file.read_bytes("bytes") == bytes));
  BOOST_TEST(file.read_bytes("no_bytes").empty());
  BOOST_TEST(file.read<double>("nothing").empty());
  BOOST_TEST(file.read_grid<float>("no_rows").columns() == 5U);
  BOOST_TEST(std::filesystem::file_size(folder / "t.h5") < 400000U);
}

BOOST_AUTO_TEST_CASE(attributes_come_back_and_can_be_set_again) {
  const TemporaryFolder folder;
  auto file = h5::File::create(folder / "a.h5");
  file.set_attribute("format", "one");
  file.set_attribute("format", "another text");
  file.set_attribute("empty", "");
  file.set_attribute("version", std::int64_t{3});
  auto group = file.make_group("run/inner");
  group.set_attribute("rate", 0.25);
  BOOST_TEST(file.text_attribute("format") == "another text");
  BOOST_TEST(file.text_attribute("empty") == "");
  BOOST_TEST(file.integer_attribute("version") == 3);
  BOOST_TEST(file.group("run/inner").real_attribute("rate") == 0.25);
  BOOST_TEST(!file.has_attribute("none"));
  BOOST_CHECK_EXCEPTION((void)file.text_attribute("none"), StoreError, says("/@none"));
  BOOST_CHECK_EXCEPTION((void)file.integer_attribute("format"), StoreError,
                        says("another type than expected"));
}

BOOST_AUTO_TEST_CASE(another_type_than_expected_is_refused_not_converted) {
  const TemporaryFolder folder;
  auto file = h5::File::create(folder / "n.h5");
  file.write("ids", counting<std::int32_t>(3));
  BOOST_CHECK_EXCEPTION((void)file.read<std::int64_t>("ids"), StoreError,
                        says("n.h5:/ids: values of type i64 are expected"));
  BOOST_CHECK_EXCEPTION((void)file.read<float>("ids"), StoreError, says("type f32"));
  BOOST_CHECK_EXCEPTION((void)file.read_texts("ids"), StoreError, says("texts are expected"));
  BOOST_CHECK_EXCEPTION((void)file.read<float>("none"), StoreError,
                        says("/none: there is no such dataset"));
}

BOOST_AUTO_TEST_CASE(missing_torn_and_foreign_files_are_refused) {
  const TemporaryFolder folder;
  BOOST_CHECK_EXCEPTION(h5::File::open(folder / "none.h5"), StoreError, says("no such file"));
  BOOST_CHECK_EXCEPTION(h5::File::open(folder.write("text.h5", "hello")), StoreError,
                        says("text.h5: no HDF5 file"));
  {
    auto file = h5::File::create(folder / "n.h5");
    file.write("values", counting<double>(100000));
    file.close();
  }
  const auto bytes = read_text(folder / "n.h5");
  folder.write("torn.h5", bytes.substr(0, bytes.size() - 100));
  BOOST_CHECK_EXCEPTION(h5::File::open(folder / "torn.h5"), StoreError, says("truncated"));
}

BOOST_AUTO_TEST_CASE(a_flipped_byte_never_goes_unnoticed) {
  const TemporaryFolder folder;
  Rng rng(Seed{5});
  std::vector<double> values(5000);
  for (double& value : values) value = rng.normal();
  const std::vector<std::string> texts{"alpha", "beta"};
  {
    auto file = h5::File::create(folder / "n.h5");
    file.write("values", values);
    file.write_texts("texts", texts);
    file.set_attribute("format", "evofactor.test");
    file.close();
  }
  const auto bytes = read_text(folder / "n.h5");
  int noticed = 0;
  for (int trial = 0; trial < 200; ++trial) {
    auto damaged = bytes;
    const auto at = rng.below(damaged.size());
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << rng.below(8)));
    folder.write("damaged.h5", damaged);
    try {
      const auto file = h5::File::open(folder / "damaged.h5");
      // Unused space may take a flip without harm; what is read must then be what was written.
      BOOST_TEST_CONTEXT("byte " << at) {
        BOOST_TEST((file.read<double>("values") == values));
        BOOST_TEST((file.read_texts("texts") == texts));
        BOOST_TEST(file.text_attribute("format") == "evofactor.test");
      }
    } catch (const StoreError&) {
      ++noticed;
    }
  }
  BOOST_TEST(noticed > 150);
}
