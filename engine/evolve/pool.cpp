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
  return settings_.admission == Admission::kContribution ||
         entries_.size() < static_cast<std::size_t>(settings_.size) ||
         fitness > entries_.back().fitness();
}

double FactorPool::bar() const {
  if (settings_.size == 0) return std::numeric_limits<double>::infinity();
  if (settings_.admission == Admission::kContribution) return settings_.min_rank_ic;
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
  const bool does = resembles(*contender.entry.unit, *entry.unit, settings_.max_correlation);
  contender.resemblance.emplace(entry.member.id, does);
  return does;
}

double FactorPool::correlation_with(Contender& contender, const PoolEntry& entry) const {
  const auto known = contender.correlation.find(entry.member.id);
  if (known != contender.correlation.end()) return known->second;
  const double correlation = mean_row_correlation(*contender.entry.unit, *entry.unit);
  contender.correlation.emplace(entry.member.id, correlation);
  return correlation;
}

void FactorPool::compare(std::span<Contender* const> contenders) const {
  if (settings_.admission == Admission::kContribution) {
    std::vector<const UnitRows*> theirs, ours;
    for (const Contender* contender : contenders) theirs.push_back(contender->entry.unit.get());
    for (const PoolEntry& entry : entries_) ours.push_back(entry.unit.get());
    std::vector<double> correlations(theirs.size() * ours.size());
    mean_row_correlations(theirs, ours, correlations);
    for (std::size_t i = 0; i < theirs.size(); ++i)
      for (std::size_t j = 0; j < ours.size(); ++j)
        contenders[i]->correlation[entries_[j].member.id] = correlations[i * ours.size() + j];
    return;
  }
  // Best first: most are turned away by a better entry they resemble, and the rest need not be
  // looked at.
  for (Contender* contender : contenders)
    for (const PoolEntry& entry : entries_)
      if (resembles_entry(*contender, entry) && contender->entry.fitness() <= entry.fitness())
        break;
}

void FactorPool::begin_generation() {
  if (settings_.admission == Admission::kContribution) worth_ = worth_.anew();
}

bool FactorPool::offer(Contender contender) {
  if (!may_enter(contender.entry.fitness())) return false;
  return settings_.admission == Admission::kContribution ? offer_contribution(std::move(contender))
                                                         : offer_quality(std::move(contender));
}

bool FactorPool::offer_quality(Contender contender) {
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

bool FactorPool::offer_contribution(Contender contender) {
  std::vector<double> correlation;
  std::vector<std::size_t> leaving;
  for (const PoolEntry& entry : entries_) {
    correlation.push_back(correlation_with(contender, entry));
    if (std::abs(correlation.back()) > settings_.max_correlation)
      leaving.push_back(correlation.size() - 1);
  }
  const double fitness = contender.entry.fitness();
  const bool resembles_some = !leaving.empty();
  if (!resembles_some && entries_.size() >= static_cast<std::size_t>(settings_.size)) {
    const std::vector<double> contributions = worth_.contributions_with(correlation, fitness);
    // The earlier of two equals stays.
    const auto least = std::ranges::min_element(contributions.rbegin(), contributions.rend());
    if (least == contributions.rbegin()) return false;
    leaving.push_back(static_cast<std::size_t>(contributions.rend() - least - 1));
  }
  Worth worth = worth_;
  for (auto i = leaving.rbegin(); i != leaving.rend(); ++i) {
    worth = worth.without(*i);
    correlation.erase(correlation.begin() + static_cast<std::ptrdiff_t>(*i));
  }
  std::size_t place = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (!std::ranges::binary_search(leaving, i) && better(entries_[i], contender.entry)) ++place;
  worth = worth.with(place, correlation, fitness);
  if (resembles_some && worth.value() <= worth_.value()) return false;
  for (auto i = leaving.rbegin(); i != leaving.rend(); ++i)
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(*i));
  insert(std::move(contender.entry));
  worth_ = std::move(worth);
  return true;
}

void FactorPool::insert(PoolEntry entry) {
  const auto place = std::upper_bound(entries_.begin(), entries_.end(), entry, better);
  entries_.insert(place, std::move(entry));
}

void FactorPool::restore(std::vector<PoolEntry> entries) {
  entries_ = std::move(entries);
  std::sort(entries_.begin(), entries_.end(), better);
  if (settings_.admission == Admission::kContribution) worth_ = measured();
}

Worth FactorPool::measured() const {
  const auto n = static_cast<Eigen::Index>(entries_.size());
  Eigen::MatrixXd correlations = Eigen::MatrixXd::Identity(n, n);
  std::vector<double> fitness;
  for (Eigen::Index i = 0; i < n; ++i) {
    const PoolEntry& entry = entries_[static_cast<std::size_t>(i)];
    fitness.push_back(entry.fitness());
    for (Eigen::Index j = 0; j < i; ++j)
      correlations(i, j) = correlations(j, i) =
          mean_row_correlation(*entry.unit, *entries_[static_cast<std::size_t>(j)].unit);
  }
  return Worth(std::move(correlations), fitness, kShrinkage);
}

UnitRows FactorPool::combination() const {
  UnitRows sum;
  if (entries_.empty()) return sum;
  const bool known = settings_.admission == Admission::kContribution;
  const Worth worth = known ? worth_ : measured();
  sum.rows = entries_.front().unit->rows;
  sum.stride = entries_.front().unit->stride;
  sum.values.resize(sum.rows * sum.stride);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto weight = static_cast<float>(worth.weights()(static_cast<Eigen::Index>(i)));
    const std::vector<float>& values = entries_[i].unit->values;
    for (std::size_t k = 0; k < sum.values.size(); ++k) sum.values[k] += weight * values[k];
  }
  return sum;
}

double FactorPool::least_contribution() const {
  if (entries_.size() < static_cast<std::size_t>(settings_.size)) return 0;
  const std::vector<double> contributions = worth_.contributions();
  return contributions.empty() ? 0 : std::ranges::min(contributions);
}

}  // namespace evofactor::evolve
