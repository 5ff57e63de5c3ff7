#include "experiments/app/experiment_references.hpp"

#include <fmt/format.h>

#include <optional>

#include "engine/store/atomic_file.hpp"
#include "experiments/app/formula_list.hpp"
#include "genome/genome_json.hpp"

namespace evofactor::app {
namespace {

namespace fs = std::filesystem;

/// The formulas of an entry: those of a file for "@FILE" (relative to the experiment file), else
/// the one formula, with or without a name before a tab.
std::vector<ListedFormula> formulas_of(const std::string& entry, const fs::path& file,
                                       const std::string& place, Problems& problems) {
  if (!entry.starts_with('@')) return list_formulas({entry}, std::nullopt, problems);
  const fs::path from = fs::absolute(file).parent_path() / entry.substr(1);
  try {
    return list_formulas({}, from.lexically_normal(), problems);
  } catch (const StoreError& error) {
    problems.add("{}:{}: {}", file.string(), place, error.what());
    return {};
  }
}

}  // namespace

void expand_formula_files(Json& arm, const fs::path& file, Problems& problems) {
  const Json::json_pointer place("/search/initial_formulas");
  if (!arm.is_object() || !arm.contains(place) || !arm[place].is_array()) return;
  Json expanded = Json::array();
  for (const Json& entry : arm[place]) {
    if (!entry.is_string() || !entry.get_ref<const std::string&>().starts_with('@')) {
      expanded.push_back(entry);
      continue;
    }
    for (const ListedFormula& formula : formulas_of(entry, file, place.to_string(), problems))
      expanded.push_back(formula.text);
  }
  arm[place] = std::move(expanded);
}

void expand_architecture(Json& arm, const fs::path& file, Problems& problems) {
  const Json::json_pointer space("/search/space");
  if (!arm.is_object() || !arm.contains(space) || !arm[space].is_object()) return;
  Json& given = arm[space];
  const auto entry = given.find("architecture");
  if (entry == given.end() || !entry->is_string()) return;
  const auto& text = entry->get_ref<const std::string&>();
  if (!text.ends_with(".json")) return;
  const fs::path from = (fs::absolute(file).parent_path() / text).lexically_normal();
  try {
    const Json json = Json::parse(read_text(from), nullptr, false, /*ignore_comments=*/true);
    if (json.is_discarded()) throw ConfigError(fmt::format("{} is no JSON", from.string()));
    const Json genome = genome::to_json(genome::from_json(json));
    const auto set_default = [&](const char* key, Json value) {
      if (!given.contains(key)) given[key] = std::move(value);
    };
    given.erase("architecture");
    set_default("layers", genome["layers"]);
    set_default("inputs", genome["input"]["features"]);
    set_default("windows", Json::array({genome["input"]["window"]}));
    set_default("scales", Json::array({genome["input"]["scale"]}));
    set_default("missing", genome["input"]["missing"]);
  } catch (const Error& error) {
    problems.add("{}:/search/space/architecture: {}", file.string(), error.what());
  }
}

std::vector<std::pair<std::string, std::string>> read_library(
    const std::vector<std::string>& entries, const fs::path& file, Problems& problems) {
  std::vector<std::pair<std::string, std::string>> library;
  for (const std::string& entry : entries) {
    const std::size_t tab = entry.starts_with('@') ? std::string::npos : entry.find('\t');
    const std::string name = tab == std::string::npos ? "" : entry.substr(0, tab);
    for (ListedFormula& formula :
         formulas_of(tab == std::string::npos ? entry : entry.substr(tab + 1), file,
                     "/baselines/library", problems))
      library.emplace_back(name.empty() ? formula.name : name, std::move(formula.text));
  }
  return library;
}

}  // namespace evofactor::app
