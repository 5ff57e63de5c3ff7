#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/ids.hpp"
#include "engine/core/rng.hpp"
#include "engine/evolve/member.hpp"
#include "engine/evolve/search.hpp"

namespace evofactor::evolve {

/// All that selection may know of a member.
struct Standing {
  std::optional<double> fitness;  ///< nothing: it failed
  CandidateId id;
  /// Scores on parts of the data, higher is better (metrics "period_1", ...); none: fitness alone.
  std::vector<double> periods{};
};

/// What selection knows of a member.
/// @param by kFitness or kContribution: what `fitness` is
[[nodiscard]] Standing standing_of(const Member& member, Objective by = Objective::kFitness);

/// True if `a` ranks before `b`: every success before every failure, then higher fitness, then the
/// older candidate.
[[nodiscard]] bool ranks_before(const Standing& a, const Standing& b);

/// How good a success is at `objective`, more is better; the lowest number where it is not known.
[[nodiscard]] double value_of(const Evaluation& evaluation, Objective objective);

/// Indices of `standings`, best first.
[[nodiscard]] std::vector<std::size_t> best_first(std::span<const Standing> standings);

/// The best of `contestants` members drawn with replacement from those not in `taken` (from all, if
/// all are taken). `standings` must not be empty.
[[nodiscard]] std::size_t tournament(Rng& rng, std::span<const Standing> standings, int contestants,
                                     std::span<const std::size_t> taken = {});

/// Parents that are among the best in some periods, not on average: periods are taken in random
/// order, and each leaves only those of the members that are within epsilon of the best of them. A
/// period's epsilon is the median absolute deviation of the successes' scores in it. Source: La
/// Cava et al. 2016, Epsilon-lexicase selection for regression (GECCO), semi-dynamic form.
class Lexicase {
 public:
  /// `standings` must outlive the object.
  explicit Lexicase(std::span<const Standing> standings);
  /// One of the members not in `taken` (of all, if no success is left), failures only if there is
  /// nothing else.
  [[nodiscard]] std::size_t pick(Rng& rng, std::span<const std::size_t> taken = {}) const;

 private:
  [[nodiscard]] double score(std::size_t member, std::size_t period) const;

  std::span<const Standing> standings_;
  std::vector<std::size_t> successes_;
  std::vector<double> epsilons_;
};

}  // namespace evofactor::evolve
