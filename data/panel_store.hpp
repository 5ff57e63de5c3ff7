#pragma once
#include <filesystem>
#include <functional>
#include <optional>

#include "data/panel.hpp"

namespace evofactor {

/// Writes panel.h5 (format in docs/run-folder.md) to a temporary file, checks it, then renames.
/// Sets `panel.fingerprint` first (a hash of calendar, stocks, every value and status). @throws
/// StoreError
void write_panel(const std::filesystem::path& file, Panel& panel);

/// What can be known without reading values.
struct PanelHeader {
  Calendar calendar;
  std::vector<std::string> stocks;
  std::vector<std::string> fields;
  std::vector<std::string> universes;
  std::uint64_t fingerprint = 0;
  std::string source;
  std::vector<std::string> notes;
};
/// @throws StoreError if the file is missing, torn, damaged, no panel, or of a newer version
[[nodiscard]] PanelHeader read_panel_header(const std::filesystem::path& file);

/// Reads days [range.first, range.last) of the stored calendar (all if none), touching only the
/// chunks that hold them.
/// @throws StoreError as read_panel_header; a chunk whose checksum does not fit is a damaged file
[[nodiscard]] Panel read_panel(const std::filesystem::path& file,
                               std::optional<DayRange> range = std::nullopt);

}  // namespace evofactor
