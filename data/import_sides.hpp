#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/import_assemble.hpp"
#include "data/import_issues.hpp"
#include "data/panel.hpp"
#include "data/status.hpp"

namespace evofactor {

/// Files beside the rows, each optional.
struct SideFiles {
  std::optional<std::filesystem::path> constituents, index_daily, shares, names, industry;
};

/// Levels by index, on days of their own.
struct IndexTable {
  std::vector<Date> days;  ///< of any index, ascending
  std::map<std::string, std::map<Date, std::array<double, 5>>>
      levels;  ///< open high low close volume
};
/// @throws DataError if the file cannot be read at all
[[nodiscard]] IndexTable read_index_daily(const std::filesystem::path& file, Issues& issues);
/// Sets panel.indices on the panel's calendar.
void put_indices(Panel& panel, const IndexTable& table);

/// A stock's stay in a universe, both dates included; end 0 = still in.
struct Membership {
  std::string universe;
  std::string code;
  Date start = 0, end = 0;
};
/// Interval table code,start,end,index. Intervals that end on the file's last date are made open,
/// with a note.
[[nodiscard]] std::vector<Membership> read_constituents(const std::filesystem::path& file,
                                                        Issues& issues,
                                                        std::vector<std::string>& notes);
/// Makes intervals that end on the last date of all open, with a note in the panel.
void open_last_intervals(std::vector<Membership>& members, const std::string& source,
                         std::vector<std::string>& notes);
/// Sets panel.universes, csi800 as the union of csi300 and csi500 if it is not given. Members
/// without any row are warned of.
void put_universes(Panel& panel, const std::vector<Membership>& members,
                   std::vector<std::string>& warnings);
/// csi300 for 000300 or 000300.SH, and so on; others as given.
[[nodiscard]] std::string universe_name(std::string_view index);

/// Sets float_shares and total_shares, where the rows had none, from each change on until the next.
void put_shares(Panel& panel, const std::filesystem::path& file, Issues& issues);
void read_names(const Panel& panel, const std::filesystem::path& file, StatusSources& sources,
                Issues& issues);
/// Sets industries and listing dates, with a note that it is one snapshot.
void put_industry(Panel& panel, const std::filesystem::path& file, StatusSources& sources,
                  Issues& issues);

}  // namespace evofactor
