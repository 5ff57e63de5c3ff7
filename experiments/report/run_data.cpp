#include "experiments/report/run_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "engine/core/error.hpp"
#include "engine/store/atomic_file.hpp"
#include "experiments/report/json_fields.hpp"

namespace evofactor::report {
namespace {

namespace fs = std::filesystem;

IcStats read_ic(const Json& node) {
  return {.mean = number(node, "mean"),
          .std = number(node, "std"),
          .icir = number(node, "icir"),
          .t = number(node, "t"),
          .positive = number(node, "positive")};
}
Score read_score(const Json& node) {
  return {.rank_ic = read_ic(at(node, "rank_ic")),
          .ic = read_ic(at(node, "ic")),
          .days = number(node, "days"),
          .skipped_days = number(node, "skipped_days"),
          .coverage = number(node, "coverage"),
          .mean_stocks = number(node, "mean_stocks"),
          .turnover = number(node, "turnover")};
}
DateSpan read_span(const Json& node) {
  if (!node.is_array() || node.size() != 2 || !node[0].is_string() || !node[1].is_string())
    return {};
  return {node[0].get<std::string>(), node[1].get<std::string>()};
}
SplitDates read_split(const Json& node) {
  return {read_span(at(node, "train")), read_span(at(node, "validate")),
          read_span(at(node, "test"))};
}
std::vector<DayPoint> read_daily(const Json& list) {
  std::vector<DayPoint> daily;
  if (!list.is_array()) return daily;
  for (const Json& day : list)
    daily.push_back({.date = text(day, "date"),
                     .part = text(day, "part") == "validate" ? Part::kValidate : Part::kTest,
                     .rank_ic = number(day, "rank_ic"),
                     .neutral_rank_ic = number(day, "neutral_rank_ic")});
  return daily;
}

PoolDiversity read_diversity(const Json& node) {
  return {.value = number(node, "value"),
          .k = number(node, "k"),
          .days = number(node, "days"),
          .mean_correlation = number(node, "mean_correlation")};
}

/// Generations in order; a generation that was run again after a resume counts as it was last. Torn
/// lines are left out.
std::vector<Generation> read_history(const fs::path& file) {
  std::map<int, Generation> by_number;
  if (fs::exists(file)) {
    std::istringstream lines(read_text(file));
    for (std::string line; std::getline(lines, line);) {
      const Json event = Json::parse(line, nullptr, /*allow_exceptions=*/false);
      if (event.is_discarded() || text(event, "event") != "generation") continue;
      const int generation = static_cast<int>(integer(event, "generation"));
      by_number[generation] = {.generation = generation,
                               .best = number(event, "best"),
                               .median = number(event, "median"),
                               .mean = number(event, "mean"),
                               .evaluations = number(event, "evaluations"),
                               .seconds = number(event, "seconds"),
                               .pool = number(event, "pool")};
    }
  }
  std::vector<Generation> history;
  for (const auto& [_, generation] : by_number) history.push_back(generation);
  return history;
}

std::vector<Likeness> read_likeness(const Json& list) {
  std::vector<Likeness> result;
  if (!list.is_array()) return result;
  for (const Json& one : list) result.push_back({text(one, "name"), number(one, "correlation")});
  return result;
}

/// What results.json tells of a member beside its scores.
void read_profile(const Json& node, Member& member) {
  if (at(node, "years").is_array())
    for (const Json& year : at(node, "years"))
      member.years.push_back({static_cast<int>(integer(year, "year")), text(year, "part"),
                              number(year, "days"), number(year, "rank_ic")});
  if (at(node, "decay").is_array())
    for (const Json& point : at(node, "decay"))
      member.decay.push_back({static_cast<int>(integer(point, "horizon")), number(point, "days"),
                              number(point, "rank_ic")});
  member.known = read_likeness(at(node, "known"));
  member.styles = read_likeness(at(node, "styles"));
  const Json& replicates = at(node, "replicates");
  member.replicates = numbers(at(replicates, "fitness"));
  member.replicate_std = number(replicates, "std");
  member.selected_fitness = number(replicates, "selected_fitness");
}

void read_members(const Json& results, const Json& pool, SearchData& search) {
  std::map<std::int64_t, const Json*> stored;
  if (at(pool, "members").is_array())
    for (const Json& member : at(pool, "members")) stored[integer(member, "id", -1)] = &member;
  if (!at(results, "members").is_array()) return;
  for (const Json& node : at(results, "members")) {
    Member member{.id = integer(node, "id"),
                  .text = text(node, "text"),
                  .genome = {},
                  .sign = integer(node, "sign", 1) < 0 ? -1 : 1,
                  .weight = number(node, "weight"),
                  .fitness = number(node, "fitness"),
                  .base_dependent = flag(node, "base_dependent"),
                  .nearest_known = text(at(node, "nearest_known"), "name"),
                  .nearest_correlation = number(at(node, "nearest_known"), "correlation"),
                  .op = {},
                  .parents = {},
                  .ancestors = {},
                  .train = read_score(at(node, "train")),
                  .validate = read_score(at(node, "validate")),
                  .test = read_score(at(node, "test")),
                  .neutral_validate = read_score(at(node, "neutral_validate")),
                  .neutral_test = read_score(at(node, "neutral_test")),
                  .years = {},
                  .decay = {},
                  .known = {},
                  .styles = {},
                  .replicates = {}};
    read_profile(node, member);
    if (const auto found = stored.find(member.id); found != stored.end()) {
      member.genome = at(*found->second, "genome");
      const Json& lineage = at(*found->second, "lineage");
      member.op = text(lineage, "operator");
      member.generation = static_cast<int>(integer(lineage, "generation", -1));
      if (at(lineage, "parents").is_array())
        for (const Json& parent : at(lineage, "parents"))
          if (parent.is_number()) member.parents.push_back(parent.get<std::int64_t>());
    }
    search.members.push_back(std::move(member));
  }
}

SearchData read_search(const fs::path& folder, const Json& results) {
  SearchData search;
  search.kind = text(results, "kind");
  search.random = flag(results, "random");
  search.split = read_split(at(results, "split"));
  search.evaluations = integer(results, "evaluations");
  search.cached = integer(results, "cached");
  search.duplicates = integer(results, "duplicates");
  search.failed = integer(results, "failed");
  search.generations = static_cast<int>(integer(results, "generations"));
  search.seconds = number(results, "seconds");
  search.replicate_trainings = integer(results, "replicate_trainings");
  search.after_seconds = number(results, "replicate_seconds") + number(results, "stages_seconds");
  search.stop = text(results, "stop");
  const Json pool = read_json(folder / "pool.json").value_or(Json());
  search.fingerprint = text(pool, "panel_fingerprint");
  search.universe = text(pool, "universe");
  search.combine = text(pool, "combine");
  read_members(results, pool, search);
  if (search.kind == "formula") {
    Lineage lineage(folder / "evaluations.ndjson");
    for (Member& member : search.members) member.ancestors = lineage.ancestors_of(member.parents);
    search.ancestors = lineage.found();
  }
  if (at(results, "correlation").is_array())
    for (const Json& row : at(results, "correlation")) search.correlation.push_back(numbers(row));
  const Json& combined = at(results, "combined");
  search.train = read_score(at(combined, "train"));
  search.validate = read_score(at(combined, "validate"));
  search.test = read_score(at(combined, "test"));
  search.neutral_test = read_score(at(combined, "neutral_test"));
  search.daily = read_daily(at(combined, "daily"));
  const Json& combinations = at(results, "combinations");
  for (const auto& [rule, scores] : combinations.items())
    search.combinations.push_back(
        {rule, read_score(at(scores, "train")), read_score(at(scores, "validate")),
         read_score(at(scores, "test")), read_score(at(scores, "neutral_test"))});
  const Json& quantiles = at(combined, "quantiles");
  search.quantiles.mean_excess = numbers(at(quantiles, "mean_excess"));
  if (at(quantiles, "dates").is_array())
    for (const Json& date : at(quantiles, "dates"))
      search.quantiles.dates.push_back(date.is_string() ? date.get<std::string>() : "");
  if (at(quantiles, "cumulative").is_array())
    for (const Json& row : at(quantiles, "cumulative"))
      search.quantiles.cumulative.push_back(numbers(row));
  search.diversity = read_diversity(at(at(results, "diversity"), "test"));
  search.history = read_history(folder / "events.ndjson");
  return search;
}

/// How far a search without results came.
std::string progress_of(const fs::path& folder) {
  const std::vector<Generation> history = read_history(folder / "events.ndjson");
  if (!fs::exists(folder)) return "not started";
  if (history.empty()) return "started; no generation finished";
  return fmt::format("no results yet; stands at generation {} with {:.0f} evaluations",
                     history.back().generation, history.back().evaluations);
}

/// "seed-3" -> 3
std::optional<std::int64_t> numbered(const std::string& name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  std::int64_t value = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + prefix.size(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

struct SearchKey {
  std::size_t arm = 0;  ///< index into RunData::arms
  std::int64_t seed = 0;
  int fold = 0;
  auto operator<=>(const SearchKey&) const = default;
};

std::vector<std::string> arms_of(const Json& config) {
  std::vector<std::string> arms;
  if (at(config, "arms").is_array())
    for (const Json& arm : at(config, "arms")) {
      const std::string name = text(arm, "name");
      if (!name.empty()) arms.push_back(name);
    }
  if (arms.empty()) {
    const std::string genome = text(at(config, "search"), "genome");
    if (!genome.empty()) arms.push_back(genome);
  }
  // Random search is added for every genome named there that an arm without another's formulas
  // evolves.
  const Json& random = at(at(config, "baselines"), "random_search");
  if (!random.is_array() || !at(config, "arms").is_array()) return arms;
  for (const Json& genome : random)
    for (const Json& arm : at(config, "arms")) {
      const Json& search = at(arm, "search");
      if (!genome.is_string() || at(search, "genome") != genome || flag(search, "random") ||
          !text(search, "priors_from").empty() || !text(search, "inputs_from").empty())
        continue;
      const std::string name = "random_" + genome.get<std::string>();
      if (std::find(arms.begin(), arms.end(), name) == arms.end()) arms.push_back(name);
    }
  return arms;
}

std::vector<std::int64_t> seeds_of(const Json& config) {
  std::vector<std::int64_t> seeds;
  if (at(config, "seeds").is_array())
    for (const Json& seed : at(config, "seeds"))
      if (seed.is_number()) seeds.push_back(seed.get<std::int64_t>());
  return seeds;
}

int folds_of(const Json& config) {
  const Json& split = at(config, "split");
  const Json& starts = at(split, "starts");
  if (starts.is_array() && !starts.empty()) return static_cast<int>(starts.size());
  return static_cast<int>(integer(split, "folds", 1));
}

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_directory()) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  return folders;
}

/// Searches the experiment asks for and those that lie on disk.
std::set<SearchKey> find_searches(RunData& run) {
  std::set<SearchKey> keys;
  for (std::size_t arm = 0; arm < run.arms.size(); ++arm)
    for (const std::int64_t seed : seeds_of(run.config))
      for (int fold = 0; fold < folds_of(run.config); ++fold) keys.insert({arm, seed, fold});
  for (const fs::path& arm_folder : folders_in(run.folder)) {
    const std::string name = arm_folder.filename().string();
    for (const fs::path& seed_folder : folders_in(arm_folder)) {
      const auto seed = numbered(seed_folder.filename().string(), "seed-");
      if (!seed) continue;
      for (const fs::path& fold_folder : folders_in(seed_folder)) {
        const auto fold = numbered(fold_folder.filename().string(), "fold-");
        if (!fold) continue;
        auto known = std::find(run.arms.begin(), run.arms.end(), name);
        if (known == run.arms.end()) known = run.arms.insert(run.arms.end(), name);
        keys.insert(
            {static_cast<std::size_t>(known - run.arms.begin()), *seed, static_cast<int>(*fold)});
      }
    }
  }
  return keys;
}

void read_baselines(RunData& run) {
  const fs::path folder = run.folder / "baselines";
  if (!fs::is_directory(folder)) return;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    try {
      const Json node = read_json(entry.path()).value_or(Json());
      BaselineFold fold{.fold = static_cast<int>(integer(node, "fold")),
                        .split = read_split(at(node, "split")),
                        .methods = {}};
      if (at(node, "methods").is_array())
        for (const Json& method : at(node, "methods")) {
          const std::string name = text(method, "name");
          const std::string label = text(method, "label");
          fold.methods.push_back({.name = name,
                                  .label = label.empty() ? name : label,
                                  .kind = text(method, "kind"),
                                  .formula = text(method, "formula"),
                                  .sign = integer(method, "sign", 1) < 0 ? -1 : 1,
                                  .train = read_score(at(method, "train")),
                                  .validate = read_score(at(method, "validate")),
                                  .test = read_score(at(method, "test")),
                                  .neutral_test = read_score(at(method, "neutral_test")),
                                  .daily = read_daily(at(method, "daily"))});
        }
      run.baselines.push_back(std::move(fold));
    } catch (const std::exception& error) {
      run.notes.push_back(error.what());
    }
  }
  std::sort(run.baselines.begin(), run.baselines.end(),
            [](const BaselineFold& a, const BaselineFold& b) { return a.fold < b.fold; });
}

const Json& entries(const Json& object, const char* key) {
  static const Json kNone = Json::array();
  const Json& list = at(object, key);
  return list.is_array() ? list : kNone;
}

/// The largest of the arms; the default where none is stated.
int min_stocks_of(const Json& config) {
  std::int64_t largest = 0;
  const auto look_at = [&](const Json& node) {
    largest = std::max(largest, integer(at(node, "fitness"), "min_stocks"));
  };
  look_at(config);
  for (const Json& arm : entries(config, "arms")) look_at(arm);
  return largest > 0 ? static_cast<int>(largest) : SearchData().min_stocks;
}

std::vector<std::pair<std::string, std::string>> shuffled_selves_of(const Json& config) {
  const auto on_real_labels = [](Json arm) {
    arm.erase("name");
    if (arm.contains("fitness")) arm["fitness"].erase("shuffled");
    return arm;
  };
  std::vector<std::pair<std::string, std::string>> pairs;
  const auto& arms = entries(config, "arms");
  for (const Json& shuffled : arms) {
    if (!flag(at(shuffled, "fitness"), "shuffled")) continue;
    const Json alike = on_real_labels(shuffled);
    for (const Json& arm : arms)
      if (!flag(at(arm, "fitness"), "shuffled") && on_real_labels(arm) == alike)
        pairs.emplace_back(text(arm, "name"), text(shuffled, "name"));
  }
  return pairs;
}

ArmsMap read_map(const Json& node) {
  ArmsMap map;
  map.seed = integer(node, "seed");
  map.fold = static_cast<int>(integer(node, "fold"));
  map.days = static_cast<int>(integer(node, "days"));
  map.k = static_cast<int>(integer(node, "k"));
  map.value = number(node, "value");
  const auto place = [](const Json& of) {
    std::vector<double> xy = numbers(at(of, "place"));
    xy.resize(2, kUnknown);
    return std::pair(xy[0], xy[1]);
  };
  for (const Json& cluster : entries(node, "clusters")) {
    const auto [x, y] = place(cluster);
    map.clusters.push_back({.factors = static_cast<int>(integer(cluster, "factors")),
                            .x = x,
                            .y = y,
                            .spread = number(cluster, "spread"),
                            .distances = numbers(at(cluster, "distances"))});
  }
  for (const Json& arm : entries(node, "arms"))
    map.arms.push_back({.name = text(arm, "arm"),
                        .factors = static_cast<int>(integer(arm, "factors")),
                        .spread = number(arm, "spread"),
                        .overlap = number(arm, "overlap")});
  for (const Json& factor : entries(node, "factors")) {
    const auto [x, y] = place(factor);
    map.factors.push_back({.arm = text(factor, "arm"),
                           .id = integer(factor, "id"),
                           .cluster = static_cast<int>(integer(factor, "cluster", -1)),
                           .x = x,
                           .y = y});
  }
  return map;
}

}  // namespace

