#pragma once
#include <filesystem>
#include <vector>

#include "data/import_rows.hpp"
#include "data/import_sides.hpp"

namespace evofactor {

/// What a qlib directory holds.
struct QlibData {
  GivenCalendar calendar;
  std::vector<RowBlock> blocks;  ///< one a stock, prices and volumes raw
  IndexTable indices;            ///< of the codes that are indices
  std::vector<Membership> members;
  std::vector<std::filesystem::path> files;
};

/// True if the folder has calendars/day.txt and features/.
[[nodiscard]] bool is_qlib(const std::filesystem::path& folder);

/// Reads calendars/day.txt, instruments/*.txt (universes; all.txt is implied) and
/// features/<code>/<field>.day.bin. qlib keeps prices times `factor` and volumes divided by it;
/// they are turned back into raw ones, prices of SH, SZ and BJ codes to the whole cent where that
/// is what f32 rounded off. `progress` is told the share done.
/// @throws DataError if there is no calendar
[[nodiscard]] QlibData read_qlib(const std::filesystem::path& folder, const ImportOptions& options,
                                 Issues& issues, std::vector<std::string>& notes,
                                 const std::function<void(double)>& progress);

}  // namespace evofactor
