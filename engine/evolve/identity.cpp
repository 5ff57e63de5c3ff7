#include "engine/evolve/identity.hpp"

#include <string_view>
#include <system_error>

#include "engine/core/error.hpp"
#include "engine/store/atomic_file.hpp"

namespace evofactor::evolve {
namespace {

constexpr std::string_view kFormat = "evofactor.search";
constexpr int kVersion = 1;

bool is_compared(std::string_view pointer) {
  return pointer != "/budget" && !pointer.starts_with("/budget/") &&
         pointer != "/search/generations";
}

/// Null where there is none.
const Json* find(const Json& json, std::string_view key) {
  const auto it = json.find(key);
  return it == json.end() ? nullptr : &*it;
}

std::string text_of(const Json* value) { return value == nullptr ? "nothing" : value->dump(); }

std::string escaped(std::string_view key) {
  std::string text;
  for (const char c : key) {
    if (c == '~')
      text += "~0";
    else if (c == '/')
      text += "~1";
    else
      text += c;
  }
  return text;
}

void compare(const std::string& pointer, const Json* there, const Json* here,
             std::vector<std::string>& lines) {
  if (!is_compared(pointer)) return;
  const bool both = there != nullptr && here != nullptr;
  if (both && there->is_object() && here->is_object()) {
    for (const auto& [key, value] : there->items())
      compare(pointer + "/" + escaped(key), &value, find(*here, key), lines);
    for (const auto& [key, value] : here->items())
      if (find(*there, key) == nullptr)
        compare(pointer + "/" + escaped(key), nullptr, &value, lines);
    return;
  }
  if (both && there->is_array() && here->is_array() && there->size() == here->size()) {
    for (std::size_t i = 0; i < there->size(); ++i)
      compare(fmt::format("{}/{}", pointer, i), &(*there)[i], &(*here)[i], lines);
    return;
  }
  if (both && *there == *here) return;
  lines.push_back(fmt::format("{}: {} there, {} here", pointer, text_of(there), text_of(here)));
}

}  // namespace

std::vector<std::string> differences(const Identity& there, const Identity& here) {
  std::vector<std::string> lines;
  if (there.kind != here.kind)
    lines.push_back(fmt::format("kind of genome: {} there, {} here", there.kind, here.kind));
  if (there.root != here.root)
    lines.push_back(fmt::format("root seed: {} there, {} here", to_hex(there.root.value),
                                to_hex(here.root.value)));
  if (there.data_fingerprint != here.data_fingerprint)
    lines.push_back(fmt::format("data fingerprint: {} there, {} here",
                                to_hex(there.data_fingerprint), to_hex(here.data_fingerprint)));
  compare("", &there.settings, &here.settings, lines);
  return lines;
}

void require_same_search(const std::filesystem::path& folder, const Identity& there,
                         const Identity& here) {
  const std::vector<std::string> lines = differences(there, here);
  if (lines.empty()) return;
  std::string text = fmt::format(
      "{}: holds another search, which cannot be continued with these settings or data:",
      folder.string());
  for (const std::string& line : lines) text += "\n  " + line;
  text += "\nSet these back, or give another folder.";
  throw ConfigError(text);
}

void write_identity(const std::filesystem::path& folder, const Identity& identity) {
  Json json;
  json["format"] = kFormat;
  json["version"] = kVersion;
  json["kind"] = identity.kind;
  json["root_seed"] = to_hex(identity.root.value);
  json["data_fingerprint"] = to_hex(identity.data_fingerprint);
  json["identity"] = identity.settings;
  write_text(folder / "search.json", json.dump(2) + "\n");
}

std::optional<Identity> read_identity(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "search.json";
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return std::nullopt;
  try {
    const Json json = Json::parse(read_text(file));
    if (json.at("format") != kFormat || json.at("version") != kVersion)
      throw StoreError(fmt::format("{}: expected format {} version {}, got {} version {}",
                                   file.string(), kFormat, kVersion, json.at("format").dump(),
                                   json.at("version").dump()));
    return Identity{json.at("kind").get<std::string>(),
                    Seed{from_hex(json.at("root_seed").get<std::string>())},
                    from_hex(json.at("data_fingerprint").get<std::string>()), json.at("identity")};
  } catch (const Json::exception& parse) {
    throw StoreError(fmt::format("{}: {}", file.string(), parse.what()));
  }
}

}  // namespace evofactor::evolve
