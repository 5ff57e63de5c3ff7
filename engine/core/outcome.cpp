#include "engine/core/outcome.hpp"

#include <array>
#include <limits>

#include "engine/core/error.hpp"

namespace evofactor {
namespace {
constexpr std::array<std::pair<FailureKind, std::string_view>, 6> kNames{{
    {FailureKind::kInvalidGenome, "invalid_genome"},
    {FailureKind::kNonFinite, "non_finite"},
    {FailureKind::kDegenerate, "degenerate"},
    {FailureKind::kOutOfMemory, "out_of_memory"},
    {FailureKind::kStepBudget, "step_budget"},
    {FailureKind::kError, "error"},
}};
}  // namespace

std::string_view name_of(FailureKind kind) {
  for (const auto& [k, name] : kNames)
    if (k == kind) return name;
  EVOFACTOR_CHECK(false, "failure kind {} has no name", static_cast<int>(kind));
}

FailureKind failure_kind(std::string_view name) {
  for (const auto& [kind, n] : kNames)
    if (n == name) return kind;
  throw StoreError(fmt::format("unknown failure kind \"{}\"", name));
}

double Evaluation::metric(std::string_view name) const {
  for (const auto& [key, value] : metrics)
    if (key == name) return value;
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace evofactor
