#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/ids.hpp"
#include "engine/core/rng.hpp"

namespace evofactor::evolve {

/// All that selection may know of a member.
struct Standing {
  std::optional<double> fitness;  ///< nothing: it failed
  CandidateId id;
};

/// True if `a` ranks before `b`: every success before every failure, then higher fitness, then the
/// older candidate.
[[nodiscard]] bool ranks_before(const Standing& a, const Standing& b);

/// Indices of `standings`, best first.
[[nodiscard]] std::vector<std::size_t> best_first(std::span<const Standing> standings);

/// The best of `contestants` members drawn with replacement from those not in `taken` (from all, if
/// all are taken). `standings` must not be empty.
[[nodiscard]] std::size_t tournament(Rng& rng, std::span<const Standing> standings, int contestants,
                                     std::span<const std::size_t> taken = {});

}  // namespace evofactor::evolve
