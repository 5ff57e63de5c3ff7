#include "engine/evolve/pool.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/evolve/selection.hpp"

namespace evofactor::evolve {
namespace {

/// A fixed number of partial sums lets the compiler use vector registers without changing the order
/// of additions.
constexpr std::size_t kLanes = 16;

double row_correlation(const UnitRows& a, const UnitRows& b, std::size_t row) {
  const float* x = a.values.data() + row * a.stride;
  const float* y = b.values.data() + row * b.stride;
  std::array<float, kLanes> sums{};
  for (std::size_t i = 0; i < a.stride; i += kLanes)
    for (std::size_t k = 0; k < kLanes; ++k) sums[k] += x[i + k] * y[i + k];
  double total = 0;
  for (const float sum : sums) total += static_cast<double>(sum);
  return total;
}

void require_equal_shapes(const UnitRows& a, const UnitRows& b) {
  EVOFACTOR_CHECK(a.rows == b.rows && a.stride == b.stride,
                  "values of {} rows of {} and {} rows of {} cannot be correlated", a.rows,
                  a.stride, b.rows, b.stride);
}

bool better(const PoolEntry& a, const PoolEntry& b) {
  return ranks_before({a.fitness(), a.member.id}, {b.fitness(), b.member.id});
}

}  // namespace

UnitRows unit_rows(const Grid<float>& grid) {
  UnitRows unit;
  unit.rows = grid.rows();
  unit.stride = (grid.columns() + kLanes - 1) / kLanes * kLanes;
  unit.values.resize(unit.rows * unit.stride);
  for (std::size_t r = 0; r < grid.rows(); ++r) {
    const std::span<const float> row = grid.row(r);
    const std::span<float> out(unit.values.data() + r * unit.stride, grid.columns());
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
  require_equal_shapes(a, b);
  double total = 0;
  for (std::size_t r = 0; r < a.rows; ++r) total += row_correlation(a, b, r);
  return a.rows == 0 ? 0 : total / static_cast<double>(a.rows);
}

bool resembles(const UnitRows& a, const UnitRows& b, double bar) {
  require_equal_shapes(a, b);
  // Rounding can take a row a little beyond 1.
  constexpr double kMost = 1 + 1e-4;
  const double bound = bar * static_cast<double>(a.rows);
  double total = 0;
  for (std::size_t r = 0; r < a.rows; ++r) {
    total += row_correlation(a, b, r);
    const double rest = kMost * static_cast<double>(a.rows - r - 1);
    if (std::abs(total) + rest <= bound) return false;
    if (std::abs(total) - rest > bound) return true;
  }
  return false;
}

bool FactorPool::may_enter(double fitness) const {
  if (!reaches_bar(fitness) || settings_.size == 0) return false;
  return entries_.size() < static_cast<std::size_t>(settings_.size) ||
         fitness > entries_.back().fitness();
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