std::vector<ArmsMap> read_maps(const fs::path& file) {
  const Json json = read_json(file).value_or(Json());
  std::vector<ArmsMap> maps;
  for (const Json& map : entries(json, "maps")) maps.push_back(read_map(map));
  return maps;
}

std::string setting(const Json& config, const std::string& pointer, const std::string& fallback) {
  const Json::json_pointer where(pointer);
  if (!config.is_object() || !config.contains(where)) return fallback;
  const Json& value = config.at(where);
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? fallback : value.dump();
}

RunData read_run(const fs::path& folder) {
  if (!fs::is_directory(folder))
    throw StoreError(fmt::format(
        "{}: there is no such folder; expected one that `evofactor run` made", folder.string()));
  RunData run;
  run.folder = folder;
  const std::optional<Json> config = read_json(folder / "config.json");
  if (!config || !config->is_object())
    throw StoreError(fmt::format(
        "{}: is no run folder: {} config.json; expected a folder that `evofactor run` made",
        folder.string(), config ? "no JSON object in" : "it holds no"));
  run.config = *config;
  run.name = text(run.config, "name");
  if (run.name.empty()) run.name = fs::weakly_canonical(folder).filename().string();
  try {
    run.environment = read_json(folder / "environment.json").value_or(Json());
  } catch (const StoreError& error) {
    run.notes.push_back(error.what());
  }
  run.arms = arms_of(run.config);
  run.shuffled_selves = shuffled_selves_of(run.config);
  std::map<std::string, const Json*> settings;
  for (const Json& arm : entries(run.config, "arms")) settings[text(arm, "name")] = &arm;
  const int min_stocks = min_stocks_of(run.config);
  for (const SearchKey& key : find_searches(run)) {
    const std::string arm = run.arms[key.arm];
    const fs::path place =
        folder / arm / fmt::format("seed-{}", key.seed) / fmt::format("fold-{}", key.fold);
    const auto unfinished = [&](std::string why) {
      run.unfinished.push_back({arm, key.seed, key.fold, std::move(why)});
    };
    try {
      const std::optional<Json> results = read_json(place / "results.json");
      if (!results) {
        unfinished(progress_of(place));
        continue;
      }
      SearchData search = read_search(place, *results);
      search.folder = place;
      search.min_stocks = min_stocks;
      search.arm = arm;
      if (const auto own = settings.find(arm); own != settings.end()) {
        search.fixed = !entries(at(at(*own->second, "search"), "space"), "layers").empty();
        search.shuffled = flag(at(*own->second, "fitness"), "shuffled");
      }
      search.seed = key.seed;
      search.fold = key.fold;
      try {
        search.stages = read_stages(place / "stages.json");
      } catch (const StoreError& error) {
        run.notes.push_back(error.what());
      }
      run.searches.push_back(std::move(search));
    } catch (const std::exception& error) {
      unfinished(error.what());
    }
  }
  read_baselines(run);
  try {
    run.maps = read_maps(folder / "diversity.json");
  } catch (const StoreError& error) {
    run.notes.push_back(error.what());
  }
  return run;
}

}  // namespace evofactor::report
