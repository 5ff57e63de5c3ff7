#pragma once
#include <optional>

#include "engine/evolve/erased.hpp"

namespace evofactor::evolve {

/// A candidate with what became of it.
struct Member {
  CandidateId id;
  ContentHash hash;
  AnyGenome genome;
  Lineage lineage;
  Outcome outcome = Failure{};
};

/// Fitness of a success; nothing for a failure.
[[nodiscard]] inline std::optional<double> fitness_of(const Outcome& outcome) {
  if (const auto* evaluation = std::get_if<Evaluation>(&outcome)) return evaluation->fitness;
  return std::nullopt;
}

}  // namespace evofactor::evolve
