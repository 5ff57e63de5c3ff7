#include "experiments/report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/core/error.hpp"
#include "engine/store/atomic_file.hpp"
#include "experiments/report/page.hpp"

namespace evofactor::report {
namespace {

namespace fs = std::filesystem;

/// What must be equal before two runs' numbers may stand in one table: name -> value.
std::map<std::string, std::string> conditions(const RunData& run) {
  std::map<std::string, std::string> result;
  for (const auto& [name, pointer] : {std::pair{"universe", "/data/universe"},
                                      {"suspended days", "/data/suspended"},
                                      {"label", "/label/kind"},
                                      {"label horizon", "/label/horizon"},
                                      {"mask", "/mask/kind"}})
    result[name] = setting(run.config, pointer, "(not stated)");
  const auto add_split = [&](int fold, const SplitDates& split) {
    const auto dates = [](const DateSpan& span) {
      return fmt::format("{} to {}", span.first, span.last);
    };
    result[fmt::format("split of fold {}", fold)] =
        fmt::format("train {}, validate {}, test {}", dates(split.train), dates(split.validate),
                    dates(split.test));
  };
  for (const BaselineFold& fold : run.baselines) add_split(fold.fold, fold.split);
  for (const SearchData& search : run.searches) {
    add_split(search.fold, search.split);
    if (!search.fingerprint.empty()) result["panel fingerprint"] = search.fingerprint;
    // What was used; the experiment may leave the choice to the panel.
    if (!search.universe.empty()) result["universe"] = search.universe;
  }
  return result;
}

std::vector<std::string> differences(std::span<const RunData> runs) {
  std::vector<std::string> found;
  const std::map<std::string, std::string> first = conditions(runs.front());
  for (std::size_t i = 1; i < runs.size(); ++i)
    for (const auto& [name, value] : conditions(runs[i]))
      if (const auto other = first.find(name); other != first.end() && other->second != value)
        found.push_back(fmt::format("{}: {} in {}, but {} in {}", name, other->second,
                                    runs.front().folder.string(), value, runs[i].folder.string()));
  return found;
}

/// A name for each run: the experiment's; the folder's where two experiments share one; numbered
/// where those clash too.
std::vector<std::string> run_names(std::span<const RunData> runs) {
  std::vector<std::string> names;
  std::map<std::string, int> experiments, used;
  for (const RunData& run : runs) ++experiments[run.name];
  for (const RunData& run : runs) {
    std::string name = experiments[run.name] == 1
                           ? run.name
                           : fs::weakly_canonical(run.folder).filename().string();
    if (const int before = used[name]++; before > 0) name += fmt::format("-{}", before + 1);
    names.push_back(name);
  }
  return names;
}

}  // namespace

void write_report(const RunData& run, const Analysis& analysis, const fs::path& out) {
  write_tables(run, analysis, out / "tables");
  write_text(out / "report.html", report_page(run, analysis));
}

void write_report(const fs::path& run) {
  const RunData data = read_run(run);
  write_report(data, analyse(data), run);
}

RunData merge_runs(std::span<const RunData> runs, bool allow_differences) {
  if (runs.empty()) throw ConfigError("compare: no run folder given; name at least one");
  if (runs.size() == 1) return runs.front();
  const std::vector<std::string> found = differences(runs);
  if (!found.empty() && !allow_differences) {
    Problems problems;
    problems.add("these runs cannot stand in one table; they differ in");
    for (const std::string& difference : found) problems.add("  {}", difference);
    problems.add(
        "run them on equal terms, or pass --allow-differences to see them side by side anyway");
    problems.throw_if_any<ConfigError>();
  }
  const std::vector<std::string> names = run_names(runs);
  RunData merged;
  merged.folder = runs.front().folder;
  merged.config = runs.front().config;
  merged.environment = runs.front().environment;
  std::map<std::string, int> count;
  for (const RunData& run : runs)
    for (const std::string& arm : run.arms) ++count[arm];
  std::set<int> folds;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const RunData& run = runs[i];
    merged.name += (i == 0 ? "" : i + 1 == runs.size() ? " and " : ", ") + names[i];
    const auto renamed = [&](const std::string& arm) {
      const auto known = count.find(arm);
      return known != count.end() && known->second > 1 ? names[i] + "/" + arm : arm;
    };
    for (const std::string& arm : run.arms) merged.arms.push_back(renamed(arm));
    for (const auto& [real, shuffled] : run.shuffled_selves)
      merged.shuffled_selves.emplace_back(renamed(real), renamed(shuffled));
    for (SearchData search : run.searches) {
      search.run = names[i];
      search.arm = renamed(search.arm);
      merged.searches.push_back(std::move(search));
    }
    for (Unfinished search : run.unfinished) {
      search.arm = renamed(search.arm);
      merged.unfinished.push_back(std::move(search));
    }
    for (ArmsMap map : run.maps) {
      map.run = names[i];
      for (ArmsMap::Arm& arm : map.arms) arm.name = renamed(arm.name);
      for (ArmsMap::Factor& factor : map.factors) factor.arm = renamed(factor.arm);
      merged.maps.push_back(std::move(map));
    }
    for (const BaselineFold& fold : run.baselines)
      if (folds.insert(fold.fold).second) merged.baselines.push_back(fold);
    for (const std::string& note : run.notes) merged.notes.push_back(names[i] + ": " + note);
  }
  for (const std::string& difference : found)
    merged.notes.push_back("The runs differ in " + difference +
                           ". Rows of different runs are not comparable.");
  return merged;
}

void write_comparison(std::span<const fs::path> runs, const fs::path& out, bool allow_differences) {
  std::vector<RunData> data;
  for (const fs::path& run : runs) data.push_back(read_run(run));
  const RunData merged = merge_runs(data, allow_differences);
  write_report(merged, analyse(merged), out);
}

}  // namespace evofactor::report
