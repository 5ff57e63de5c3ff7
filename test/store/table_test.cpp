#include "engine/store/table.hpp"

#include <arrow/api.h>

#include <boost/test/unit_test.hpp>

#include "engine/core/error.hpp"
#include "engine/store/atomic_file.hpp"
#include "test/support/temporary_folder.hpp"

using namespace evofactor;
using test::contains;
using test::TemporaryFolder;

namespace {
std::shared_ptr<arrow::Table> small_table() {
  arrow::StringBuilder codes;
  arrow::DoubleBuilder values;
  if (!codes.AppendValues({"600519.SH", "000001.SZ", "a,\"b\""}).ok() ||
      !values.AppendValues({1.5, 0.1, -3e300}, {true, false, true}).ok())
    throw std::runtime_error("building a table failed");
  return arrow::Table::Make(
      arrow::schema({arrow::field("code", arrow::utf8()), arrow::field("value", arrow::float64())}),
      {codes.Finish().ValueOrDie(), values.Finish().ValueOrDie()});
}
}  // namespace

BOOST_AUTO_TEST_CASE(tables_come_back_from_every_format_they_are_written_in) {
  const TemporaryFolder folder;
  const auto table = small_table();
  for (const char* name : {"t.csv", "t.csv.gz", "t.parquet"}) {
    BOOST_TEST_CONTEXT(name) {
      write_table(folder / name, *table);
      BOOST_TEST(read_table(folder / name)->Equals(*table));
    }
  }
}

BOOST_AUTO_TEST_CASE(equal_tables_give_equal_bytes) {
  const TemporaryFolder folder;
  for (const char* name : {"t.csv.gz", "t.parquet"}) {
    write_table(folder / "one" / name, *small_table());
    write_table(folder / "two" / name, *small_table());
    BOOST_TEST((read_text(folder / "one" / name) == read_text(folder / "two" / name)));
  }
}

BOOST_AUTO_TEST_CASE(a_bad_row_of_a_csv_is_named) {
  const TemporaryFolder folder;
  const auto file = folder.write("t.csv", "a,b\n1,2\n3\n");
  BOOST_CHECK_EXCEPTION(read_table(file), DataError, [](const DataError& error) {
    return contains(error.what(), "t.csv: cannot be read") && contains(error.what(), "Row #3");
  });
}

BOOST_AUTO_TEST_CASE(unknown_or_damaged_tables_are_refused_with_their_name) {
  const TemporaryFolder folder;
  BOOST_CHECK_EXCEPTION(write_table(folder / "t.xlsx", *small_table()), StoreError,
                        [](const StoreError& error) {
                          return contains(error.what(), "t.xlsx: tables are written as .csv");
                        });
  for (const char* name : {"t.xlsx", "t.parquet", "t.feather", "t.csv.gz"}) {
    const auto file = folder.write(name, "neither this nor that");
    BOOST_CHECK_EXCEPTION(read_table(file), DataError,
                          [&](const DataError& error) { return contains(error.what(), name); });
  }
  BOOST_CHECK_THROW(read_table(folder / "none.csv"), DataError);
}
