#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/outcome.hpp"
#include "engine/evolve/search.hpp"
#include "experiments/app/fold.hpp"
#include "fitness/known_factors.hpp"

namespace evofactor::app {

/// A trained network behind a factor.
struct FoundModel {
  std::string name;  ///< of its files, without extension: "12", "12_r1"
  std::shared_ptr<const std::vector<std::byte>> weights;
  std::function<void(const std::filesystem::path&)> write_module;  ///< TorchScript
};

/// What fresh trainings of a member gave; its evaluation holds their medians.
struct ReplicateFacts {
  double selected_fitness = 0;  ///< of the training that the search chose it by
  /// With the member's sign, by replicate from 1 on; NaN for one that failed.
  std::vector<double> fitness;
  double spread = 0;     ///< standard deviation (n - 1) of those that did not; NaN below two
  bool average = false;  ///< the factor is the mean of the day-ranks of its models
};

/// A factor of a finished search's pool, whatever its genome.
struct FoundFactor {
  CandidateId id;
  std::uint64_t hash = 0;
  std::string text;
  Json genome;
  Evaluation evaluation;
  Lineage lineage;
  bool base_dependent = false;
  int look_back = 0;
  /// Values before the sign is applied. @throws Error
  std::function<FactorValues(const Market&, DayRange)> values;
  std::vector<FoundModel> models;  ///< empty for formulas
  std::optional<ReplicateFacts> replicates;
};

/// What is known of a search beside its pool.
struct SearchFacts {
  std::string arm;
  GenomeKind kind = GenomeKind::kFormula;
  bool random = false;
  std::int64_t seed = 0;
  int fold = 0;
  Json identity;  ///< settings that made it, budget included
  evolve::SearchTotals totals;
  /// Work on the pool's networks after the search; in none of the totals.
  std::int64_t replicate_trainings = 0;
  double replicate_seconds = 0, stages_seconds = 0;
};

/// What the pools of a fold are held against.
struct Yardsticks {
  fitness::StyleNeutraliser neutraliser;  ///< over validation and test days
  /// Over fitness::rankable and fitted_days.
  fitness::KnownFactors known, styles;
};
/// @param library of the experiment @param fold one for the final report
[[nodiscard]] Yardsticks make_yardsticks(const Fold& fold,
                                         std::span<const fitness::NameAndFormula> library);

/// Reads the test days of `fold`, once, and writes pool.json, results.json, factors.parquet and
/// models/ of a finished search into `folder`; results.json last, so that its presence means the
/// rest is complete. @throws StoreError
void finalise_search(const std::filesystem::path& folder, const SearchFacts& facts,
                     const std::vector<FoundFactor>& pool, evolve::Combine combine,
                     const Fold& fold, const Yardsticks& yardsticks);

/// Days whose values may decide anything: training and validation.
[[nodiscard]] DayRange fitted_days(const Split& split);

/// First and last day of a part before purging, as dates.
[[nodiscard]] Json part_dates(const Calendar& calendar, const SplitPart& part);

}  // namespace evofactor::app
