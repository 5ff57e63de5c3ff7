#include "engine/evolve/pool.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/evolve/selection.hpp"

namespace evofactor::evolve {
namespace {

bool better(const PoolEntry& a, const PoolEntry& b) {
  return ranks_before({a.fitness(), a.member.id}, {b.fitness(), b.member.id});
}

}  // namespace

bool FactorPool::may_enter(double fitness) const {
  if (!reaches_bar(fitness) || settings_.size == 0) return false;
  return entries_.size() < static_cast<std::size_t>(settings_.size) ||
         fitness > entries_.back().fitness();
}

double FactorPool::bar() const {
  if (settings_.size == 0) return std::numeric_limits<double>::infinity();
  const bool full = entries_.size() >= static_cast<std::size_t>(settings_.size);
  return full ? std::max(settings_.min_rank_ic, entries_.back().fitness()) : settings_.min_rank_ic;
}

bool FactorPool::contains(CandidateId id) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const PoolEntry& entry) { return entry.member.id == id; });
}

bool FactorPool::resembles_entry(Contender& contender, const PoolEntry& entry) const {
  const auto known = contender.resemblance.find(entry.member.id);
  if (known != contender.resemblance.end()) return known->second;
  const bool does = resembles(contender.entry.unit, entry.unit, settings_.max_correlation);
  contender.resemblance.emplace(entry.member.id, does);
  return does;
}

void FactorPool::compare(Contender& contender) const {
  // Best first: most are turned away by a better entry they resemble, and the rest need not be
  // looked at.
  for (const PoolEntry& entry : entries_)
    if (resembles_entry(contender, entry) && contender.entry.fitness() <= entry.fitness()) return;
}

bool FactorPool::offer(Contender contender) {
  if (!may_enter(contender.entry.fitness())) return false;
  std::vector<CandidateId> replaced;
  for (const PoolEntry& entry : entries_) {
    if (!resembles_entry(contender, entry)) continue;
    if (contender.entry.fitness() <= entry.fitness()) return false;
    replaced.push_back(entry.member.id);
  }
  if (replaced.empty() && entries_.size() >= static_cast<std::size_t>(settings_.size))
    replaced.push_back(entries_.back().member.id);
  std::erase_if(entries_, [&](const PoolEntry& entry) {
    return std::find(replaced.begin(), replaced.end(), entry.member.id) != replaced.end();
  });
  insert(std::move(contender.entry));
  return true;
}

void FactorPool::insert(PoolEntry entry) {
  const auto place = std::upper_bound(entries_.begin(), entries_.end(), entry, better);
  entries_.insert(place, std::move(entry));
}

void FactorPool::restore(std::vector<PoolEntry> entries) {
  entries_ = std::move(entries);
  std::sort(entries_.begin(), entries_.end(), better);
}

}  // namespace evofactor::evolve
