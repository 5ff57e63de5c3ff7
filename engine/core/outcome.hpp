#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/core/ids.hpp"

namespace evofactor {

enum class FailureKind {
  kInvalidGenome,  ///< validation or shape inference refused it
  kNonFinite,      ///< loss, weights or every value non-finite
  kDegenerate,     ///< constant factor, no usable day, or coverage below the bar
  kOutOfMemory,    ///< did not fit the device even alone
  kStepBudget,     ///< training used up its steps without a usable factor
  kError,          ///< any other exception; the message tells
};
[[nodiscard]] std::string_view name_of(FailureKind kind);
/// Inverse of `name_of`. @throws StoreError on an unknown name
[[nodiscard]] FailureKind failure_kind(std::string_view name);

/// A candidate that could not be scored. Ranks below every success; carries no fitness.
struct Failure {
  FailureKind kind = FailureKind::kError;
  std::string stage;  ///< "decode", "pretrain", "train", "score", ...
  std::string message;
  bool operator==(const Failure&) const = default;
};

/// How a score was come by. Screened: approximate, and surely too low to matter; checked: such a
/// one that was scored exactly all the same, to count how often "surely" is wrong.
enum class Scoring : std::uint8_t { kExact, kScreened, kChecked };

/// A candidate's score. Everything but `seconds` and `weights` is a pure function of genome, data
/// and settings.
struct Evaluation {
  double fitness = 0;  ///< what selection maximises, after the sign was chosen
  Scoring scoring = Scoring::kExact;
  int sign =
      1;  ///< -1: the factor is used negated (fitness and metrics are those of the negated factor)
  /// Named numbers for tables, in a fixed order: train_rank_ic, validate_rank_ic, coverage, ...
  std::vector<std::pair<std::string, double>> metrics;
  std::int64_t train_steps = 0;
  double seconds = 0;
  /// What is needed beside the genome to value the factor again (trained weights); null for
  /// formulas. Opaque bytes.
  std::shared_ptr<const std::vector<std::byte>> weights;

  [[nodiscard]] double metric(std::string_view name) const;  ///< NaN if absent
};

using Outcome = std::variant<Evaluation, Failure>;

/// Where a candidate came from.
struct Lineage {
  std::vector<CandidateId> parents;
  std::string op = "create";  ///< name of the operator that made it
  int generation = 0;
  int island = 0;  ///< of the population that it was born on
  bool operator==(const Lineage&) const = default;
};

template <class G>
struct Candidate {
  CandidateId id;
  G genome;
  Lineage lineage;
};

}  // namespace evofactor
