#pragma once
#include <arrow/type_fwd.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace arrow::io {
class InputStream;
}

namespace evofactor {

/// Kinds of table files, told apart by name: .csv .tsv .txt (plain, .gz or .zst) · .parquet .pq ·
/// .feather .arrow.
enum class TableFormat { kCsv, kParquet, kFeather };
/// None if the name has no known extension.
[[nodiscard]] std::optional<TableFormat> table_format(const std::filesystem::path& file);
/// True if the name ends in `.gz` or `.zst`.
[[nodiscard]] bool is_compressed(const std::filesystem::path& file);

/// Bytes of the file, decompressed if its name ends in .gz or .zst. @throws DataError if it cannot
/// be opened
[[nodiscard]] std::shared_ptr<arrow::io::InputStream> open_decompressed(
    const std::filesystem::path& file);
/// Whole Parquet or Feather file, read by the calling thread alone. @throws DataError naming the
/// file
[[nodiscard]] std::shared_ptr<arrow::Table> read_columnar(const std::filesystem::path& file);

}  // namespace evofactor
