#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/settings.hpp"
#include "engine/evolve/erased.hpp"
#include "engine/evolve/problem.hpp"

namespace evofactor::evolve {

/// How parents and survivors are chosen from the population (selection.hpp).
enum class Selection { kTournament, kLexicase, kNsga2, kAging };
/// What NSGA-II trades off, all to be maximised: fitness; stability, minus the standard deviation
/// over sub-periods; minus turnover; minus size (metrics "nodes" or "parameters"); novelty, 1 minus
/// the largest correlation to a pool member; contribution to the pool. The last two are as of the
/// candidate's birth.
enum class Objective { kFitness, kStability, kTurnover, kSize, kNovelty, kContribution };

/// How candidates follow each other. Generations: all of one are scored before the next is bred.
/// Steady state: child k is bred from results 0 to k - lag, whatever else has come in.
enum class Loop { kGenerations, kSteadyState };

/// Training few candidates of a generation for long (halving.hpp).
struct HalvingSettings {
  int rungs = 1;           ///< 1: all are trained for the whole
  double keep = 0.25;      ///< share of a rung's candidates that go on to the next
  double min_share = 0.1;  ///< of the whole effort, at the first rung
};
void describe(FieldVisitor& v, HalvingSettings& s);

struct SearchSettings {
  int population = 64;
  int generations = 20;
  Loop loop = Loop::kGenerations;
  int lag = 64;         ///< candidates bred ahead of the results (kSteadyState)
  bool random = false;  ///< random search: every candidate is created, none is bred
  Selection selection = Selection::kTournament;
  int tournament = 4;  ///< contestants per parent
  std::vector<Objective> objectives{Objective::kFitness, Objective::kNovelty};  ///< of kNsga2
  double replaced = 0.25;  ///< share of the population that children replace, oldest first (kAging)
  Objective parents_by = Objective::kFitness;  ///< what tournaments compare
  double pool_parents = 0;  ///< chance that a parent is any member of the pool, not the winner of a
                            ///< tournament
  double local_search = 0;  ///< share of each generation that are neighbours of the pool's best
  int elites = 2;           ///< best members that stay as they are
  double fresh = 0.05;      ///< share of each generation created at random
  bool adapt_rates = false;  ///< operators that make better children are used more
  int islands = 1;           ///< parts of the population that breed apart
  int migrate_every = 5;     ///< generations between two migrations
  int migrants = 2;          ///< best members of an island that the next one may breed from then
  int restart_after = 0;     ///< generations without a better best member, then all but the pool is
                             ///< created anew; 0: never
  int duplicate_attempts =
      20;  ///< tries to breed a child not seen before, then a fresh one is created
  HalvingSettings halving;
  double max_failure_share =
      0.9;  ///< of one generation's new candidates; above it the search stops (exit status 4)
};
void describe(FieldVisitor& v, SearchSettings& s);
/// Whether selection looks at it.
[[nodiscard]] bool uses(const SearchSettings& settings, Objective objective);

/// How a pool becomes one factor (fitness/weights.hpp).
enum class Combine { kEqual, kIcWeighted, kIcCovariance, kRidge };
inline constexpr std::array kCombines{Combine::kEqual, Combine::kIcWeighted, Combine::kIcCovariance,
                                      Combine::kRidge};
[[nodiscard]] std::string_view name_of(Combine combine);
/// Which factors a full pool keeps: the fittest, or those its combination would lose most without
/// (pool.hpp).
enum class Admission { kQuality, kContribution };
struct PoolSettings {
  int size = 50;
  double max_correlation = 0.7;  ///< mean daily rank correlation between members, absolute
  double min_rank_ic = 0.01;     ///< bar on fitness to enter
  Combine combine = Combine::kEqual;
  Admission admission = Admission::kQuality;
};
void describe(FieldVisitor& v, PoolSettings& s);

struct Budget {
  std::optional<std::int64_t> evaluations = 2000;  ///< of whole effort (halving.hpp)
  std::optional<double> seconds;
};
void describe(FieldVisitor& v, Budget& s);

enum class StopReason { kGenerations, kEvaluations, kSeconds, kSignal, kTooManyFailures };
[[nodiscard]] std::string_view name_of(StopReason reason);

/// State of a search after a generation; what a progress line or live bar shows. Values as in
/// events.ndjson.
struct GenerationRecord {
  int generation = 0, generations = 0;
  double best = 0, median = 0, mean = 0;  ///< fitness of the population's successes; NaN if none
  std::int64_t created = 0;               ///< new candidates evaluated
  std::int64_t cached = 0, duplicates = 0, failed = 0;
  std::vector<std::pair<std::string, std::int64_t>> failures;  ///< by kind
  int pool_size = 0;
  double pool_best = 0, pool_mean = 0;
  std::int64_t evaluations = 0;  ///< since the search began
  double effort = 0;             ///< what they cost, in evaluations of whole effort
  double seconds = 0;            ///< since the search began, over resumes
  std::int64_t screened = 0;     ///< new candidates whose score is approximate
  std::int64_t checked = 0;      ///< of those that seemed too low to matter, scored exactly ...
  std::int64_t missed = 0;       ///< ... and of these, those that were good enough after all
  Probes probes;                 ///< what the problem tells
};

/// Where and under which identity a search runs.
struct SearchContext {
  std::filesystem::path folder;  ///< RUN/<arm>/seed-<s>/fold-<k>; made if missing
  Seed root;                     ///< every random choice derives from it
  Json identity;                 ///< settings that must be equal to resume (compared key by key)
  std::uint64_t data_fingerprint = 0;
  std::vector<Lane> lanes;  ///< at least one
  EnterLane enter_lane;     ///< may be empty
  const std::atomic<bool>* stop =
      nullptr;  ///< set by a signal: finish what runs, save, return kSignal
  std::function<void(const GenerationRecord&)> on_generation;  ///< once per finished generation
  std::function<void(std::int64_t done, std::int64_t of, int failed)>
      on_progress;  ///< as candidates finish; any thread
  std::function<void(std::string_view)>
      on_note;  ///< things a person should know (a torn file skipped, …)
};

template <class G>
struct PoolMember {
  Candidate<G> candidate;
  Evaluation evaluation;
  Grid<float> values;  ///< Problem::pool_values of it
};

/// What a search did, beside what it found.
struct SearchTotals {
  StopReason reason = StopReason::kGenerations;
  std::int64_t evaluations = 0, cached = 0, duplicates = 0, failed = 0;
  double effort = 0;    ///< what the evaluations cost, in those of whole effort
  int generations = 0;  ///< bred after the first
  double seconds = 0;
};

template <class G>
struct SearchResult : SearchTotals {
  std::vector<PoolMember<G>> pool;  ///< best first
};

/// Runs a search from start, or from the newest valid state found in `context.folder`. Writes
/// events.ndjson, evaluations.ndjson, weights/ and checkpoint/ there. The result depends on genome
/// kind, data, settings and root seed alone: not on the number of lanes, nor on interruptions.
/// @throws ConfigError if the folder holds a search of another identity or other data, naming the
/// keys that differ, or if candidates of adjustable effort are asked of a problem that has none;
/// StoreError if a file cannot be written
template <Genome G>
[[nodiscard]] SearchResult<G> run_search(const Problem<G>& problem, const SearchSettings& settings,
                                         const PoolSettings& pool, const Budget& budget,
                                         const SearchContext& context);

/// run_search over a problem without its type.
[[nodiscard]] SearchResult<AnyGenome> run_any_search(const AnyProblem& problem,
                                                     const SearchSettings& settings,
                                                     const PoolSettings& pool, const Budget& budget,
                                                     const SearchContext& context);

template <Genome G>
SearchResult<G> run_search(const Problem<G>& problem, const SearchSettings& settings,
                           const PoolSettings& pool, const Budget& budget,
                           const SearchContext& context) {
  SearchResult<AnyGenome> found =
      run_any_search(erase_problem(problem), settings, pool, budget, context);
  SearchResult<G> result{found, {}};
  for (PoolMember<AnyGenome>& member : found.pool)
    result.pool.push_back({{member.candidate.id, genome_of<G>(member.candidate.genome),
                            std::move(member.candidate.lineage)},
                           std::move(member.evaluation),
                           std::move(member.values)});
  return result;
}

}  // namespace evofactor::evolve
