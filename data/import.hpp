#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "data/panel.hpp"
#include "engine/core/json.hpp"

namespace evofactor {

enum class ImportFormat { kAuto, kCsv, kParquet, kQlib };
enum class VolumeUnit { kShares, kLots };  ///< a lot is 100 shares
enum class AmountUnit { kCny, kThousandCny };

/// Kinds of wrong input. Each is refused unless it is made lenient: then what is wrong becomes
/// missing, and is counted.
enum class IssueKind {
  kCell,       ///< a cell that is no number, date or code, or a row with too few or too many cells
  kDuplicate,  ///< two rows of one stock and day (lenient: neither counts)
  kHighLow,    ///< high < low (lenient: both missing)
  kPrice,      ///< a price or adjustment factor that is not positive
  kVolume,     ///< a negative volume, amount or number of shares
  kDate,       ///< a day the calendar does not have, or an interval that ends before it starts
  kColumn,     ///< a column that looks misspelt (lenient: ignored)
};
[[nodiscard]] std::string_view name_of(IssueKind kind);
/// Inverse of `name_of`: cell duplicate high_low price volume date column. @throws ConfigError
/// naming them
[[nodiscard]] IssueKind issue_kind(std::string_view name);

struct ImportOptions {
  /// One qlib directory, or directories and files of long tables; side files are told apart by
  /// name.
  std::vector<std::filesystem::path> inputs;
  ImportFormat format = ImportFormat::kAuto;
  std::set<IssueKind> lenient = {};
  VolumeUnit volume_unit = VolumeUnit::kShares;
  AmountUnit amount_unit = AmountUnit::kCny;
  /// Side files under other names or elsewhere.
  std::optional<std::filesystem::path> constituents = {}, index_daily = {}, shares = {}, names = {},
                                       industry = {};
  /// Told the stage and how much of it is done, in [0, 1]; may be called from any thread, one call
  /// at a time.
  std::function<void(std::string_view stage, double fraction)> progress = {};
};

/// Something counted, with the first few places where it is.
struct Finding {
  std::int64_t count = 0;
  std::vector<std::string> examples;
};

/// Days on which a stock is in a universe, and how many of those have no row.
struct MemberGaps {
  std::int64_t member_days = 0;
  std::int64_t without_row = 0;
  double mean_members = 0;  ///< a day, over days with any member
};

struct ImportReport {
  int days = 0;
  int stocks = 0;
  std::int64_t rows = 0;
  Date first = 0, last = 0;
  std::vector<std::string> fields;
  std::vector<std::string> files;               ///< what was read, side files included
  std::map<std::string, MemberGaps> gaps;       ///< by universe
  std::map<std::string, Finding> suspected;     ///< by kind: odd but accepted
  std::map<std::string, Finding> made_missing;  ///< by lenient kind
  std::vector<std::string> warnings;
  [[nodiscard]] Json to_json() const;
};

/// Reads, checks and assembles market data; fills status as well. What is taken and what is
/// refused: docs/data.md. Equal input gives an equal panel for any number of threads.
/// @throws ConfigError if there is nothing to read; DataError with every problem found (40 in
/// words, then how many)
[[nodiscard]] Panel import_panel(const ImportOptions& options, ImportReport& report);

}  // namespace evofactor
