#include "experiments/app/search_folder.hpp"

#include <algorithm>
#include <tuple>

#include "engine/core/error.hpp"
#include "engine/store/atomic_file.hpp"

namespace evofactor::app {
namespace {

namespace fs = std::filesystem;

/// 12 from "seed-12"; nothing if the name is no such folder.
std::optional<std::int64_t> number_after(const std::string& name, std::string_view prefix) {
  if (!name.starts_with(prefix) || name.size() == prefix.size()) return std::nullopt;
  const std::string digits = name.substr(prefix.size());
  if (digits.size() > 18 ||
      !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  return std::stoll(digits);
}

}  // namespace

std::vector<SearchFolder> searches_of(const fs::path& run, const SearchChoice& choice) {
  std::vector<SearchFolder> found;
  const auto add = [&](const fs::path& folder) {
    const auto fold = number_after(folder.filename().string(), "fold-");
    const auto seed = number_after(folder.parent_path().filename().string(), "seed-");
    if (!fold || !seed) return;
    SearchFolder search{folder, folder.parent_path().parent_path().filename().string(), *seed,
                        static_cast<int>(*fold)};
    if ((!choice.arm || *choice.arm == search.arm) &&
        (!choice.seed || *choice.seed == search.seed) &&
        (!choice.fold || *choice.fold == search.fold))
      found.push_back(std::move(search));
  };
  const fs::path folder = fs::absolute(run).lexically_normal();
  if (fs::exists(folder / "evaluations.ndjson")) {
    add(folder);
    return found;
  }
  if (!fs::exists(folder / "config.json"))
    throw ConfigError(fmt::format("{} is no run folder: it has no config.json", run.string()));
  for (const auto& arm : fs::directory_iterator(folder)) {
    if (!arm.is_directory()) continue;
    for (const auto& seed : fs::directory_iterator(arm.path())) {
      if (!seed.is_directory()) continue;
      for (const auto& fold : fs::directory_iterator(seed.path()))
        if (fold.is_directory()) add(fold.path());
    }
  }
  std::ranges::sort(found, {},
                    [](const SearchFolder& s) { return std::tie(s.arm, s.seed, s.fold); });
  return found;
}

Json read_pool(const SearchFolder& search) {
  const fs::path file = search.path / "pool.json";
  if (!fs::exists(file))
    throw ConfigError(fmt::format("{}: this search is not finished; go on with evofactor resume",
                                  search.path.string()));
  try {
    return Json::parse(read_text(file));
  } catch (const Json::parse_error& error) {
    throw StoreError(fmt::format("{}: damaged: {}", file.string(), error.what()));
  }
}

}  // namespace evofactor::app
