#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/json.hpp"

namespace evofactor {

/// Inclusive bounds of a number; infinite by default.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

/// Visits the keys of one JSON object. A settings struct has one function
/// `void describe(FieldVisitor&, Settings&)` that names each key once; reading (with every check),
/// writing with all defaults, and JSON Schema are three visitors over that one description, so they
/// cannot disagree.
///
/// The value passed in is the default when reading; it is overwritten where the file gives the key.
class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;
  virtual void field(std::string_view key, bool& value, std::string_view doc) = 0;
  virtual void field(std::string_view key, std::string& value, std::string_view doc) = 0;
  virtual void field(std::string_view key, double& value, Bounds bounds, std::string_view doc) = 0;
  virtual void field(std::string_view key, std::int64_t& value, Bounds bounds,
                     std::string_view doc) = 0;
  virtual void field(std::string_view key, std::vector<std::string>& value,
                     std::string_view doc) = 0;
  virtual void field(std::string_view key, std::vector<double>& value, Bounds bounds,
                     std::string_view doc) = 0;
  virtual void field(std::string_view key, std::vector<std::int64_t>& value, Bounds bounds,
                     std::string_view doc) = 0;
  /// null stands for no value.
  virtual void field(std::string_view key, std::optional<double>& value, Bounds bounds,
                     std::string_view doc) = 0;
  virtual void field(std::string_view key, std::optional<std::int64_t>& value, Bounds bounds,
                     std::string_view doc) = 0;
  virtual void field(std::string_view key, std::optional<std::string>& value,
                     std::string_view doc) = 0;
  /// Object of name -> number; unknown names are refused when `names` is not empty.
  virtual void field(std::string_view key, std::vector<std::pair<std::string, double>>& value,
                     std::span<const std::string_view> names, Bounds bounds,
                     std::string_view doc) = 0;
  /// Any JSON, checked by the caller later.
  virtual void raw(std::string_view key, Json& value, std::string_view doc) = 0;
  /// One of `names`, as an index into them.
  virtual void choice(std::string_view key, std::size_t& index,
                      std::span<const std::string_view> names, std::string_view doc) = 0;
  /// A nested object.
  virtual void group(std::string_view key, const std::function<void(FieldVisitor&)>& describe,
                     std::string_view doc) = 0;
  /// A list of objects; `describe(visitor, i)` describes element i, `resize(n)` sets their number
  /// first.
  virtual void list(std::string_view key, std::size_t size,
                    const std::function<void(std::size_t)>& resize,
                    const std::function<void(FieldVisitor&, std::size_t)>& describe,
                    std::string_view doc) = 0;
  /// A rule that needs more than one key. Ignored except when reading: `message` becomes a problem
  /// at `key` when `holds` is false.
  virtual void require(bool holds, std::string_view key, std::string_view message) = 0;

  // Conveniences over the above.
  void field(std::string_view key, int& value, Bounds bounds, std::string_view doc) {
    std::int64_t wide = value;
    if (bounds.high > std::numeric_limits<int>::max())
      bounds.high = std::numeric_limits<int>::max();
    if (bounds.low < std::numeric_limits<int>::min()) bounds.low = std::numeric_limits<int>::min();
    field(key, wide, bounds, doc);
    value = static_cast<int>(wide);
  }
  template <class Enum, std::size_t N>
  void choice(std::string_view key, Enum& value,
              const std::array<std::pair<std::string_view, Enum>, N>& names, std::string_view doc) {
    std::array<std::string_view, N> texts;
    std::size_t index = 0;
    for (std::size_t i = 0; i < N; ++i) {
      texts[i] = names[i].first;
      if (names[i].second == value) index = i;
    }
    choice(key, index, std::span<const std::string_view>(texts), doc);
    value = names[index].second;
  }
  template <class Settings>
  void group(std::string_view key, Settings& settings, std::string_view doc) {
    group(
        key, [&](FieldVisitor& v) { describe(v, settings); }, doc);
  }
};

/// Reads `node` (an object) into whatever `describe` names. Problems are collected as
/// "FILE:/json/pointer: expected …, got …": wrong types, out of bounds, unknown keys with the
/// nearest known one. Values with a problem keep their default.
void read_settings(const Json& node, std::string_view file, std::string_view pointer,
                   const std::function<void(FieldVisitor&)>& describe, Problems& problems);

/// The object with every key written.
[[nodiscard]] Json write_settings(const std::function<void(FieldVisitor&)>& describe);

/// JSON Schema (draft 2020-12) of the object.
[[nodiscard]] Json schema_of_settings(const std::function<void(FieldVisitor&)>& describe);

/// A struct with a `describe(FieldVisitor&, Settings&)` found by argument-dependent lookup.
template <class S>
concept Described = requires(FieldVisitor& v, S& s) {
  describe(v, s);
};

template <Described Settings>
void read_settings(const Json& node, std::string_view file, std::string_view pointer,
                   Settings& settings, Problems& problems) {
  read_settings(
      node, file, pointer, [&](FieldVisitor& v) { describe(v, settings); }, problems);
}
template <Described Settings>
[[nodiscard]] Json write_settings(Settings settings) {
  return write_settings([&](FieldVisitor& v) { describe(v, settings); });
}

/// The element of `known` with the smallest edit distance to `name`; empty if none is within a
/// third of its length + 1.
[[nodiscard]] std::string_view nearest(std::string_view name,
                                       std::span<const std::string_view> known);

}  // namespace evofactor
