#pragma once
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/json.hpp"
#include "engine/evolve/append_file.hpp"
#include "engine/store/atomic_file.hpp"
#include "engine/store/h5.hpp"
#include "test/support/temporary_folder.hpp"

namespace evofactor::evolve::toy {

using Folder = test::TemporaryFolder;
using test::contains;

/// Without every key that contains `seconds`.
inline Json without_seconds(const Json& json) {
  if (!json.is_object()) return json;
  Json result = Json::object();
  for (const auto& [key, value] : json.items())
    if (key.find("seconds") == std::string::npos) result[key] = without_seconds(value);
  return result;
}

inline std::vector<Json> read_ndjson(const std::filesystem::path& file) {
  const std::string text = read_text(file);
  BOOST_TEST((text.empty() || text.back() == '\n'));
  std::vector<Json> lines;
  for (const std::string_view line : whole_lines(text)) lines.push_back(Json::parse(line));
  return lines;
}

/// Lines of a file without times, for comparison.
inline std::string timeless(const std::filesystem::path& file) {
  std::string text;
  for (const Json& line : read_ndjson(file)) text += without_seconds(line).dump() + "\n";
  return text;
}

/// Generation events without times.
inline std::string generation_events(const std::filesystem::path& folder) {
  std::string text;
  for (const Json& line : read_ndjson(folder / "events.ndjson"))
    if (line.at("event") == "generation") text += without_seconds(line).dump() + "\n";
  return text;
}

inline std::vector<Json> events_named(const std::filesystem::path& folder,
                                      const std::string& name) {
  std::vector<Json> found;
  for (const Json& line : read_ndjson(folder / "events.ndjson"))
    if (line.at("event") == name) found.push_back(line);
  return found;
}

inline void describe_group(const h5::Group& group, const std::string& path, std::string& text) {
  for (const std::string& name : group.children()) {
    if (name.find("seconds") != std::string::npos) continue;
    const std::string where = path + "/" + name;
    bool is_group = true;
    try {
      describe_group(group.group(name), where, text);
    } catch (const StoreError&) {
      is_group = false;
    }
    if (is_group) continue;
    const h5::Dataset dataset = group.dataset(name);
    text += where + ":";
    auto add = [&](auto value) {
      using T = decltype(value);
      if (!dataset.holds<T>()) return false;
      for (const T x : group.read<T>(name)) text += fmt::format(" {}", x);
      return true;
    };
    if (!add(std::uint8_t{}) && !add(std::int32_t{}) && !add(std::int64_t{}) &&
        !add(std::uint64_t{}) && !add(double{}))
      for (const std::string& one : group.read_texts(name)) text += " " + one;
    text += "\n";
  }
}

/// Every dataset of an HDF5 file but times, as text.
inline std::string datasets(const std::filesystem::path& file) {
  std::string text;
  describe_group(h5::File::open(file), "", text);
  return text;
}

inline std::string newest_checkpoint(const std::filesystem::path& folder) {
  std::string name = read_text(folder / "checkpoint/latest");
  name.pop_back();
  return (folder / "checkpoint" / name).string();
}

/// The first line in which two texts differ, of both; empty if there is none.
inline std::string first_difference(const std::string& a, const std::string& b) {
  const auto left = whole_lines(a), right = whole_lines(b);
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const std::string_view x = i < left.size() ? left[i] : "nothing";
    const std::string_view y = i < right.size() ? right[i] : "nothing";
    if (x != y) return fmt::format("line {}: {} <> {}", i + 1, x, y);
  }
  return a == b ? "" : "no line feed at the end";
}

/// All that a finished search leaves is equal, times apart.
inline void require_equal_searches(const std::filesystem::path& a, const std::filesystem::path& b) {
  BOOST_TEST(first_difference(timeless(a / "evaluations.ndjson"),
                              timeless(b / "evaluations.ndjson")) == "");
  BOOST_TEST(first_difference(generation_events(a), generation_events(b)) == "");
  BOOST_TEST(first_difference(datasets(newest_checkpoint(a)), datasets(newest_checkpoint(b))) ==
             "");
  BOOST_TEST(!std::filesystem::exists(b / "evaluations.pending.ndjson"));
  BOOST_TEST(!std::filesystem::exists(b / "weights"));
}

}  // namespace evofactor::evolve::toy
