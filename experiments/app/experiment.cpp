#include "experiments/app/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "engine/core/settings.hpp"
#include "engine/formula/parse.hpp"
#include "engine/store/atomic_file.hpp"
#include "experiments/app/experiment_references.hpp"

namespace evofactor::app {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<std::string_view, GenomeKind>, 2> kGenomes{
    {{"formula", GenomeKind::kFormula}, {"network", GenomeKind::kNetwork}}};
constexpr std::array<std::pair<std::string_view, Suspended>, 2> kSuspended{
    {{"carry", Suspended::kCarry}, {"missing", Suspended::kMissing}}};
constexpr std::array<std::pair<std::string_view, CrossSection>, 2> kCrossSections{
    {{"universe", CrossSection::kUniverse}, {"panel", CrossSection::kPanel}}};
constexpr std::array<std::pair<std::string_view, FitnessDays>, 3> kFitnessDays{
    {{"default", FitnessDays::kDefault},
     {"validate", FitnessDays::kValidate},
     {"train_and_validate", FitnessDays::kTrainAndValidate}}};

constexpr std::array<std::string_view, 8> kArmKeys{"data",   "label",   "mask", "split",
                                                   "search", "fitness", "pool", "budget"};

}  // namespace

// Found by argument-dependent lookup, which does not see unnamed namespaces.
static void describe(FieldVisitor& v, DataSettings& s) {
  v.field("panel", s.panel, "panel.h5 made by `evofactor import`; relative to this file.");
  v.field("universe", s.market.universe,
          "Name of the universe; empty: csi800 if there, else the only one, else all.");
  v.choice("suspended", s.market.suspended, kSuspended,
           "Suspended days: carry the last price, or missing.");
  v.choice(
      "cross_section", s.market.cross_section, kCrossSections,
      "Stocks that cross-sectional operators see: the universe's members, or all of the panel.");
  v.field(
      "inputs", s.inputs,
      "Fields that formulas read, fields or formulas that networks read; empty: the genome's own.");
  v.field("window", s.window, {.low = 2, .high = 250},
          "Days of the network's input window; null: a gene.");
  for (const std::string& input : s.inputs) {
    const auto parsed = formula::parse(input);
    v.require(parsed.has_value(), "inputs", parsed ? "" : parsed.error().pretty());
  }
}

static void describe(FieldVisitor& v, FitnessSettings& s) {
  describe(v, s.measure);
  v.field("kernel", s.kernel,
          "Kernel of the networks' training loss, \"paper\" or \"sharp\"; null: a gene.");
  v.require(!s.kernel || *s.kernel == "paper" || *s.kernel == "sharp", "kernel",
            "expected \"paper\", \"sharp\" or null");
  v.choice(
      "days", s.days, kFitnessDays,
      "Days fitness is read on; default: train_and_validate for formulas, validate for networks.");
  v.field(
      "shuffled", s.shuffled,
      "Search on labels dealt out anew within each day: what luck alone reaches. Test scores are "
      "of the real labels.");
  v.field("min_stocks", s.score.min_stocks, {.low = 3},
          "Days with fewer scored stocks are skipped.");
  v.field("min_coverage", s.score.min_coverage, {.low = 0, .high = 1},
          "Share of the mask with a value, and of days that can be used, below which a candidate "
          "fails.");
}

static void describe(FieldVisitor& v, FinalistSettings& s) {
  v.field("replicates", s.replicates, {.low = 0, .high = 100},
          "Fresh trainings of each pool member after the search; its fitness is their median. 0: "
          "the pool as the search trained it.");
  v.field("replicate_average", s.replicate_average,
          "A member's values are the mean of its replicates' day-ranks; else those of the median "
          "replicate.");
  v.field("stages", s.stages, {.low = 0, .high = 1000},
          "Best pool members whose training is told stage by stage, with saliency.");
}

/// The object "search": keys of the loop, then those of the genome.
struct SearchView {
  Arm& arm;
};
static void describe(FieldVisitor& v, SearchView& s) {
  v.choice("genome", s.arm.genome, kGenomes, "Kind of candidate.");
  describe(v, s.arm.search);
  if (s.arm.genome == GenomeKind::kNetwork) {
    v.field("priors_from", s.arm.priors_from,
            "Arm whose pool's formulas become the priors of this arm's networks; empty: none.");
    v.field("inputs_from", s.arm.inputs_from,
            "Arm whose pool's formulas, ranked within the day, become the inputs of this arm's "
            "networks in place of space.inputs; empty: none.");
    describe(v, s.arm.network);
    describe(v, s.arm.finalists);
  } else {
    describe(v, s.arm.formula);
  }
}

