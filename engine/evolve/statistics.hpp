#pragma once
#include <span>
#include <string>

#include "engine/evolve/pool.hpp"

namespace evofactor::evolve {

/// Fills best, median, mean of the population's successes.
void summarise(GenerationRecord& record, std::span<const Member> population);
/// Fills the counts of new candidates, of failures and of approximate scores among them.
void summarise(GenerationRecord& record, std::span<const Member* const> newcomers);
/// Fills the pool's figures.
void summarise(GenerationRecord& record, const FactorPool& pool);

/// Failures of the newcomers by kind and operator, as a table, with one message of each kind.
[[nodiscard]] std::string failure_table(std::span<const Member* const> newcomers);

}  // namespace evofactor::evolve
