#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "engine/core/error.hpp"
#include "engine/evolve/search.hpp"

namespace evofactor::evolve {
namespace {

constexpr std::array<std::pair<std::string_view, bool>, 2> kStrategies{
    {{"evolve", false}, {"random", true}}};
constexpr std::array<std::pair<std::string_view, Loop>, 2> kLoops{
    {{"generations", Loop::kGenerations}, {"steady_state", Loop::kSteadyState}}};
constexpr std::array<std::pair<std::string_view, Selection>, 4> kSelections{
    {{"tournament", Selection::kTournament},
     {"lexicase", Selection::kLexicase},
     {"nsga2", Selection::kNsga2},
     {"aging", Selection::kAging}}};
constexpr std::array<std::pair<std::string_view, Objective>, 6> kObjectives{
    {{"fitness", Objective::kFitness},
     {"stability", Objective::kStability},
     {"turnover", Objective::kTurnover},
     {"size", Objective::kSize},
     {"novelty", Objective::kNovelty},
     {"contribution", Objective::kContribution}}};
constexpr std::array<std::pair<std::string_view, Objective>, 2> kParentsBy{
    {{"fitness", Objective::kFitness}, {"contribution", Objective::kContribution}}};
constexpr std::array<std::pair<std::string_view, Admission>, 2> kAdmissions{
    {{"quality", Admission::kQuality}, {"contribution", Admission::kContribution}}};
constexpr std::array<std::pair<std::string_view, Combine>, 4> kCombineNames{
    {{"equal", Combine::kEqual},
     {"ic_weighted", Combine::kIcWeighted},
     {"ic_covariance", Combine::kIcCovariance},
     {"ridge", Combine::kRidge}}};
constexpr std::array<std::pair<StopReason, std::string_view>, 5> kReasons{{
    {StopReason::kGenerations, "generations"},
    {StopReason::kEvaluations, "evaluations"},
    {StopReason::kSeconds, "seconds"},
    {StopReason::kSignal, "signal"},
    {StopReason::kTooManyFailures, "too_many_failures"},
}};

/// A list of objectives, by their names.
void describe_objectives(FieldVisitor& v, std::vector<Objective>& objectives) {
  std::vector<std::string> names;
  for (const Objective objective : objectives)
    for (const auto& [name, o] : kObjectives)
      if (o == objective) names.emplace_back(name);
  v.field("objectives", names,
          "what nsga2 trades off: fitness, stability, turnover, size, novelty, contribution");
  std::vector<std::string_view> known;
  for (const auto& [name, objective] : kObjectives) known.push_back(name);
  objectives.clear();
  for (const std::string& name : names) {
    const auto found = std::ranges::find(known, std::string_view(name));
    v.require(
        found != known.end(), "objectives",
        fmt::format("unknown objective \"{}\"; expected some of {}", name, fmt::join(known, ", ")));
    if (found != known.end())
      objectives.push_back(kObjectives[static_cast<std::size_t>(found - known.begin())].second);
  }
  v.require(!objectives.empty(), "objectives", "expected at least one");
}

/// What only generations have.
void refuse_in_steady_state(FieldVisitor& v, const SearchSettings& s) {
  const bool steady = s.loop == Loop::kSteadyState;
  v.require(!steady || s.lag <= s.population, "lag",
            "must be at most population where loop is steady_state");
  v.require(!steady || s.selection != Selection::kNsga2, "selection",
            "nsga2 needs fronts of whole generations: set loop to generations, or selection to "
            "tournament, lexicase or aging");
  v.require(!steady || s.islands == 1, "islands", "must be 1 where loop is steady_state");
  v.require(!steady || s.local_search == 0, "local_search", "must be 0 where loop is steady_state");
  v.require(!steady || s.halving.rungs == 1, "halving",
            "rungs must be 1 where loop is steady_state");
  v.require(!steady || s.restart_after == 0, "restart_after",
            "must be 0 where loop is steady_state");
}

}  // namespace

void describe(FieldVisitor& v, HalvingSettings& s) {
  v.field("rungs", s.rungs, {1, 20},
          "steps of training: all new candidates take the first, the best go on; 1: all are "
          "trained for the whole");
  v.field("keep", s.keep, {0.001, 0.999}, "share of a rung's candidates that go on to the next");
  v.field("min_share", s.min_share, {0.001, 0.999},
          "share of the whole training at the first rung");
}

void describe(FieldVisitor& v, SearchSettings& s) {
  v.field("population", s.population, {2, 1e6}, "members of a generation");
  v.field("generations", s.generations, {0, 1e9}, "generations bred after the first");
  v.choice("loop", s.loop, kLoops,
           "generations: all of one are scored before the next is bred; steady_state: child k is "
           "bred from results 0 to k - lag, and the oldest member leaves for it");
  v.field("lag", s.lag, {1, 1e6},
          "candidates that steady_state breeds ahead of the results, to be scored side by side");
  v.choice("strategy", s.random, kStrategies,
           "evolve: children are bred from good parents; random: every candidate is created");
  v.choice(
      "selection", s.selection, kSelections,
      "tournament: parents by fitness; lexicase: parents that are best in periods taken in "
      "random order; nsga2: parents and survivors by fronts of objectives; aging: tournaments, "
      "and the oldest leave");
  v.field("tournament", s.tournament, {1, 1e6}, "contestants for each parent's place");
  v.choice("parents_by", s.parents_by, kParentsBy,
           "what tournaments compare: fitness, or what a member adds to the pool");
  describe_objectives(v, s.objectives);
  v.field("replaced", s.replaced, {0.001, 1},
          "share of the population that children replace in a generation of aging");
  v.field("pool_parents", s.pool_parents, {0, 1},
          "chance that a parent is any member of the factor pool, not a tournament's winner");
  v.field("local_search", s.local_search, {0, 1},
          "share of each generation that are one window, number or parameter away from the pool's "
          "best");
  v.field("elites", s.elites, {0, 1e6}, "best members that stay as they are");
  v.field("fresh", s.fresh, {0, 1}, "share of each generation created at random");
  v.field("adapt_rates", s.adapt_rates,
          "use operators more that make children better than their parents");
  v.field("islands", s.islands, {1, 10000}, "parts of the population that breed apart");
  v.field("migrate_every", s.migrate_every, {1, 1e6}, "generations between migrations");
  v.field("migrants", s.migrants, {0, 1e6},
          "best members of an island that its neighbour may then breed from");
  v.field("restart_after", s.restart_after, {0, 1e9},
          "generations without a better best member, then all but the pool is created anew; 0: "
          "never");
  v.field("duplicate_attempts", s.duplicate_attempts, {1, 1e6},
          "tries to breed a child not seen before, then one is created");
  v.group("halving", s.halving, "Training few candidates of a generation for long.");
  v.field("max_failure_share", s.max_failure_share, {0, 1},
          "failed share of a generation's new candidates above which the search stops");
  v.require(s.elites < s.population, "elites", "must be fewer than population");
  v.require(2 * s.islands <= s.population, "islands", "must be at most half of population");
  refuse_in_steady_state(v, s);
}

bool uses(const SearchSettings& s, Objective objective) {
  return s.parents_by == objective ||
         (s.selection == Selection::kNsga2 &&
          std::ranges::find(s.objectives, objective) != s.objectives.end());
}

void describe(FieldVisitor& v, PoolSettings& s) {
  v.field("size", s.size, {0, 1e6}, "most factors kept");
  v.field("max_correlation", s.max_correlation, {0, 1},
          "mean daily rank correlation between two members, absolute, at most");
  v.field("min_rank_ic", s.min_rank_ic, {-1, 1}, "fitness a factor needs to enter");
  v.choice(
      "admission", s.admission, kAdmissions,
      "which factors stay: the fittest, or those that add most to the pool's best combination");
  v.choice("combine", s.combine, kCombineNames,
           "weights of the combined factor: equal, by mean rank IC, by mean and covariance of rank "
           "ICs, or by ridge regression of ranks");
}

void describe(FieldVisitor& v, Budget& s) {
  v.field("evaluations", s.evaluations, {1, 1e15},
          "candidates scored, failures included, those of search.halving by the share they were "
          "trained for; null = no limit");
  v.field("seconds", s.seconds, {0, 1e12},
          "ends a search at the end of the generation that passes it; depends on the machine; null "
          "= no limit");
}

std::string_view name_of(Combine combine) {
  for (const auto& [name, c] : kCombineNames)
    if (c == combine) return name;
  EVOFACTOR_CHECK(false, "combination {} has no name", static_cast<int>(combine));
}

std::string_view name_of(StopReason reason) {
  for (const auto& [r, name] : kReasons)
    if (r == reason) return name;
  EVOFACTOR_CHECK(false, "stop reason {} has no name", static_cast<int>(reason));
}

}  // namespace evofactor::evolve