static void describe(FieldVisitor& v, Arm& arm) {
  v.group("data", arm.data, "Market data.");
  v.group("label", arm.label, "What a factor should predict.");
  v.group("mask", arm.mask, "Which stocks are scored on which day.");
  v.group("split", arm.split, "Training, validation and test days.");
  SearchView search{arm};
  v.group("search", search, "Genome, population and operators.");
  v.group("fitness", arm.fitness, "How a candidate is scored.");
  v.group("pool", arm.pool, "Which factors are kept.");
  v.group("budget", arm.budget, "When a search ends.");
  if (arm.genome == GenomeKind::kFormula) {
    v.require(arm.search.halving.rungs == 1, "search",
              "halving is known of networks alone: a formula has no training to cut short");
    return;
  }
  v.require(arm.search.local_search == 0, "search", "local_search is known of formulas alone");
  v.require(arm.fitness.measure.turnover_penalty == 0 && arm.fitness.measure.size_penalty == 0,
            "fitness", "penalties of turnover and size are known of formulas alone");
}

namespace {

/// Values that one block sets and another one uses.
void spread(Arm& arm) {
  if (!arm.data.inputs.empty()) {
    arm.network.space.inputs = arm.data.inputs;
    arm.formula.fields.clear();
    for (const std::string& input : arm.data.inputs)
      for (const std::string& field : formula::fields_of(formula::parse_or_throw(input)))
        if (std::ranges::find(arm.formula.fields, field) == arm.formula.fields.end())
          arm.formula.fields.push_back(field);
  }
  if (arm.data.window) arm.network.space.windows = {*arm.data.window};
  if (arm.fitness.kernel)
    arm.network.space.losses = {*arm.fitness.kernel == "paper" ? genome::Loss::kPaper
                                                               : genome::Loss::kSharp};
}

/// The default settings of a genome, before the file is read.
Arm default_arm(GenomeKind genome) {
  Arm arm;
  arm.genome = genome;
  return arm;
}

GenomeKind genome_of(const Json& merged) {
  const Json::json_pointer pointer("/search/genome");
  const bool network = merged.contains(pointer) && merged[pointer] == "network";
  return network ? GenomeKind::kNetwork : GenomeKind::kFormula;
}

/// Longest part of `pointer` that exists in `json`.
bool set_in(const Json& json, const std::string& pointer) {
  try {
    return json.contains(Json::json_pointer(pointer));
  } catch (const Json::exception&) {
    return false;
  }
}

Arm read_arm(const Json& merged, const Json& overrides, std::string name, const std::string& file,
             const std::string& pointer, Problems& problems, std::set<std::string>& reported) {
  Arm arm = default_arm(genome_of(merged));
  arm.name = std::move(name);
  Problems found;
  read_settings(merged, "", "", arm, found);
  if (found.empty()) spread(arm);
  // A problem stands where the user wrote the value: in the arm, or above the arms.
  for (const std::string& line : found.lines()) {
    const std::size_t end = line.find(':', 1);
    const std::string at = line.substr(1, end - 1);
    const std::string where = set_in(overrides, at) ? pointer + at : at;
    const std::string text = fmt::format("{}:{}{}", file, where, line.substr(end));
    if (reported.insert(text).second) problems.add("{}", text);
  }
  return arm;
}

/// What stands above the arms with an arm's own keys over it. Where the arm has another genome,
/// keys of `search` that only the genome above knows are not meant for it.
Json merge(const Json& above, const Json& overrides) {
  Json merged = above;
  merged.merge_patch(overrides);
  const GenomeKind genome = genome_of(merged), genome_above = genome_of(above);
  if (genome == genome_above || !above.contains("search")) return merged;
  const auto keys_of = [](GenomeKind kind) { return write_arm(default_arm(kind)).at("search"); };
  const Json known = keys_of(genome), known_above = keys_of(genome_above);
  for (const auto& [key, value] : above.at("search").items())
    if (!known.contains(key) && known_above.contains(key) && !set_in(overrides, "/search/" + key))
      merged["search"].erase(key);
  return merged;
}

/// Arms whose pools it takes formulas from, by the key that asks for them.
std::vector<std::pair<std::string_view, std::string>> sources(const Arm& arm) {
  std::vector<std::pair<std::string_view, std::string>> from;
  for (const auto& [key, name] : kSources)
    if (!(arm.*name).empty()) from.emplace_back(key, arm.*name);
  return from;
}

/// Moves every arm behind those whose pools it takes formulas from. Reports unknown names, arms
/// without formulas, and cycles.
std::vector<Arm> ordered(std::vector<Arm> arms, const std::string& file, Problems& problems) {
  std::map<std::string, const Arm*> known;
  for (const Arm& arm : arms) known.emplace(arm.name, &arm);
  std::map<std::string, int> borrowed;
  for (const Arm& arm : arms)
    for (const auto& [key, from] : sources(arm)) {
      const auto source = known.find(from);
      if (source == known.end()) {
        problems.add("{}:/arms: arm \"{}\" takes {} \"{}\", but there is no such arm", file,
                     arm.name, key, from);
      } else if (source->second->genome != GenomeKind::kFormula) {
        problems.add("{}:/arms: arm \"{}\" takes {} \"{}\", whose pool holds no formulas", file,
                     arm.name, key, from);
      } else {
        int& days = borrowed[arm.name];
        days = std::max(days, source->second->formula.max_look_back);
      }
    }
  for (Arm& arm : arms) arm.borrowed_look_back = borrowed[arm.name];
  std::vector<Arm> result;
  std::set<std::string> done;
  while (!arms.empty()) {
    const auto ready = std::ranges::find_if(arms, [&](const Arm& arm) {
      return std::ranges::all_of(sources(arm), [&](const auto& source) {
        return done.contains(source.second) || !known.contains(source.second);
      });
    });
    if (ready == arms.end()) {
      problems.add("{}:/arms: arms take formulas from each other in a circle", file);
      break;
    }
    done.insert(ready->name);
    result.push_back(std::move(*ready));
    arms.erase(ready);
  }
  return result;
}

void add_random_search(Experiment& experiment) {
  for (const auto& [genome_name, genome] : kGenomes) {
    if (std::ranges::find(experiment.random_search, genome_name) == experiment.random_search.end())
      continue;
    const auto like = std::ranges::find_if(experiment.arms, [&](const Arm& arm) {
      return arm.genome == genome && sources(arm).empty() && !arm.search.random;
    });
    if (like == experiment.arms.end()) continue;
    Arm arm = *like;
    arm.name = fmt::format("random_{}", genome_name);
    arm.baseline = true;
    arm.search.random = true;
    if (std::ranges::none_of(experiment.arms, [&](const Arm& a) { return a.name == arm.name; }))
      experiment.arms.push_back(std::move(arm));
  }
}

bool valid_arm_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' &&
         std::ranges::all_of(name, [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
         });
}

