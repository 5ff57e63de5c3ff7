#include "engine/evolve/statistics.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <vector>

namespace evofactor::evolve {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double mean_of(const std::vector<double>& values) {
  if (values.empty()) return kNone;
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

void summarise(GenerationRecord& record, std::span<const Member> population) {
  std::vector<double> fitness;
  for (const Member& member : population)
    if (const auto value = fitness_of(member.outcome)) fitness.push_back(*value);
  record.mean = mean_of(fitness);
  std::sort(fitness.begin(), fitness.end());
  const std::size_t n = fitness.size();
  record.best = n == 0 ? kNone : fitness.back();
  record.median = n == 0 ? kNone : (fitness[(n - 1) / 2] + fitness[n / 2]) / 2;
}

void summarise(GenerationRecord& record, std::span<const Member* const> newcomers) {
  record.created = static_cast<std::int64_t>(newcomers.size());
  record.failed = 0;
  std::map<FailureKind, std::int64_t> by_kind;
  for (const Member* member : newcomers) {
    if (const auto* evaluation = std::get_if<Evaluation>(&member->outcome)) {
      if (evaluation->scoring == Scoring::kScreened) ++record.screened;
      if (evaluation->scoring == Scoring::kChecked) ++record.checked;
      continue;
    }
    const auto* failure = std::get_if<Failure>(&member->outcome);
    ++record.failed;
    ++by_kind[failure->kind];
  }
  record.failures.clear();
  for (const auto& [kind, count] : by_kind) record.failures.emplace_back(name_of(kind), count);
}

void summarise(GenerationRecord& record, const FactorPool& pool) {
  std::vector<double> fitness;
  for (const PoolEntry& entry : pool.entries()) fitness.push_back(entry.fitness());
  record.pool_size = static_cast<int>(fitness.size());
  record.pool_best = fitness.empty() ? kNone : fitness.front();
  record.pool_mean = mean_of(fitness);
}

std::string failure_table(std::span<const Member* const> newcomers) {
  std::map<std::string, std::map<FailureKind, int>> counts;
  std::map<std::string, int> scored;
  std::map<FailureKind, std::string> messages;
  for (const Member* member : newcomers) {
    ++scored[member->lineage.op];
    const auto* failure = std::get_if<Failure>(&member->outcome);
    if (failure == nullptr) continue;
    ++counts[member->lineage.op][failure->kind];
    messages.emplace(failure->kind, fmt::format("candidate {}, {}: {}", member->id.value,
                                                failure->stage, failure->message));
  }
  std::size_t width = 8;
  for (const auto& [op, count] : scored) width = std::max(width, op.size());
  std::string text = fmt::format("{:<{}}  {:>6}", "operator", width, "scored");
  for (const auto& [kind, message] : messages) text += fmt::format("  {:>14}", name_of(kind));
  for (const auto& [op, count] : scored) {
    text += fmt::format("\n{:<{}}  {:>6}", op, width, count);
    for (const auto& [kind, message] : messages) text += fmt::format("  {:>14}", counts[op][kind]);
  }
  for (const auto& [kind, message] : messages)
    text += fmt::format("\n{}, e.g. {}", name_of(kind), message);
  return text;
}

}  // namespace evofactor::evolve
