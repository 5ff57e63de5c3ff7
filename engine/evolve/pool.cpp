#include "engine/evolve/pool.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/evolve/selection.hpp"

namespace evofactor::evolve {
namespace {

bool better(const PoolEntry& a, const PoolEntry& b) {
  return ranks_before({a.fitness(), a.member.id}, {b.fitness(), b.member.id});
}

}  // namespace

UnitRows unit_rows(const Grid<float>& grid) {
  UnitRows unit{grid.rows(), grid.columns(), std::vector<float>(grid.rows() * grid.columns())};
  for (std::size_t r = 0; r < grid.rows(); ++r) {
    const std::span<const float> row = grid.row(r);
    const std::span<float> out(unit.values.data() + r * grid.columns(), grid.columns());
    double sum = 0;
    bool constant = true;
    for (std::size_t c = 0; c < row.size(); ++c) {
      out[c] = std::isfinite(row[c]) ? row[c] : 0.0F;
      sum += out[c];
      constant = constant && out[c] == out[0];
    }
    if (constant) {
      std::fill(out.begin(), out.end(), 0.0F);
      continue;
    }
    const double mean = sum / static_cast<double>(row.size());
    double squares = 0;
    for (const float x : out) squares += (x - mean) * (x - mean);
    const double scale = 1 / std::sqrt(squares);
    for (float& x : out) x = static_cast<float>((x - mean) * scale);
  }
  return unit;
}

double mean_row_correlation(const UnitRows& a, const UnitRows& b) {
  EVOFACTOR_CHECK(a.rows == b.rows && a.columns == b.columns,
                  "values of [{}, {}] and [{}, {}] cannot be correlated", a.rows, a.columns, b.rows,
                  b.columns);
  if (a.rows == 0) return 0;
  // A fixed number of partial sums lets the compiler use vector registers without changing the
  // order of additions; a block keeps a float sum short.
  constexpr std::size_t kLanes = 16;
  constexpr std::size_t kBlock = 1024;
  const std::size_t n = a.values.size();
  const float* x = a.values.data();
  const float* y = b.values.data();
  double total = 0;
  std::size_t i = 0;
  while (i + kLanes <= n) {
    const std::size_t last = std::min(i + kBlock, n) - (std::min(i + kBlock, n) - i) % kLanes;
    std::array<float, kLanes> sums{};
    for (; i < last; i += kLanes)
      for (std::size_t k = 0; k < kLanes; ++k) sums[k] += x[i + k] * y[i + k];
    for (const float sum : sums) total += static_cast<double>(sum);
  }
  for (; i < n; ++i) total += static_cast<double>(x[i] * y[i]);
  return total / static_cast<double>(a.rows);
}

bool FactorPool::may_enter(double fitness) const {
  if (!reaches_bar(fitness) || settings_.size == 0) return false;
  return entries_.size() < static_cast<std::size_t>(settings_.size) ||
         fitness > entries_.back().fitness();
}

double FactorPool::correlation(Contender& contender, const PoolEntry& entry) const {
  const auto known = contender.correlations.find(entry.member.id);
  if (known != contender.correlations.end()) return known->second;
  const double value = mean_row_correlation(contender.entry.unit, entry.unit);
  contender.correlations.emplace(entry.member.id, value);
  return value;
}

void FactorPool::compare(Contender& contender) const {
  // Best first: most are turned away by a better entry they resemble, and the rest need not be
  // looked at.
  for (const PoolEntry& entry : entries_) {
    const bool resembles = std::abs(correlation(contender, entry)) > settings_.max_correlation;
    if (resembles && contender.entry.fitness() <= entry.fitness()) return;
  }
}

bool FactorPool::offer(Contender contender) {
  if (!may_enter(contender.entry.fitness())) return false;
  std::vector<CandidateId> replaced;
  for (const PoolEntry& entry : entries_) {
    if (std::abs(correlation(contender, entry)) <= settings_.max_correlation) continue;
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
