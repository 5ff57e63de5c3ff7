#include "experiments/app/overrides.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "engine/core/error.hpp"
#include "experiments/app/experiment.hpp"

namespace evofactor::app {

Override parse_override(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (text.empty() || text[0] != '/' || equals == std::string::npos)
    throw ConfigError(fmt::format(
        "--set {}: expected /json/pointer=value, such as /budget/evaluations=100", text));
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void apply_override(const Override& change, Json& json) {
  Json value = Json::parse(change.value, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) value = change.value;
  try {
    const Json::json_pointer pointer(change.pointer);
    json[pointer] = value;
    // What the command line says above the arms holds for every arm, whatever the arm says.
    if (json.contains("arms") && json["arms"].is_array())
      for (Json& arm : json["arms"])
        if (arm.is_object() && arm.contains(pointer)) arm[pointer] = value;
  } catch (const Json::exception& error) {
    throw ConfigError(fmt::format("--set {}={}: {}", change.pointer, change.value, error.what()));
  }
}

void keep_arms(std::span<const std::string> names, Json& json) {
  if (names.empty()) return;
  const Json none = Json::array();
  const Json& arms = json.contains("arms") && json["arms"].is_array() ? json["arms"] : none;
  const auto name_of_arm = [](const Json& arm) {
    return arm.is_object() ? arm.value("name", Json()) : Json();
  };
  std::set<std::string> wanted(names.begin(), names.end());
  // An arm that gives formulas may come before or after the one that asks for it.
  for (std::size_t before = 0; before != wanted.size();) {
    before = wanted.size();
    for (const Json& arm : arms) {
      const Json name = name_of_arm(arm);
      if (!name.is_string() || !wanted.contains(name.get<std::string>())) continue;
      for (const auto& [key, member] : kSources) {
        const Json from = arm.value(Json::json_pointer("/search") / key, Json());
        if (from.is_string() && !from.get<std::string>().empty()) wanted.insert(from);
      }
    }
  }
  Json kept = Json::array();
  std::vector<std::string> known;
  for (const Json& arm : arms) {
    const Json name = name_of_arm(arm);
    if (!name.is_string()) continue;
    known.push_back(name);
    if (wanted.contains(known.back())) kept.push_back(arm);
  }
  Problems problems;
  for (const std::string& name : names)
    if (std::ranges::find(known, name) == known.end())
      problems.add(
          "--arms: no arm is called \"{}\"; expected names among {}", name,
          known.empty() ? "none: the file has no arms" : fmt::format("{}", fmt::join(known, ", ")));
  problems.throw_if_any<ConfigError>();
  json["arms"] = std::move(kept);
}

}  // namespace evofactor::app
