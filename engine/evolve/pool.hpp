#pragma once
#include <cstddef>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/core/grid.hpp"
#include "engine/evolve/member.hpp"
#include "engine/evolve/search.hpp"

namespace evofactor::evolve {

/// Rows centred and scaled to unit length, zeros where a row is constant: the Pearson correlation
/// of two rows is their dot product. Rows are filled up with zeros to a multiple of 16. Non-finite
/// values count as 0.
struct UnitRows {
  std::size_t rows = 0, stride = 0;
  std::vector<float> values;
};
[[nodiscard]] UnitRows unit_rows(const Grid<float>& grid);

/// Mean over rows of the Pearson correlation; a row constant in either counts as 0. Shapes must be
/// equal. Symmetric to the last bit and the same for any number of threads.
[[nodiscard]] double mean_row_correlation(const UnitRows& a, const UnitRows& b);

/// |mean_row_correlation(a, b)| > bar, told as soon as the rows left cannot change it: for a bar of
/// 0.7 and factors that have little in common, after a third of them.
[[nodiscard]] bool resembles(const UnitRows& a, const UnitRows& b, double bar);

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
