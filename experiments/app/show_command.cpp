#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>

#include "engine/core/error.hpp"
#include "experiments/app/commands.hpp"
#include "experiments/app/search_folder.hpp"

namespace evofactor::app {
namespace {

struct Arguments {
  std::string run;
  int top = 10;
  std::optional<std::uint64_t> candidate;
  SearchChoice choice;
};

/// Lines of a file of JSON objects; a torn last line is left out.
std::vector<Json> read_lines(const std::filesystem::path& file) {
  std::vector<Json> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    Json json = Json::parse(line, nullptr, false);
    if (!json.is_discarded()) lines.push_back(std::move(json));
  }
  return lines;
}

std::string number(const Json& node, const char* key) {
  return node.contains(key) && node[key].is_number()
             ? fmt::format("{:.4f}", node[key].get<double>())
             : "-";
}

/// One line about an evaluation.
std::string brief(const Json& e) {
  if (e.value("status", "") == "failed")
    return fmt::format("failed ({} in {}): {}", e["failure"].value("kind", ""),
                       e["failure"].value("stage", ""), e["failure"].value("message", ""));
  return fmt::format("fitness {}  train {}  validate {}", number(e, "fitness"),
                     number(e["metrics"], "train_rank_ic"),
                     number(e["metrics"], "validate_rank_ic"));
}

void print_candidate(const SearchFolder& search, const std::vector<Json>& evaluations,
                     std::uint64_t id, bool as_json) {
  const auto find = [&](std::uint64_t wanted) {
    return std::ranges::find_if(
        evaluations, [&](const Json& e) { return e.value("candidate", ~0ULL) == wanted; });
  };
  const auto it = find(id);
  if (it == evaluations.end())
    throw ConfigError(fmt::format("{}: no candidate {}; candidates are 0 to {}",
                                  search.path.string(), id, evaluations.size() - 1));
  if (as_json) {
    fmt::print("{}\n", it->dump());
    return;
  }
  fmt::print("candidate {} of {} seed {} fold {}\n{}\n{}\nlineage:\n", id, search.arm, search.seed,
             search.fold, brief(*it), (*it)["genome"].dump(1));
  // Ancestors, first parents first; each once.
  std::vector<std::uint64_t> line{id};
  for (std::size_t i = 0; i < line.size() && line.size() < 200; ++i) {
    const auto entry = find(line[i]);
    if (entry == evaluations.end()) continue;
    fmt::print("  {:>6}  generation {:>3}  {:<12} {}\n", line[i], entry->value("generation", 0),
               entry->value("operator", ""), brief(*entry));
    for (const Json& parent : (*entry)["parents"])
      if (std::ranges::find(line, parent.get<std::uint64_t>()) == line.end())
        line.push_back(parent.get<std::uint64_t>());
  }
}

void print_pool(const SearchFolder& search, const std::vector<Json>& evaluations, int top,
                bool as_json) {
  std::map<std::string, int> failures;
  for (const Json& e : evaluations)
    if (e.value("status", "") == "failed") ++failures[e["failure"].value("kind", "")];
  const bool finished = std::filesystem::exists(search.path / "pool.json");
  const Json pool = finished ? read_pool(search) : Json();
  if (as_json) {
    fmt::print("{}\n", Json{{"arm", search.arm},
                            {"seed", search.seed},
                            {"fold", search.fold},
                            {"finished", finished},
                            {"evaluations", evaluations.size()},
                            {"failures", failures},
                            {"members", finished ? pool["members"] : Json::array()}}
                           .dump());
    return;
  }
  std::string failed;
  for (const auto& [kind, count] : failures) failed += fmt::format(", {} {}", count, kind);
  fmt::print("{}  seed {}  fold {}: {} evaluations{}{}\n", search.arm, search.seed, search.fold,
             evaluations.size(), failed.empty() ? "" : " (failed" + failed + ")",
             finished ? "" : ", unfinished");
  int rank = 0;
  if (finished) {
    for (const Json& m : pool["members"]) {
      if (++rank > top) break;
      fmt::print("  {:>3}  id {:>6}  fitness {}  {}{}\n", rank, m["id"].dump(),
                 number(m, "fitness"), m.value("sign", 1) < 0 ? "-" : "", m.value("text", ""));
    }
    return;
  }
  std::vector<const Json*> best;
  for (const Json& e : evaluations)
    if (e.value("status", "") == "ok") best.push_back(&e);
  std::ranges::stable_sort(best, std::greater<>(),
                           [](const Json* e) { return e->value("fitness", 0.0); });
  for (const Json* e : best) {
    if (++rank > top) break;
    fmt::print("  {:>3}  id {:>6}  {}\n", rank, (*e)["candidate"].dump(), brief(*e));
  }
}

}  // namespace

void add_show(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "show", "Print a run's best candidates, or one with its lineage or failure.");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("run", arguments->run, "run folder, or the folder of one search")->required();
  command->add_option("--top", arguments->top, "best of each search to print")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--candidate", arguments->candidate, "one candidate, by its number");
  command->add_option("--arm", arguments->choice.arm, "only this arm");
  command->add_option("--seed", arguments->choice.seed, "only this seed");
  command->add_option("--fold", arguments->choice.fold, "only this fold");
  command->add_flag("--json", context.json, "one JSON document per search on stdout");
  command->callback([arguments, &context] {
    const auto searches = searches_of(arguments->run, arguments->choice);
    if (searches.empty())
      throw ConfigError(fmt::format("{}: no search of that arm, seed and fold", arguments->run));
    if (arguments->candidate && searches.size() > 1)
      throw ConfigError(fmt::format("{} searches have a candidate {}; say --arm, --seed and --fold",
                                    searches.size(), *arguments->candidate));
    for (const SearchFolder& search : searches) {
      const auto evaluations = read_lines(search.path / "evaluations.ndjson");
      if (arguments->candidate)
        print_candidate(search, evaluations, *arguments->candidate, context.json);
      else
        print_pool(search, evaluations, arguments->top, context.json);
    }
  });
}

}  // namespace evofactor::app
