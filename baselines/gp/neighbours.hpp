#pragma once
#include <vector>

#include "baselines/gp/grammar.hpp"
#include "engine/formula/program.hpp"

namespace evofactor::gp {

/// The acceptable formulas that differ from `program` in one window, parameter or number: the next
/// smaller and larger one of those the grammar knows, or, for a number, a quarter more and a fifth
/// less. Simplified, in the order of the tokens.
[[nodiscard]] std::vector<formula::Program> neighbours(const formula::Program& program,
                                                       const Grammar& grammar);

}  // namespace evofactor::gp
