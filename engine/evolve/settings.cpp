#include <array>

#include "engine/core/error.hpp"
#include "engine/evolve/search.hpp"

namespace evofactor::evolve {
namespace {

constexpr std::array<std::pair<std::string_view, bool>, 2> kStrategies{
    {{"evolve", false}, {"random", true}}};
constexpr std::array<std::pair<std::string_view, Selection>, 2> kSelections{
    {{"tournament", Selection::kTournament}, {"lexicase", Selection::kLexicase}}};
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

}  // namespace

void describe(FieldVisitor& v, SearchSettings& s) {
  v.field("population", s.population, {2, 1e6}, "members of a generation");
  v.field("generations", s.generations, {0, 1e9}, "generations bred after the first");
  v.choice("strategy", s.random, kStrategies,
           "evolve: children are bred from good parents; random: every candidate is created");
  v.choice("selection", s.selection, kSelections,
           "of parents: tournament by fitness, or lexicase: best in periods taken in random order");
  v.field("tournament", s.tournament, {1, 1e6}, "contestants for each parent's place");
  v.field("pool_parents", s.pool_parents, {0, 1},
          "chance that a parent is any member of the factor pool, not a tournament's winner");
  v.field("elites", s.elites, {0, 1e6}, "best members that stay as they are");
  v.field("fresh", s.fresh, {0, 1}, "share of each generation created at random");
  v.field("adapt_rates", s.adapt_rates,
          "use operators more that make children better than their parents");
  v.field("duplicate_attempts", s.duplicate_attempts, {1, 1e6},
          "tries to breed a child not seen before, then one is created");
  v.field("max_failure_share", s.max_failure_share, {0, 1},
          "failed share of a generation's new candidates above which the search stops");
  v.require(s.elites < s.population, "elites", "must be fewer than population");
}

void describe(FieldVisitor& v, PoolSettings& s) {
  v.field("size", s.size, {0, 1e6}, "most factors kept");
  v.field("max_correlation", s.max_correlation, {0, 1},
          "mean daily rank correlation between two members, absolute, at most");
  v.field("min_rank_ic", s.min_rank_ic, {-1, 1}, "fitness a factor needs to enter");
  v.choice("combine", s.combine, kCombineNames,
           "weights of the combined factor: equal, by mean rank IC, by mean and covariance of rank "
           "ICs, or by ridge regression of ranks");
}

void describe(FieldVisitor& v, Budget& s) {
  v.field("evaluations", s.evaluations, {1, 1e15},
          "candidates scored, failures included; null = no limit");
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
