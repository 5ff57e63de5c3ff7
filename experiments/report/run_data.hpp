#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/json.hpp"
#include "experiments/report/lineage.hpp"
#include "experiments/report/stage_data.hpp"

namespace evofactor::report {

/// Over days; NaN = not stored.
struct IcStats {
  double mean = kUnknown, std = kUnknown, icir = kUnknown, t = kUnknown, positive = kUnknown;
};

/// A score as results.json keeps it; NaN = not stored.
struct Score {
  IcStats rank_ic, ic;
  double days = kUnknown, skipped_days = kUnknown;
  double coverage = kUnknown, mean_stocks = kUnknown, turnover = kUnknown;
};

enum class Part { kValidate, kTest };

/// One day of a combined factor or a baseline; NaN on skipped days.
struct DayPoint {
  std::string date;  ///< "2011-01-04"
  Part part = Part::kTest;
  double rank_ic = kUnknown;
  double neutral_rank_ic = kUnknown;
};

/// First and last day of a part before purging, "2011-01-04".
struct DateSpan {
  std::string first, last;
  bool operator==(const DateSpan&) const = default;
};
struct SplitDates {
  DateSpan train, validate, test;
  bool operator==(const SplitDates&) const = default;
};

/// Mean rank IC over a calendar year of one part.
struct YearPoint {
  int year = 0;
  std::string part;  ///< "train", "validate", "test"
  double days = kUnknown, rank_ic = kUnknown;
};

/// Rank IC against labels of another horizon, on training and validation days.
struct DecayPoint {
  int horizon = 0;  ///< trading days
  double days = kUnknown, rank_ic = kUnknown;
};

/// Mean daily rank correlation with a factor everybody knows.
struct Likeness {
  std::string name;
  double correlation = kUnknown;
};

/// One factor of a pool.
struct Member {
  std::int64_t id = 0;
  std::string text;  ///< the formula, or one line about the network
  Json genome;       ///< null if pool.json does not hold it
  int sign = 1;
  double weight = kUnknown, fitness = kUnknown;
  bool base_dependent = false;
  std::string nearest_known;  ///< the known factor it resembles most; empty if not stored
  double nearest_correlation = kUnknown;
  std::string op;  ///< operator that made it; empty if not stored
  int generation = -1;
  std::vector<std::int64_t> parents;    ///< candidates; empty if created or not stored
  std::vector<std::int64_t> ancestors;  ///< of a formula, nearest first (lineage.hpp)
  Score train, validate, test, neutral_validate, neutral_test;
  std::vector<YearPoint> years;         ///< empty in old runs, as what follows
  std::vector<DecayPoint> decay;        ///< by horizon; of the best members only
  std::vector<Likeness> known, styles;  ///< the nearest known factors; all styles
  /// Of a network trained again from fresh starts, whose median is its fitness: fitness of each
  /// (NaN: failed), their standard deviation, and what the search chose it by.
  std::vector<double> replicates;
  double replicate_std = kUnknown, selected_fitness = kUnknown;
};

/// One generation of a search, from events.ndjson.
struct Generation {
  int generation = 0;
  double best = kUnknown, median = kUnknown, mean = kUnknown;
  double evaluations = kUnknown, seconds = kUnknown, pool = kUnknown;
};

/// Returns of ten (or n) groups of stocks ordered by factor value, in excess of the day's mean.
struct Quantiles {
  std::vector<double> mean_excess;              ///< [n] per label, quantile 1 (lowest values) first
  std::vector<std::string> dates;               ///< [T]
  std::vector<std::vector<double>> cumulative;  ///< [n][T]
};

/// A pool combined by one rule.
struct Combination {
  std::string rule;  ///< "equal", "ic_weighted", ...
  Score train, validate, test, neutral_test;
};

/// How much the factors of a pool differ on test days; NaN = not stored.
struct PoolDiversity {
  double value = kUnknown, k = kUnknown, days = kUnknown, mean_correlation = kUnknown;
};

/// A finished search.
struct SearchData {
  std::filesystem::path folder;
  std::string run;  ///< its name, where several stand in one table
  std::string arm;
  std::int64_t seed = 0;
  int fold = 0;
  std::string kind;       ///< "formula", "network"
  bool random = false;    ///< every candidate was created, none bred
  bool fixed = false;     ///< all its networks have the layers that its space states
  bool shuffled = false;  ///< searched on shuffled labels
  SplitDates split;
  std::int64_t evaluations = 0, cached = 0, duplicates = 0, failed = 0;
  int generations = 0;
  double seconds = kUnknown;
  std::int64_t replicate_trainings = 0;  ///< after the search, of its networks
  double after_seconds = kUnknown;       ///< work on the pool's networks after the search
  std::string stop;                      ///< why it ended
  std::string combine;
  std::string fingerprint;  ///< of the panel; empty if pool.json is missing
  std::string universe;     ///< empty if pool.json is missing
  int min_stocks = 30;      ///< fewest on a day that counts; the largest of the run's arms
  std::vector<Member> members;
  std::map<std::int64_t, Ancestor> ancestors;    ///< of all members
  std::vector<std::vector<double>> correlation;  ///< [members][members]
  PoolDiversity diversity;
  Score train, validate, test, neutral_test;  ///< of the combined factor
  std::vector<Combination> combinations;      ///< by every rule; empty in old runs
  std::vector<DayPoint> daily;
  Quantiles quantiles;
  std::vector<Generation> history;
  std::vector<StageHistory> stages;  ///< of the best networks; empty in old runs
};

/// A search the experiment asks for that has no results.
struct Unfinished {
  std::string arm;
  std::int64_t seed = 0;
  int fold = 0;
  std::string why;
};

/// A plain method scored on a fold's days.
struct Baseline {
  std::string name, label, kind, formula;  ///< kind: "composite", "classic", …
  int sign = 1;
  Score train, validate, test, neutral_test;
  std::vector<DayPoint> daily;
};
struct BaselineFold {
  int fold = 0;
  SplitDates split;
  std::vector<Baseline> methods;
};

/// The factors of all arms of one seed and fold, drawn by how differently they weigh the stocks.
struct ArmsMap {
  struct Cluster {
    int factors = 0;
    double x = kUnknown, y = kUnknown;  ///< of its centre
    double spread = kUnknown;           ///< mean distance of its factors to the centre
    std::vector<double> distances;      ///< [clusters] between centres
  };
  struct Arm {
    std::string name;
    int factors = 0;                               ///< on the map
    double spread = kUnknown, overlap = kUnknown;  ///< as in docs/fitness.md
  };
  struct Factor {
    std::string arm;
    std::int64_t id = 0;
    int cluster = -1;  ///< -1: not on the map; x and y are NaN
    double x = kUnknown, y = kUnknown;
  };
  std::string run;  ///< whose arms, where several runs stand in one table
  std::int64_t seed = 0;
  int fold = 0, days = 0, k = 0;
  double value = kUnknown;  ///< mean distance between centres
  std::vector<Cluster> clusters;
  std::vector<Arm> arms;
  std::vector<Factor> factors;
};

/// What a run folder holds, as far as tables and figures need it.
struct RunData {
  std::filesystem::path folder;
  std::string name;               ///< of the experiment
  Json config, environment;       ///< environment is null if missing
  std::vector<std::string> arms;  ///< in the experiment's order, then others found on disk
  /// Two arms alike in all but the labels of the second, which are shuffled.
  std::vector<std::pair<std::string, std::string>> shuffled_selves;
  std::vector<SearchData> searches;  ///< by arm, seed, fold
  std::vector<Unfinished> unfinished;
  std::vector<BaselineFold> baselines;  ///< by fold
  std::vector<ArmsMap> maps;            ///< by seed, fold; empty in old runs
  std::vector<std::string> notes;       ///< what a reader must know: unreadable files, mixed runs
};

/// Reads a run folder. Searches that are missing, torn or still running are listed as unfinished.
/// @throws StoreError if `folder` is no run folder (no readable config.json)
[[nodiscard]] RunData read_run(const std::filesystem::path& folder);

/// Maps of a diversity.json; none if there is no such file. @throws StoreError if it is damaged
[[nodiscard]] std::vector<ArmsMap> read_maps(const std::filesystem::path& file);

/// Value at a JSON pointer, as text; `fallback` where there is none.
[[nodiscard]] std::string setting(const Json& config, const std::string& pointer,
                                  const std::string& fallback = "");

}  // namespace evofactor::report
