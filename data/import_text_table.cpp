#include "data/import_text_table.hpp"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <cmath>
#include <limits>

#include "data/import_cells.hpp"
#include "data/import_table.hpp"

namespace evofactor {

TextTable::TextTable(const std::filesystem::path& file, std::vector<ColumnSpec> wanted,
                     Issues& issues)
    : file_(file.string()), issues_(issues), wanted_(std::move(wanted)), columns_(wanted_.size()) {
  TableStream stream(file, wanted_, wanted_.size(), CsvCells::kText, issues);
  std::vector<std::string> texts;
  while (const auto batch = stream.next()) {
    const auto before = static_cast<std::int64_t>(rows_.size());
    for (std::int64_t i = 0; i < batch->num_rows(); ++i)
      rows_.push_back(stream.row_number(before + i));
    for (std::size_t c = 0; c < wanted_.size(); ++c) {
      const auto column = stream.column(*batch, c);
      if (!column) continue;
      decode_texts(*column, texts);
      columns_[c].insert(columns_[c].end(), texts.begin(), texts.end());
    }
  }
}

const std::string& TextTable::text(std::size_t row, std::size_t column) const {
  static const std::string kEmpty;
  return columns_[column].empty() ? kEmpty : columns_[column][row];
}

std::optional<std::string> TextTable::code(std::size_t row, std::size_t column) const {
  std::string code = normal_code(text(row, column));
  if (!code.empty()) return code;
  issues_.add(IssueKind::kCell, "{}: {} is empty; a code like 600519.SH is expected", place(row),
              wanted_[column].name);
  return std::nullopt;
}

std::optional<Date> TextTable::date(std::size_t row, std::size_t column,
                                    std::optional<Date> empty) const {
  const std::string& cell = text(row, column);
  if (cell.empty() && empty) return empty;
  const auto date = date_of_text(cell);
  if (!date)
    issues_.add(IssueKind::kCell, "{}: {} \"{}\" is not a date like 2011-01-04 or 20110104",
                place(row), wanted_[column].name, cell);
  return date;
}

double TextTable::number(std::size_t row, std::size_t column) const {
  const auto value = number_of_text(text(row, column));
  if (!value)
    issues_.add(IssueKind::kCell,
                "{}: {} \"{}\" is not a number; use an empty cell for a missing value", place(row),
                wanted_[column].name, text(row, column));
  return value.value_or(std::numeric_limits<double>::quiet_NaN());
}

std::string TextTable::place(std::size_t row) const {
  return fmt::format("{}:{}", file_, rows_[row]);
}

}  // namespace evofactor
