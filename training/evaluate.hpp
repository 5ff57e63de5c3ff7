#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/market.hpp"
#include "engine/core/rng.hpp"
#include "engine/core/settings.hpp"
#include "engine/evolve/objective_metrics.hpp"
#include "engine/evolve/problem.hpp"
#include "fitness/measure.hpp"
#include "fitness/rank_ic.hpp"
#include "genome/genome.hpp"
#include "genome/net/kernels/multiply.hpp"
#include "genome/search_space.hpp"

namespace evofactor::training {

enum class FitnessDays { kValidate, kTrainAndValidate };
inline constexpr std::array<std::pair<std::string_view, FitnessDays>, 2> kFitnessDaysNames{
    {{"validate", FitnessDays::kValidate}, {"train_and_validate", FitnessDays::kTrainAndValidate}}};

inline constexpr std::array<std::pair<std::string_view, net::kernels::Precision>, 2>
    kPrecisionNames{
        {{"f32", net::kernels::Precision::kF32}, {"bf16", net::kernels::Precision::kBf16}}};

/// How networks are searched and trained; everything but the fold.
struct NetworkSettings {
  genome::SearchSpace space;
  /// Relative rates of the variation operators by name (operators/registry.hpp); one that is not
  /// listed has its default.
  std::vector<std::pair<std::string, double>> operators;
  std::vector<std::string> presets{"fcn_paper"};  ///< first members, fitted to the space
  std::vector<std::string>
      extra_priors;         ///< formulas beside space.priors, for example of another search's pool
  int validate_every = 10;  ///< training steps between two looks at the validation rank IC
  int patience = 6;  ///< looks without a better one before training stops; 0: never stops early
  bool prune_all = false;     ///< prune every weight matrix instead of the first
  int input_cache_mb = 1024;  ///< most memory for prepared inputs shared between candidates
  /// Of the products of training on a CPU; what is scored, kept and exported is always computed in
  /// f32.
  net::kernels::Precision precision = net::kernels::Precision::kF32;
  double steps_share = 1;  ///< of every candidate's own training steps; successive halving sets it
  /// For tests: called with the stage about to run ("pretrain", "train", "score") and the genomes
  /// of the bucket; may throw.
  std::function<void(std::string_view stage, std::span<const genome::NetGenome> bucket)> on_stage;
};
/// Keys under `search` of an experiment. Extra priors, steps_share and on_stage have none.
void describe(FieldVisitor& v, NetworkSettings& s);

/// One fold of one market. What is pointed to outlives the problem.
struct NetworkFold {
  const Market* market = nullptr;
  const Labels* labels = nullptr;
  const fitness::RankIcScorer* scorer = nullptr;
  Split split;
  Seed root;
  FitnessDays fitness_days = FitnessDays::kValidate;
  fitness::MeasureSettings measure;  ///< without its penalties, which are for formulas
  /// Of the pool before the candidate's generation, on the days of pool_values. Fresh trainings
  /// have no novelty and contribution.
  evolve::ObjectiveMetrics metrics;
};

/// Networks as genomes of the loop. A candidate's training draws from derive(root, "train",
/// content_hash) alone, so the same genome gives the same bits wherever and whenever it is trained
/// on CPUs of one instruction set. Fitness = the measure of the exact rank ICs of the fitness days;
/// `sign` tells their direction. Metrics in this order: train_rank_ic, validate_rank_ic, icir,
/// coverage, parameters, pretrain_mse (NaN without pre-training), best_step, and inherited_steps of
/// one that started from a parent (space.inherit): steps trained in its line before; then those of
/// NetworkFold::metrics: period_1, ... over the fitness days, turnover, novelty, contribution.
/// @throws ConfigError for settings that fit neither themselves nor the market (unknown preset,
/// field the market lacks, formula that does not parse), all at once
[[nodiscard]] evolve::Problem<genome::NetGenome> make_network_problem(
    const NetworkSettings& settings, const NetworkFold& fold);

/// Values of a trained network on any market that has its inputs, unsigned, by the normalisation
/// stored with the weights. NaN where an input is missing. @param weights Evaluation::weights
/// @throws StoreError if the bytes do not belong to the genome; ConfigError if the market lacks an
/// input
[[nodiscard]] FactorValues network_values(const genome::NetGenome& genome,
                                          const std::vector<std::byte>& weights,
                                          const Market& market, DayRange days);

/// Writes models/<id>.pt: a TorchScript module whose forward(x [n, features, window]) takes
/// prepared inputs (training/inputs.hpp, before standardising; oldest day first) and returns the
/// factor [n]. Opens in PyTorch.
/// @throws StoreError as network_values, or if the file cannot be written
void write_torchscript(const std::filesystem::path& file, const genome::NetGenome& genome,
                       const std::vector<std::byte>& weights);

/// Days before t that a network reads at t, formulas included.
[[nodiscard]] int look_back(const genome::NetGenome& genome);

}  // namespace evofactor::training
