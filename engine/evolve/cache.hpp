#pragma once
#include <unordered_map>
#include <utility>

#include "engine/core/outcome.hpp"

namespace evofactor::evolve {

/// Outcomes of every candidate scored so far, by content. Exact, because an evaluation is a
/// function of content alone. Holds no weights. Rebuilt from the journal when a search is resumed.
class FitnessCache {
 public:
  struct Known {
    CandidateId id;
    Lineage lineage;
    Outcome outcome;
  };

  /// The first outcome of a content stays.
  void add(ContentHash hash, Known known) {
    if (auto* evaluation = std::get_if<Evaluation>(&known.outcome)) evaluation->weights = nullptr;
    known_.emplace(hash, std::move(known));
  }
  /// Null if it was never scored.
  [[nodiscard]] const Known* find(ContentHash hash) const {
    const auto it = known_.find(hash);
    return it == known_.end() ? nullptr : &it->second;
  }
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  std::unordered_map<ContentHash, Known> known_;
};

}  // namespace evofactor::evolve
