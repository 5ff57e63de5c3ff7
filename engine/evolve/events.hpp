#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "engine/core/json.hpp"
#include "engine/evolve/append_file.hpp"
#include "engine/evolve/search.hpp"

namespace evofactor::evolve {

/// The line of a generation in events.ndjson, and back. Numbers that are not finite are null there.
[[nodiscard]] Json to_json(const GenerationRecord& record);
/// @throws Json::exception
[[nodiscard]] GenerationRecord record_from_json(const Json& json);

/// events.ndjson of a search: one object per generation, resume and stop.
class EventLog {
 public:
  explicit EventLog(const std::filesystem::path& folder);
  [[nodiscard]] bool empty() const { return file_->size() == 0; }
  /// True if the last thing that happened was a stop for this reason.
  [[nodiscard]] bool ended_with(StopReason reason) const;
  void generation(const GenerationRecord& record);
  /// Brings the file in line with the generations that stand (`history`), then notes where the
  /// search goes on: `from` is a checkpoint's name, nothing means from the start.
  void resume(std::span<const GenerationRecord> history, const std::optional<std::string>& from,
              std::uint64_t journal_lines);
  void stop(StopReason reason);

 private:
  void append(const Json& event);
  std::optional<AppendFile> file_;  ///< always there; replaced when the file is
};

}  // namespace evofactor::evolve
