#include "engine/store/table.hpp"

#include <arrow/csv/api.h>
#include <arrow/io/compressed.h>
#include <arrow/io/file.h>
#include <arrow/table.h>
#include <arrow/util/compression.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>

#include "engine/core/error.hpp"
#include "engine/store/atomic_file.hpp"
#include "engine/store/table_file.hpp"

namespace evofactor {
namespace {

void check_written(const arrow::Status& status, const std::filesystem::path& file) {
  if (!status.ok())
    throw StoreError(fmt::format("{}: cannot be written: {}", file.string(), status.message()));
}
template <class T>
T made(arrow::Result<T> result, const std::filesystem::path& file) {
  check_written(result.status(), file);
  return std::move(result).ValueUnsafe();
}

void write_csv(const std::filesystem::path& file, const arrow::Table& table,
               const std::shared_ptr<arrow::io::OutputStream>& raw) {
  auto options = arrow::csv::WriteOptions::Defaults();
  options.batch_size = 1 << 14;
  if (!is_compressed(file)) {
    check_written(arrow::csv::WriteCSV(table, options, raw.get()), file);
    return;
  }
  const auto kind = file.extension() == ".gz" ? arrow::Compression::GZIP : arrow::Compression::ZSTD;
  // Arrow's gzip default, 9, takes several times as long for files a tenth smaller.
  constexpr int kLevel = 4;
  const auto codec = made(arrow::util::Codec::Create(kind, kLevel), file);
  const auto packed = made(arrow::io::CompressedOutputStream::Make(codec.get(), raw), file);
  check_written(arrow::csv::WriteCSV(table, options, packed.get()), file);
  check_written(packed->Close(), file);
}

void write_parquet(const std::filesystem::path& file, const arrow::Table& table,
                   const std::shared_ptr<arrow::io::OutputStream>& raw) {
  // One thread and fixed settings: equal tables give equal bytes.
  const auto properties =
      parquet::WriterProperties::Builder().compression(arrow::Compression::ZSTD)->build();
  try {
    check_written(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), raw,
                                             parquet::DEFAULT_MAX_ROW_GROUP_LENGTH, properties),
                  file);
  } catch (const parquet::ParquetException& error) {
    throw StoreError(fmt::format("{}: cannot be written: {}", file.string(), error.what()));
  }
}

}  // namespace

void write_table(const std::filesystem::path& file, const arrow::Table& table) {
  const auto format = table_format(file);
  if (format != TableFormat::kCsv && format != TableFormat::kParquet)
    throw StoreError(
        fmt::format("{}: tables are written as .csv, .csv.gz or .parquet; give a name that ends so",
                    file.string()));
  replace_file(file, [&](const std::filesystem::path& temporary) {
    const auto raw = made(arrow::io::FileOutputStream::Open(temporary.string()), file);
    if (format == TableFormat::kCsv)
      write_csv(file, table, raw);
    else
      write_parquet(file, table, raw);
    check_written(raw->Close(), file);
  });
}

std::shared_ptr<arrow::Table> read_table(const std::filesystem::path& file) {
  const auto format = table_format(file);
  if (!format)
    throw DataError(
        fmt::format("{}: unknown kind of table; expected a name that ends in .csv, .csv.gz, "
                    ".csv.zst, .parquet or .feather",
                    file.string()));
  if (*format != TableFormat::kCsv) return read_columnar(file);
  auto read = arrow::csv::ReadOptions::Defaults();
  read.use_threads = false;  // only then does a message name the row
  auto parse = arrow::csv::ParseOptions::Defaults();
  auto reader =
      arrow::csv::TableReader::Make(arrow::io::default_io_context(), open_decompressed(file), read,
                                    parse, arrow::csv::ConvertOptions::Defaults());
  auto table = reader.ok() ? (*reader)->Read()
                           : arrow::Result<std::shared_ptr<arrow::Table>>(reader.status());
  if (!table.ok())
    throw DataError(fmt::format("{}: cannot be read: {}", file.string(), table.status().message()));
  return std::move(table).ValueUnsafe();
}

}  // namespace evofactor
