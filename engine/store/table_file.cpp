#include "engine/store/table_file.hpp"

#include <arrow/io/compressed.h>
#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/table.h>
#include <arrow/util/compression.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>

#include <algorithm>
#include <cctype>

#include "engine/core/error.hpp"

namespace evofactor {
namespace {

std::string lower_extension(const std::filesystem::path& file) {
  std::string extension = file.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

template <class T>
T value_or_throw(arrow::Result<T> result, const std::filesystem::path& file) {
  if (!result.ok())
    throw DataError(
        fmt::format("{}: cannot be read: {}", file.string(), result.status().message()));
  return std::move(result).ValueUnsafe();
}

}  // namespace

bool is_compressed(const std::filesystem::path& file) {
  const std::string extension = lower_extension(file);
  return extension == ".gz" || extension == ".zst";
}

std::optional<TableFormat> table_format(const std::filesystem::path& file) {
  if (is_compressed(file)) {
    const auto inner = table_format(file.stem());
    return inner == TableFormat::kCsv ? inner : std::nullopt;
  }
  const std::string extension = lower_extension(file);
  if (extension == ".csv" || extension == ".tsv" || extension == ".txt") return TableFormat::kCsv;
  if (extension == ".parquet" || extension == ".pq") return TableFormat::kParquet;
  if (extension == ".feather" || extension == ".arrow") return TableFormat::kFeather;
  return std::nullopt;
}

std::shared_ptr<arrow::io::InputStream> open_decompressed(const std::filesystem::path& file) {
  std::shared_ptr<arrow::io::InputStream> input =
      value_or_throw(arrow::io::ReadableFile::Open(file.string()), file);
  if (!is_compressed(file)) return input;
  // A stream asks its codec for a new decompressor at each member of a file, and readers may keep
  // the stream: codecs live as long as the process.
  static const auto gzip = arrow::util::Codec::Create(arrow::Compression::GZIP).ValueOrDie();
  static const auto zstd = arrow::util::Codec::Create(arrow::Compression::ZSTD).ValueOrDie();
  arrow::util::Codec* codec = lower_extension(file) == ".gz" ? gzip.get() : zstd.get();
  return value_or_throw(arrow::io::CompressedInputStream::Make(codec, input), file);
}

std::shared_ptr<arrow::Table> read_columnar(const std::filesystem::path& file) {
  const auto input = value_or_throw(arrow::io::ReadableFile::Open(file.string()), file);
  if (table_format(file) == TableFormat::kFeather) {
    auto options = arrow::ipc::IpcReadOptions::Defaults();
    options.use_threads = false;
    const auto reader =
        value_or_throw(arrow::ipc::RecordBatchFileReader::Open(input, options), file);
    return value_or_throw(reader->ToTable(), file);
  }
  try {
    const auto reader =
        value_or_throw(parquet::arrow::OpenFile(input, arrow::default_memory_pool()), file);
    reader->set_use_threads(false);
    return value_or_throw(reader->ReadTable(), file);
  } catch (const parquet::ParquetException& error) {
    throw DataError(fmt::format("{}: cannot be read: {}", file.string(), error.what()));
  }
}

}  // namespace evofactor