/// What surrounds the arms: name, seeds, baselines; `arms` and the arm keys stay raw.
struct TopLevel {
  std::string name = "experiment";
  std::vector<std::int64_t> seeds{1};
  std::vector<std::string> random_search{"formula", "network"};
  std::vector<std::string> library;
};
void describe_top(FieldVisitor& v, TopLevel& top) {
  v.field("name", top.name, "Name of the experiment; its default run folder.");
  v.field("seeds", top.seeds, {.low = 0, .high = 4e18}, "One search each.");
  v.require(!top.seeds.empty(), "seeds", "expected at least one seed");
  v.require(std::set<std::int64_t>(top.seeds.begin(), top.seeds.end()).size() == top.seeds.size(),
            "seeds", "a seed stands there twice");
  v.group(
      "baselines",
      [&](FieldVisitor& w) {
        w.field("random_search", top.random_search,
                "Genomes for which a random search on the same budget is added: formula, network.");
        for (const std::string& genome : top.random_search)
          w.require(genome == "formula" || genome == "network", "random_search",
                    fmt::format("expected \"formula\" or \"network\", got \"{}\"", genome));
        w.field("library", top.library,
                "Formulas that found factors are held against beside the 20 classic ones: the "
                "nearest stands in their row. \"@FILE\" stands for those of a file.");
      },
      "What stands beside the arms in every comparison.");
}

}  // namespace

std::string_view name_of(GenomeKind kind) { return kGenomes[static_cast<std::size_t>(kind)].first; }

const Arm& Experiment::arm(const std::string& arm_name) const {
  const auto it = std::ranges::find_if(arms, [&](const Arm& a) { return a.name == arm_name; });
  EVOFACTOR_CHECK(it != arms.end(), "no arm {}", arm_name);
  return *it;
}

