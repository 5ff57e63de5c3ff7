#pragma once
#include <arrow/type_fwd.h>

#include <filesystem>
#include <memory>

namespace evofactor {

/// Writes a table by the file's extension: .csv, .csv.gz, .parquet. Temporary file, then rename.
/// @throws StoreError
void write_table(const std::filesystem::path& file, const arrow::Table& table);
/// Reads .csv, .csv.gz, .csv.zst, .parquet, .feather with Arrow's own types. @throws DataError
/// naming file and row
[[nodiscard]] std::shared_ptr<arrow::Table> read_table(const std::filesystem::path& file);

}  // namespace evofactor
