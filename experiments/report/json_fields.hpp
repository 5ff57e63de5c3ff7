#pragma once
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/json.hpp"

namespace evofactor::report {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// Reading files that other versions may have written: nothing here throws for a key that is not
// there.

/// The value of a key; null if there is none.
[[nodiscard]] inline const Json& at(const Json& object, const char* key) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}
/// NaN, a fallback, empty text, false and no numbers stand for what is missing or of another type.
[[nodiscard]] inline double number(const Json& object, const char* key) {
  const Json& value = at(object, key);
  return value.is_number() ? value.get<double>() : kUnknown;
}
[[nodiscard]] inline std::int64_t integer(const Json& object, const char* key,
                                          std::int64_t fallback = 0) {
  const Json& value = at(object, key);
  return value.is_number() ? value.get<std::int64_t>() : fallback;
}
[[nodiscard]] inline std::string text(const Json& object, const char* key) {
  const Json& value = at(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}
[[nodiscard]] inline bool flag(const Json& object, const char* key) {
  const Json& value = at(object, key);
  return value.is_boolean() && value.get<bool>();
}
[[nodiscard]] inline std::vector<double> numbers(const Json& list) {
  std::vector<double> result;
  if (!list.is_array()) return result;
  for (const Json& value : list)
    result.push_back(value.is_number() ? value.get<double>() : kUnknown);
  return result;
}

/// The file's JSON; nothing if there is no file. @throws StoreError if it cannot be parsed
[[nodiscard]] std::optional<Json> read_json(const std::filesystem::path& file);

}  // namespace evofactor::report
