#include "experiments/app/joint_maps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "experiments/app/factor_maps.hpp"

namespace evofactor::app {
namespace {

namespace fs = std::filesystem;
using report::ArmsMap;
using report::SearchData;

/// Why these searches cannot stand on one map; empty if they can.
std::string obstacle(const std::vector<const SearchData*>& searches) {
  const SearchData& first = *searches.front();
  if (std::ranges::all_of(searches, [&](const SearchData* s) { return s->run == first.run; }))
    return fmt::format("only {} has finished it", first.run);
  for (const SearchData* search : searches) {
    if (search->fingerprint != first.fingerprint || search->universe != first.universe)
      return fmt::format("the panel or universe of {} is not that of {}", search->run, first.run);
    const report::DateSpan &a = first.split.test, &b = search->split.test;
    if (a != b)
      return fmt::format("test days are {} to {} in {}, but {} to {} in {}", a.first, a.last,
                         first.run, b.first, b.last, search->run);
    if (!fs::exists(search->folder / "factors.parquet"))
      return fmt::format("{} has no factors.parquet", search->folder.string());
  }
  return {};
}

}  // namespace

void join_maps(report::RunData& merged, const fs::path& out) {
  std::map<std::pair<std::int64_t, int>, std::vector<const SearchData*>> together;
  for (const SearchData& search : merged.searches)
    together[{search.seed, search.fold}].push_back(&search);
  std::vector<MappedSearch> mapped;
  std::map<std::string, std::string> refused;  // why -> which
  for (const auto& [key, searches] : together) {
    if (const std::string why = obstacle(searches); !why.empty()) {
      std::string& which = refused[why];
      which += fmt::format("{}seed {}, fold {}", which.empty() ? "" : "; ", key.first, key.second);
      continue;
    }
    for (const SearchData* search : searches)
      mapped.push_back(
          {search->arm, search->seed, search->fold, search->folder, search->min_stocks});
  }
  for (const auto& [why, which] : refused)
    merged.notes.push_back(fmt::format("No common map of the factors of {}: {}.", which, why));
  if (mapped.empty()) return;
  write_factor_maps(out, mapped);
  std::vector<ArmsMap> maps = report::read_maps(out / "diversity.json");
  for (ArmsMap& map : maps) map.run = "all runs";
  const std::size_t joint = maps.size();
  for (ArmsMap& map : merged.maps) {
    const auto same = [&](const ArmsMap& other) {
      return other.seed == map.seed && other.fold == map.fold;
    };
    if (std::none_of(maps.begin(), maps.begin() + static_cast<std::ptrdiff_t>(joint), same))
      maps.push_back(std::move(map));
  }
  merged.maps = std::move(maps);
}

}  // namespace evofactor::app
