#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/import_issues.hpp"
#include "data/panel.hpp"

namespace evofactor {

/// Numeric fields of a long table, in the order their columns are kept in.
enum Field : std::size_t {
  kOpen,
  kHigh,
  kLow,
  kClose,
  kVolume,
  kVwap,
  kAmount,
  kAdjFactor,
  kFloatShares,
  kTotalShares,
  kFieldCount
};
inline constexpr std::array<std::string_view, kFieldCount> kFieldNames{
    "open", "high",   "low",        "close",        "volume",
    "vwap", "amount", "adj_factor", "float_shares", "total_shares"};

/// A column that is looked for, under its own name first and then under each alias in turn.
struct ColumnSpec {
  std::string_view name;
  std::vector<std::string_view> aliases;  ///< lower case
  bool required = true;
};
/// date, code and the fields, in the order of `Field`.
[[nodiscard]] const std::vector<ColumnSpec>& long_table_columns();

/// Where each wanted column lies among those of the header; none if it is not there. A missing
/// required column is a DataError (thrown: nothing can be read without it); an unknown one that
/// looks like a misspelt wanted one that is missing is an issue.
[[nodiscard]] std::vector<std::optional<std::size_t>> find_columns(
    const std::string& file, const std::vector<std::string>& header,
    const std::vector<ColumnSpec>& wanted, Issues& issues);

/// 600519.SH for SH600519, sh.600519, 600519.XSHG, 600519.SS and so on (SZ and BJ likewise); others
/// as given.
[[nodiscard]] std::string normal_code(std::string_view text);

/// Date of 2011-01-04, 20110104, 2011/1/4, or a timestamp at midnight or at the close (15:00); none
/// for anything else.
[[nodiscard]] std::optional<Date> date_of_text(std::string_view text);

/// NaN for an empty cell and for "nan"; none for what is no finite number.
[[nodiscard]] std::optional<double> number_of_text(std::string_view text);

}  // namespace evofactor
