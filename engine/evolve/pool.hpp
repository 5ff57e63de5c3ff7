#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/evolve/member.hpp"
#include "engine/evolve/search.hpp"
#include "engine/evolve/unit_rows.hpp"
#include "engine/evolve/worth.hpp"

namespace evofactor::evolve {

/// Copies share the values.
struct PoolEntry {
  Member member;  ///< a success; its evaluation keeps its weights
  std::shared_ptr<const Grid<float>> values;
  std::shared_ptr<const UnitRows> unit;

  PoolEntry() = default;
  PoolEntry(Member m, Grid<float> v)
      : member(std::move(m)),
        values(std::make_shared<const Grid<float>>(std::move(v))),
        unit(std::make_shared<const UnitRows>(unit_rows(*values))) {}
  [[nodiscard]] double fitness() const { return std::get<Evaluation>(member.outcome).fitness; }
};

/// One that asks to enter the pool, with what is known of it so far: whether it resembles an entry,
/// or how they are correlated (Admission::kContribution), by the entry's id.
struct Contender {
  PoolEntry entry;
  std::unordered_map<CandidateId, bool> resemblance;
  std::unordered_map<CandidateId, double> correlation;
};

/// The factors found: good ones that resemble each other little.
///
/// What a set of factors is worth together is f' A^-1 f, with f their fitness and A their mean
/// daily rank correlations with kShrinkage added to the diagonal: the square of the rank IC of
/// their ridge combination, up to a constant. A factor contributes what the set is worth less
/// without it. Source: Fang et al. 2020, eq. 5-7, with correlations of ranks in place of those of
/// rank ICs.
class FactorPool {
 public:
  explicit FactorPool(PoolSettings settings) : settings_(settings) {}

  [[nodiscard]] bool reaches_bar(double fitness) const { return fitness >= settings_.min_rank_ic; }
  /// Fitness below which nothing can enter, as things stand.
  [[nodiscard]] double bar() const;
  [[nodiscard]] double max_correlation() const { return settings_.max_correlation; }
  [[nodiscard]] Admission admission() const { return settings_.admission; }
  /// The members' values weighted by A^-1 f: a factor of fitness g whose mean daily correlation
  /// with it is c would add (g - c)^2 / s to the pool's worth, with s between kShrinkage and 1 +
  /// kShrinkage. No rows if the pool is empty.
  [[nodiscard]] UnitRows combination() const;
  /// The least that any member contributes; 0 while there is room.
  [[nodiscard]] double least_contribution() const;
  [[nodiscard]] bool contains(CandidateId id) const;
  /// False if a contender of this fitness would be turned away whatever its values are, as things
  /// stand.
  [[nodiscard]] bool may_enter(double fitness) const;
  /// Computes what `offer` is likely to need. Safe to call from several threads.
  void compare(std::span<Contender* const> contenders) const;
  /// To be called before the first offer of a generation, so that what the pool does then follows
  /// from its members alone and not from how they came.
  void begin_generation();
  /// Admits the contender if its fitness reaches the bar, and
  /// - it resembles no entry (|correlation| <= max_correlation) and there is room, or it is better
  /// than the worst entry,
  ///   which it then replaces;
  /// - it resembles some entries and is better than each of them: it replaces them all.
  /// Better means higher fitness; the earlier of two equals stays.
  ///
  /// With Admission::kContribution it takes the place of all that it resembles if that raises the
  /// pool's worth; one that resembles none enters, and if the pool is then too large, the one that
  /// contributes least leaves. @returns whether it entered
  bool offer(Contender contender);

  /// Best first.
  [[nodiscard]] const std::vector<PoolEntry>& entries() const { return entries_; }
  /// Takes entries as they were in another pool, e.g. of a checkpoint. No rule is applied.
  void restore(std::vector<PoolEntry> entries);

  static constexpr double kShrinkage = 1;

 private:
  bool resembles_entry(Contender& contender, const PoolEntry& entry) const;
  double correlation_with(Contender& contender, const PoolEntry& entry) const;
  bool offer_quality(Contender contender);
  bool offer_contribution(Contender contender);
  void insert(PoolEntry entry);
  [[nodiscard]] Worth measured() const;

  PoolSettings settings_;
  std::vector<PoolEntry> entries_;
  Worth worth_{Eigen::MatrixXd(), {}, kShrinkage};  ///< of entries_, with kContribution
};

}  // namespace evofactor::evolve
