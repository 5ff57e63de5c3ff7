#pragma once
#include "engine/formula/program.hpp"

namespace evofactor::formula {

/// A formula with the same value in every cell (missing where the other is missing; -0 counts as
/// 0), and no more tokens: numbers are computed, double signs cancel, functions that do nothing
/// (x + 0, x * 1, ts_mean(x, 1), abs of what is never negative, a rank of a rank) are left out,
/// look-backs and maxima of maxima become one. Only identities that hold for missing values and
/// 32-bit floats are used: x - x is missing where x is, so it is not 0, and (x + 1) + 2 rounds
/// otherwise than x + 3. Simplifying twice changes nothing more.
[[nodiscard]] Program simplify(const Program& program);

/// What the formula ranks by, without regard to sign: the simplified formula without negations,
/// ranks over the day and factors of a number at its root. Formulas with equal cores have equal
/// rank ICs but for sign and rounding, where every scored stock is in the cross-section.
[[nodiscard]] Program ranking_core(const Program& program);

}  // namespace evofactor::formula
