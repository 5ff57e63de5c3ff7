#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "experiments/report/run_data.hpp"

namespace evofactor::report {

/// Mean over folds of the mean over seeds, and the standard deviation (n-1) of the seeds' own means
/// over folds: how much a result depends on the seed. The spread is NaN with fewer than two seeds.
struct Spread {
  double mean = kUnknown, spread = kUnknown;
};

/// What a scheme is in the comparison: candidates bred; networks of one architecture, of which only
/// the training differs; candidates drawn blindly; a search on shuffled labels; a plain method.
enum class Role { kEvolved, kFixed, kRandom, kShuffled, kBaseline };

/// Evolved, or of a fixed architecture. The others are what these are held against.
[[nodiscard]] constexpr bool is_contender(Role role) {
  return role == Role::kEvolved || role == Role::kFixed;
}

/// One day of a scheme: seeds averaged, NaN where none has a value.
struct SchemeDay {
  int fold = 0;
  std::string date;
  double rank_ic = kUnknown, neutral_rank_ic = kUnknown;
};

/// Means over seeds within one fold.
struct FoldMeans {
  int seeds = 0;
  double train = kUnknown, validate = kUnknown, test = kUnknown, neutral_test = kUnknown;
  double icir = kUnknown;  ///< on test days
};

/// A row of the comparison: an arm, random search, or a plain method.
struct Scheme {
  std::string name;   ///< the arm, or the baseline's short name
  std::string label;  ///< for people
  Role role = Role::kEvolved;
  std::string kind;     ///< "formula", "network", "composite", "classic", …
  std::string formula;  ///< of a baseline that is one formula, with its sign
  int searches = 0, seeds = 0;
  Spread train_rank_ic, validate_rank_ic, rank_ic, icir, ic,
      neutral_rank_ic;                     ///< test where not said
  Spread coverage, turnover;               ///< on test days
  Spread evaluations, seconds, pool_size;  ///< per search; NaN for baselines
  std::int64_t total_evaluations = 0;      ///< over all searches
  Spread diversity, mean_correlation;      ///< of the pools' factors on test days
  Spread hours_for_50;        ///< seconds of a search, scaled from its pool's size to 50 factors
  bool hours_scaled = false;  ///< some pool has another size than 50
  double map_spread = kUnknown, map_overlap = kUnknown;  ///< means over the maps with other arms
  std::map<int, FoldMeans> folds;                        ///< every fold there is
  std::vector<SchemeDay> validate_days, test_days;       ///< by fold, date
};

/// Daily rank IC of `scheme` minus that of `against` on the test days both have.
struct PairedRow {
  std::string scheme, against;
  bool neutral = false;  ///< of the neutralised rank IC
  int days = 0;
  double difference = kUnknown;            ///< mean
  double low = kUnknown, high = kUnknown;  ///< 95 % block-bootstrap interval
  int block_days = 0;                      ///< mean length of its blocks
};

enum class Verdict { kBetter, kAhead, kBehind, kWorse, kOpen };
/// Better and worse: the interval does not hold 0. Ahead and behind: it does. Open: nothing to
/// compare.
[[nodiscard]] Verdict verdict(const PairedRow& row);

struct Analysis {
  std::vector<int> folds;       ///< those the side-by-side means are taken over
  std::vector<Scheme> schemes;  ///< contenders, other arms, composite20, vol60, other baselines
  std::vector<PairedRow> paired;
  std::optional<std::size_t>
      best;  ///< contender of highest mean test rank IC (another arm where there is none)
  std::int64_t evaluations = 0;    ///< of all searches of the run
  std::vector<std::string> notes;  ///< what weakens the comparison

  [[nodiscard]] const Scheme* find(const std::string& name) const;
  [[nodiscard]] const PairedRow* pair(const std::string& scheme, const std::string& against,
                                      bool neutral = false) const;
  /// The random arm that `scheme` is held against: of its own kind where there is one; nullptr if
  /// none was run.
  [[nodiscard]] const Scheme* random_for(const Scheme& scheme) const;
};

inline constexpr const char* kComposite = "composite20";
inline constexpr const char* kVolatility = "vol60";

/// All numbers of the tables. Deterministic: the bootstrap's seed is fixed.
[[nodiscard]] Analysis analyse(const RunData& run);

}  // namespace evofactor::report
