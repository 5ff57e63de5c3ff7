#include "experiments/report/lineage.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <set>
#include <string_view>

#include "engine/core/json.hpp"

namespace evofactor::report {
namespace {

/// The number a line begins with, {"candidate":12,…: most lines are never parsed.
std::optional<std::int64_t> candidate_of(std::string_view line) {
  constexpr std::string_view kKey = "{\"candidate\":";
  if (!line.starts_with(kKey)) return std::nullopt;
  std::int64_t id = 0;
  const auto [end, error] =
      std::from_chars(line.data() + kKey.size(), line.data() + line.size(), id);
  return error == std::errc() ? std::optional(id) : std::nullopt;
}

std::optional<Ancestor> ancestor_from(const std::string& line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::nullopt;
  try {
    Ancestor ancestor{.text = json.at("genome").at("formula").get<std::string>(),
                      .op = json.at("operator").get<std::string>(),
                      .generation = json.at("generation").get<int>(),
                      .fitness = std::numeric_limits<double>::quiet_NaN(),
                      .parents = json.at("parents").get<std::vector<std::int64_t>>()};
    const auto fitness = json.find("fitness");
    if (fitness != json.end() && fitness->is_number()) ancestor.fitness = fitness->get<double>();
    return ancestor;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

Lineage::Lineage(const std::filesystem::path& evaluations) : file_(evaluations) {
  std::streamoff begin = 0;
  for (std::string line; std::getline(file_, line);) {
    if (const auto id = candidate_of(line)) lines_.emplace(*id, begin);
    begin += static_cast<std::streamoff>(line.size()) + 1;
  }
}

const Ancestor* Lineage::find(std::int64_t id) {
  if (const auto known = found_.find(id); known != found_.end()) return &known->second;
  const auto place = lines_.find(id);
  if (place == lines_.end()) return nullptr;
  file_.clear();
  file_.seekg(place->second);
  std::string line;
  std::getline(file_, line);
  auto ancestor = ancestor_from(line);
  return ancestor ? &found_.emplace(id, *std::move(ancestor)).first->second : nullptr;
}

std::vector<std::int64_t> Lineage::ancestors_of(const std::vector<std::int64_t>& parents) {
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> step = parents;
  std::set<std::int64_t> seen;
  for (int steps = 0; steps < kParentSteps && !step.empty(); ++steps) {
    std::vector<std::int64_t> next;
    for (const std::int64_t id : step) {
      if (ids.size() == kMostAncestors) return ids;
      if (!seen.insert(id).second) continue;
      const Ancestor* ancestor = find(id);
      if (ancestor == nullptr) continue;
      ids.push_back(id);
      next.insert(next.end(), ancestor->parents.begin(), ancestor->parents.end());
    }
    step = std::move(next);
  }
  return ids;
}

}  // namespace evofactor::report
