#pragma once
#include <cstdint>
#include <optional>

#include "engine/evolve/erased.hpp"

namespace evofactor::evolve {

/// How far a candidate came in successive halving (halving.hpp).
struct Climb {
  int rung = 0;            ///< from 0
  std::int64_t among = 0;  ///< new candidates of its generation, which it was ranked with
  bool operator==(const Climb&) const = default;
};

/// A candidate with what became of it.
struct Member {
  CandidateId id;
  ContentHash hash;
  AnyGenome genome;
  Lineage lineage;
  Outcome outcome = Failure{};
  std::optional<Climb> climb{};  ///< nothing: there are no rungs
};

/// Fitness of a success; nothing for a failure.
[[nodiscard]] inline std::optional<double> fitness_of(const Outcome& outcome) {
  if (const auto* evaluation = std::get_if<Evaluation>(&outcome)) return evaluation->fitness;
  return std::nullopt;
}

}  // namespace evofactor::evolve
