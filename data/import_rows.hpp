#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/import_columns.hpp"
#include "data/import_issues.hpp"
#include "data/panel.hpp"

namespace evofactor {

inline constexpr double kSharesPerLot = 100;
inline constexpr double kCnyPerThousand = 1000;

/// Rows of one source (a file, or a stock of a qlib directory), checked by themselves, in columns.
struct RowBlock {
  explicit RowBlock(const std::set<IssueKind>& lenient) : issues(lenient) {}

  std::string source;              ///< file, or folder of the stock
  std::vector<std::string> codes;  ///< normal codes that occur
  std::vector<Date> dates;         ///< of each row
  std::vector<std::int32_t> code;  ///< of each row, index into codes
  std::vector<std::uint32_t> row;  ///< number of each row in the file; empty for qlib
  std::array<std::vector<float>, kFieldCount>
      fields;  ///< raw, CNY and shares; empty if the source lacks it
  Issues issues;
  [[nodiscard]] std::size_t size() const { return dates.size(); }
  /// "file:12" or "features/sh600519 2010-01-04", for messages.
  [[nodiscard]] std::string place(std::size_t i) const;
};

/// Values of one row in f64, before they are kept as f32.
using RowValues = std::array<double, kFieldCount>;

/// Checks a row by itself and makes lenient problems missing. `place` is asked for only when there
/// is a problem.
void check_row(RowValues& values, const std::function<std::string()>& place, Issues& issues);

/// Reads a long table. A CSV file is converted by Arrow; if a cell does not fit, once more cell by
/// cell, so that all that do not fit are told. @throws DataError if nothing can be made of the file
[[nodiscard]] RowBlock read_rows(const std::filesystem::path& file, const ImportOptions& options);

}  // namespace evofactor