Experiment read_experiment(const Json& json, const fs::path& file) {
  const std::string name = file.string();
  Problems problems;
  if (!json.is_object()) throw ConfigError(fmt::format("{}: expected a JSON object", name));

  TopLevel top;
  Json above = Json::object();  // the arm keys above the arms
  Json rest = Json::object();
  Json arms = Json::array();
  for (const auto& [key, value] : json.items()) {
    if (std::ranges::find(kArmKeys, key) != kArmKeys.end())
      above[key] = value;
    else if (key == "arms")
      arms = value;
    else
      rest[key] = value;
  }
  read_settings(
      rest, name, "",
      [&](FieldVisitor& v) {
        describe_top(v, top);
        for (const auto key : kArmKeys) {  // known here, read below
          Json ignored;
          v.raw(key, ignored, "");
        }
        Json ignored;
        v.raw("arms", ignored, "");
      },
      problems);

  Experiment experiment;
  experiment.name = top.name;
  experiment.file = file;
  experiment.seeds = top.seeds;
  experiment.random_search = top.random_search;
  experiment.library = read_library(top.library, file, problems);
  expand_formula_files(above, file, problems);
  expand_architecture(above, file, problems);
  std::set<std::string> reported, names;
  if (!arms.is_array()) {
    problems.add("{}:/arms: expected a list of objects", name);
  } else if (arms.empty()) {
    const GenomeKind genome = genome_of(above);
    experiment.arms.push_back(read_arm(above, Json::object(), std::string(name_of(genome)), name,
                                       "", problems, reported));
  }
  for (std::size_t i = 0; arms.is_array() && i < arms.size(); ++i) {
    const std::string pointer = fmt::format("/arms/{}", i);
    if (!arms[i].is_object()) {
      problems.add("{}:{}: expected an object", name, pointer);
      continue;
    }
    Json overrides = arms[i];
    std::string arm_name;
    if (overrides.contains("name") && overrides["name"].is_string())
      arm_name = overrides["name"].get<std::string>();
    if (!valid_arm_name(arm_name))
      problems.add(
          "{}:{}/name: expected a name of letters, digits, '_', '-' and '.' (it becomes a folder)",
          name, pointer);
    else if (!names.insert(arm_name).second)
      problems.add("{}:{}/name: another arm is called \"{}\" already", name, pointer, arm_name);
    overrides.erase("name");
    expand_formula_files(overrides, file, problems);
    expand_architecture(overrides, file, problems);
    const Json merged = merge(above, overrides);
    experiment.arms.push_back(
        read_arm(merged, overrides, arm_name, name, pointer, problems, reported));
  }
  problems.throw_if_any<ConfigError>();
  experiment.arms = ordered(std::move(experiment.arms), name, problems);
  problems.throw_if_any<ConfigError>();
  for (Arm& arm : experiment.arms)
    arm.data.panel =
        fs::absolute(file).parent_path().append(arm.data.panel).lexically_normal().string();
  add_random_search(experiment);
  return experiment;
}

Experiment read_experiment(const fs::path& file, std::span<const Override> overrides,
                           std::span<const std::string> arms) {
  if (!fs::is_regular_file(file))
    throw ConfigError(fmt::format("{}: no such experiment file", file.string()));
  Json json;
  try {
    json = Json::parse(read_text(file), nullptr, true, /*ignore_comments=*/true);
  } catch (const Json::parse_error& error) {
    throw ConfigError(fmt::format("{}: not valid JSON: {}", file.string(), error.what()));
  }
  for (const Override& change : overrides) apply_override(change, json);
  keep_arms(arms, json);
  return read_experiment(json, file);
}

Json write_arm(const Arm& arm) {
  Arm copy = arm;
  return write_settings([&](FieldVisitor& v) { describe(v, copy); });
}

Json write_experiment(const Experiment& experiment) {
  const Json first = write_arm(experiment.arms.front());
  Json json;
  json["name"] = experiment.name;
  for (const auto key : {"data", "label", "mask", "split"}) json[key] = first[key];
  json["seeds"] = experiment.seeds;
  json["baselines"] = {{"random_search", experiment.random_search}, {"library", Json::array()}};
  for (const auto& [entry, text] : experiment.library)
    json["baselines"]["library"].push_back(entry.empty() ? text : entry + "\t" + text);
  for (const Arm& arm : experiment.arms) {
    if (arm.baseline) continue;
    Json node = {{"name", arm.name}};
    node.update(write_arm(arm));
    json["arms"].push_back(node);
  }
  return json;
}

Json experiment_schema() {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "evofactor experiment"},
                 {"type", "object"}};
  TopLevel top;
  Json properties =
      schema_of_settings([&](FieldVisitor& v) { describe_top(v, top); })["properties"];
  const auto arm_properties = [](GenomeKind genome) {
    Arm arm = default_arm(genome);
    return schema_of_settings([&](FieldVisitor& v) { describe(v, arm); })["properties"];
  };
  Json shared = arm_properties(GenomeKind::kFormula);
  const Json network = arm_properties(GenomeKind::kNetwork);
  shared["search"] = {{"description", "Genome, population and operators."},
                      {"anyOf", Json::array({shared["search"], network["search"]})}};
  Json arm = {{"type", "object"},
              {"required", Json::array({"name"})},
              {"properties", {{"name", {{"type", "string"}}}}},
              {"additionalProperties", false}};
  arm["properties"].update(shared);
  properties.update(shared);
  properties["arms"] = {
      {"type", "array"},
      {"items", arm},
      {"description", "Each overrides the keys above it; compared with each other."}};
  schema["properties"] = properties;
  schema["additionalProperties"] = false;
  return schema;
}

}  // namespace evofactor::app
