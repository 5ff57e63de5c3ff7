#pragma once
#include <arrow/type_fwd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/import_columns.hpp"
#include "data/import_issues.hpp"

namespace evofactor {

/// How the cells of a CSV file are converted: by Arrow, at full speed, which gives up at the first
/// cell that does not fit; or not at all, so that each such cell can be told.
enum class CsvCells { kTyped, kText };

/// A table file (CSV, Parquet, Feather) as a stream of record batches that hold the wanted columns.
class TableStream {
 public:
  /// `text_columns` of the first wanted columns are texts (dates and codes among them), the others
  /// numbers.
  /// @throws DataError if the file cannot be read or lacks a required column
  TableStream(std::filesystem::path file, const std::vector<ColumnSpec>& wanted,
              std::size_t text_columns, CsvCells cells, Issues& issues);
  ~TableStream();
  /// None at the end. @throws UnfitCell where a CSV cell does not fit its type, DataError where the
  /// file is damaged
  [[nodiscard]] std::shared_ptr<arrow::RecordBatch> next();
  /// Column of the batch for a wanted column; none if the file lacks it.
  [[nodiscard]] std::shared_ptr<arrow::Array> column(const arrow::RecordBatch& batch,
                                                     std::size_t wanted) const;
  [[nodiscard]] bool has(std::size_t wanted) const { return place_[wanted].has_value(); }
  /// Line of a CSV file (the header is line 1, blank lines are not counted) or row of another one
  /// (the first is row 1) of the row with this index among all rows of all batches.
  [[nodiscard]] std::int64_t row_number(std::int64_t index) const;
  /// Name of the column in the file.
  [[nodiscard]] const std::string& column_name(std::size_t wanted) const {
    return header_[*place_[wanted]];
  }

  struct UnfitCell {};

 private:
  struct SkippedRows;
  void open_csv(const std::vector<ColumnSpec>& wanted, std::size_t text_columns, CsvCells cells);
  void open_columnar(const std::vector<ColumnSpec>& wanted);

  std::filesystem::path file_;
  Issues& issues_;
  bool csv_ = false;
  bool empty_ = false;  ///< a header and nothing below it
  bool typed_ = false;
  std::vector<std::string> header_;
  std::vector<std::optional<std::size_t>> place_;         ///< of wanted columns in the header
  std::vector<std::optional<std::size_t>> batch_column_;  ///< of wanted columns in a batch
  std::shared_ptr<arrow::RecordBatchReader> reader_;
  std::shared_ptr<arrow::Table> table_;
  std::shared_ptr<SkippedRows> skipped_;
  std::vector<std::int64_t> known_skipped_;  ///< up to the last batch, ascending
};

}  // namespace evofactor
