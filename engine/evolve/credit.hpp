#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/core/outcome.hpp"
#include "engine/evolve/erased.hpp"

namespace evofactor::evolve {

/// How often each operator makes a child better than its best parent: what its rate is multiplied
/// by, relative to the others (probability matching; Goldberg 1990). Learns from candidates in the
/// order of their ids, so what it knows follows from the journal alone.
class OperatorCredit {
 public:
  /// Takes in the next candidate. One of a later generation than those before ends theirs.
  void learn(CandidateId id, const Lineage& lineage, const Outcome& outcome);
  /// The variations' rates times their operators' credit, which is between kLeast and 1 / kLeast
  /// times the mean one; in the variations' order.
  [[nodiscard]] std::vector<double> rates(const std::vector<AnyVariation>& variations) const;

 private:
  /// What a generation counts for in the one after it.
  static constexpr double kMemory = 0.8;
  static constexpr double kLeast = 0.2;
  struct Record {
    double better = 0, tries = 0;
  };

  std::unordered_map<std::uint64_t, double> fitness_;  ///< of successes, by id
  std::unordered_map<std::string, Record> records_;    ///< by operator
  int generation_ = 0;
};

}  // namespace evofactor::evolve
