#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "baselines/gp/formula_genome.hpp"
#include "baselines/gp/grammar.hpp"
#include "baselines/gp/probe.hpp"
#include "engine/evolve/problem.hpp"

namespace evofactor::gp {

// Each makes an acceptable formula that differs from its first parent, or nothing where a number of
// random tries found none. The formula is simplified, and without sign at its root, which scoring
// chooses (formula::ranking_core). Parents must be valid, but need not be acceptable.

/// A subtree of `b` in place of one of `a` that has the same unit. With Exchange::kSizeFair it is
/// at most twice as large and one more, and its expected size is that of the one it replaces
/// (Langdon 2000, Size fair and homologous tree crossovers, Genetic Programming and Evolvable
/// Machines 1, 95).
[[nodiscard]] std::optional<formula::Program> crossover(Rng& rng, const formula::Program& a,
                                                        const formula::Program& b,
                                                        const Grammar& grammar);
/// Another field, or another function of as many operands, in place of one.
[[nodiscard]] std::optional<formula::Program> point_mutation(Rng& rng, const formula::Program& a,
                                                             const Grammar& grammar);
/// A new random subtree in place of one.
[[nodiscard]] std::optional<formula::Program> subtree_mutation(Rng& rng, const formula::Program& a,
                                                               const Grammar& grammar);
/// A part of a subtree in its place.
[[nodiscard]] std::optional<formula::Program> hoist(Rng& rng, const formula::Program& a,
                                                    const Grammar& grammar);
/// A function around a subtree, with random other operands.
[[nodiscard]] std::optional<formula::Program> insert(Rng& rng, const formula::Program& a,
                                                     const Grammar& grammar);
/// One of its operands in place of a function.
[[nodiscard]] std::optional<formula::Program> erase(Rng& rng, const formula::Program& a,
                                                    const Grammar& grammar);
/// Another window or parameter of a function.
[[nodiscard]] std::optional<formula::Program> window_mutation(Rng& rng, const formula::Program& a,
                                                              const Grammar& grammar);
/// Another number in place of one.
[[nodiscard]] std::optional<formula::Program> constant_mutation(Rng& rng, const formula::Program& a,
                                                                const Grammar& grammar);

/// All of them with the rates of the settings, those of rate 0 left out. `grammar` is shared by
/// them.
/// @param probe null, or what tells children that are a parent in other words, which are not made
/// (semantic-aware variation; Uy et al. 2011, Genetic Programming and Evolvable Machines 12, 91)
[[nodiscard]] std::vector<evolve::Variation<FormulaGenome>> variations(
    std::shared_ptr<const Grammar> grammar, std::shared_ptr<const Probe> probe = nullptr);

}  // namespace evofactor::gp
