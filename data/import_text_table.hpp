#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/import_columns.hpp"
#include "data/import_issues.hpp"

namespace evofactor {

/// The wanted columns of a small table, as text, with helpers that convert a cell or report it.
class TextTable {
 public:
  /// @throws DataError if the file cannot be read or lacks a required column
  TextTable(const std::filesystem::path& file, std::vector<ColumnSpec> wanted, Issues& issues);

  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] bool has(std::size_t column) const { return !columns_[column].empty(); }
  /// Empty where the column or the value is missing.
  [[nodiscard]] const std::string& text(std::size_t row, std::size_t column) const;
  /// Stock code in its normal form; none, and an issue, if empty.
  [[nodiscard]] std::optional<std::string> code(std::size_t row, std::size_t column) const;
  /// None, and an issue, if it is no date; `empty` stands for an empty cell, if given.
  [[nodiscard]] std::optional<Date> date(std::size_t row, std::size_t column,
                                         std::optional<Date> empty = std::nullopt) const;
  /// NaN for a missing value, and, with an issue, for what is no number.
  [[nodiscard]] double number(std::size_t row, std::size_t column) const;
  /// "file:12"
  [[nodiscard]] std::string place(std::size_t row) const;
  [[nodiscard]] Issues& issues() const { return issues_; }

 private:
  std::string file_;
  Issues& issues_;
  std::vector<ColumnSpec> wanted_;
  std::vector<std::int64_t> rows_;                 ///< number of each row in the file
  std::vector<std::vector<std::string>> columns_;  ///< empty: not in the file
};

}  // namespace evofactor
