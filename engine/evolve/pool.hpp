#pragma once
#include <cstddef>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/evolve/member.hpp"
#include "engine/evolve/search.hpp"
#include "engine/evolve/unit_rows.hpp"

namespace evofactor::evolve {

struct PoolEntry {
  Member member;  ///< a success; its evaluation keeps its weights
  Grid<float> values;
  UnitRows unit;
  [[nodiscard]] double fitness() const { return std::get<Evaluation>(member.outcome).fitness; }
};

/// One that asks to enter the pool, with what is known of it so far: whether it resembles an entry,
/// by the entry's id.
struct Contender {
  PoolEntry entry;
  std::unordered_map<CandidateId, bool> resemblance;
};

/// The factors found: good ones that resemble each other little.
class FactorPool {
 public:
  explicit FactorPool(PoolSettings settings) : settings_(settings) {}

  [[nodiscard]] bool reaches_bar(double fitness) const { return fitness >= settings_.min_rank_ic; }
  /// Fitness below which nothing can enter, as things stand.
  [[nodiscard]] double bar() const;
  [[nodiscard]] double max_correlation() const { return settings_.max_correlation; }
  [[nodiscard]] bool contains(CandidateId id) const;
  /// False if a contender of this fitness would be turned away whatever its values are, as things
  /// stand.
  [[nodiscard]] bool may_enter(double fitness) const;
  /// Computes what `offer` is likely to need. Safe to call from several threads.
  void compare(Contender& contender) const;
  /// Admits the contender if its fitness reaches the bar, and
  /// - it resembles no entry (|correlation| <= max_correlation) and there is room, or it is better
  /// than the worst entry,
  ///   which it then replaces;
  /// - it resembles some entries and is better than each of them: it replaces them all.
  /// Better means higher fitness; the earlier of two equals stays. @returns whether it entered
  bool offer(Contender contender);

  /// Best first.
  [[nodiscard]] const std::vector<PoolEntry>& entries() const { return entries_; }
  /// Takes entries as they were in another pool, e.g. of a checkpoint. No rule is applied.
  void restore(std::vector<PoolEntry> entries);

 private:
  bool resembles_entry(Contender& contender, const PoolEntry& entry) const;
  void insert(PoolEntry entry);

  PoolSettings settings_;
  std::vector<PoolEntry> entries_;
};

}  // namespace evofactor::evolve
