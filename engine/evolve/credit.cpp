#include "engine/evolve/credit.hpp"

#include <algorithm>
#include <limits>

#include "engine/evolve/member.hpp"

namespace evofactor::evolve {

void OperatorCredit::learn(CandidateId id, const Lineage& lineage, const Outcome& outcome) {
  if (lineage.generation > generation_) {
    generation_ = lineage.generation;
    for (auto& [name, record] : records_) {
      record.better *= kMemory;
      record.tries *= kMemory;
    }
  }
  const auto fitness = fitness_of(outcome);
  if (fitness) fitness_[id.value] = *fitness;
  if (lineage.parents.empty()) return;
  double best_parent = -std::numeric_limits<double>::infinity();
  for (const CandidateId parent : lineage.parents)
    if (const auto known = fitness_.find(parent.value); known != fitness_.end())
      best_parent = std::max(best_parent, known->second);
  Record& record = records_[lineage.op];
  record.tries += 1;
  if (fitness && *fitness > best_parent) record.better += 1;
}

std::vector<double> OperatorCredit::rates(const std::vector<AnyVariation>& variations) const {
  std::vector<double> rates;
  std::vector<double> credits;
  double mean = 0, total = 0;
  for (const AnyVariation& variation : variations) {
    const auto known = records_.find(variation.name);
    const Record record = known == records_.end() ? Record{} : known->second;
    // An operator that was hardly tried is taken to be like the others, one in ten.
    credits.push_back((record.better + 1) / (record.tries + 10));
    mean += variation.rate * credits.back();
    total += variation.rate;
  }
  mean /= total;
  for (std::size_t i = 0; i < variations.size(); ++i)
    rates.push_back(variations[i].rate * std::clamp(credits[i] / mean, kLeast, 1 / kLeast));
  return rates;
}

}  // namespace evofactor::evolve
