#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "baselines/gp/gp_settings.hpp"
#include "data/market.hpp"
#include "engine/core/json.hpp"
#include "engine/evolve/search.hpp"
#include "experiments/app/overrides.hpp"
#include "fitness/measure.hpp"
#include "fitness/rank_ic.hpp"
#include "training/evaluate.hpp"

namespace evofactor::app {

enum class GenomeKind { kFormula, kNetwork };
[[nodiscard]] std::string_view name_of(GenomeKind kind);

struct DataSettings {
  std::string panel = "panel.h5";
  MarketSettings market;
  std::vector<std::string> inputs;     ///< what formulas (fields) and networks (fields or formulas)
                                       ///< read; empty: the genome's default
  std::optional<std::int64_t> window;  ///< network window in days; none: a gene
};

/// On which days a candidate's fitness is read.
enum class FitnessDays { kDefault, kValidate, kTrainAndValidate };

struct FitnessSettings {
  fitness::MeasureSettings measure;
  fitness::ScoreSettings score;
  std::optional<std::string> kernel;  ///< loss kernel of networks, "paper" or "sharp"; none: a gene
  FitnessDays days = FitnessDays::kDefault;
  bool shuffled = false;  ///< labels are dealt out anew within each day of the search
};

/// What is done with the networks of a pool once the search has ended. Nothing of the search
/// depends on it.
struct FinalistSettings {
  int replicates = 3;             ///< fresh trainings of each member; 0: none
  bool replicate_average = true;  ///< a member's values are the mean of its replicates' day-ranks,
                                  ///< else those of the median replicate
  int stages = 3;                 ///< best members whose stages of training are told
};

/// One way of searching, with everything it needs; arms of an experiment are compared with each
/// other.
struct Arm {
  std::string name;
  bool baseline = false;  ///< added by the program (random search), not by the user
  DataSettings data;
  LabelSettings label;
  MaskSettings mask;
  SplitSettings split;
  FitnessSettings fitness;
  evolve::PoolSettings pool;
  evolve::Budget budget;
  GenomeKind genome = GenomeKind::kFormula;
  evolve::SearchSettings search;
  gp::GpSettings formula;             ///< kFormula
  training::NetworkSettings network;  ///< kNetwork
  FinalistSettings finalists;         ///< kNetwork
  std::string priors_from;     ///< kNetwork: arm whose pool's formulas are the priors; empty: none
  std::string inputs_from;     ///< kNetwork: arm whose pool's formulas, ranked, are inputs
  int borrowed_look_back = 0;  ///< most days before t that formulas of other arms may read
};

/// Keys of "search" that name an arm whose pool's formulas are taken.
inline constexpr std::array<std::pair<const char*, std::string Arm::*>, 2> kSources{
    {{"priors_from", &Arm::priors_from}, {"inputs_from", &Arm::inputs_from}}};

struct Experiment {
  std::string name;
  std::filesystem::path file;
  std::vector<Arm> arms;  ///< an arm comes after those whose pools it takes formulas from
  std::vector<std::int64_t> seeds{1};
  /// Genomes for which a random search on the same budget is added as an arm: "formula", "network".
  std::vector<std::string> random_search;
  /// Formulas (name, text) that found factors are held against, beside the 20 classic ones.
  std::vector<std::pair<std::string, std::string>> library;

  [[nodiscard]] const Arm& arm(const std::string& arm_name) const;
};

/// Reads an experiment file, applies the overrides, keeps these arms (all if empty), merges arms.
/// Relative paths become absolute, from the file's folder.
/// @throws ConfigError with every problem found
[[nodiscard]] Experiment read_experiment(const std::filesystem::path& file,
                                         std::span<const Override> overrides,
                                         std::span<const std::string> arms = {});
/// As above from JSON; `file` names it in messages and anchors relative paths.
[[nodiscard]] Experiment read_experiment(const Json& json, const std::filesystem::path& file);

/// The experiment with every default written: an experiment file that reads back to the same
/// experiment.
[[nodiscard]] Json write_experiment(const Experiment& experiment);
/// One arm with every default written.
[[nodiscard]] Json write_arm(const Arm& arm);
/// JSON Schema (draft 2020-12) of experiment files.
[[nodiscard]] Json experiment_schema();

}  // namespace evofactor::app
