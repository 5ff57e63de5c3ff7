#pragma once
#include <string>

#include "engine/core/ids.hpp"
#include "engine/core/json.hpp"
#include "engine/evolve/problem.hpp"
#include "engine/formula/program.hpp"

namespace evofactor::gp {

/// A formula as a candidate.
struct FormulaGenome {
  formula::Program program;
  bool operator==(const FormulaGenome&) const = default;
};

/// Of the simplified, canonical form: formulas that differ in the order of commutative operands
/// alone, or by what does nothing, are one candidate.
[[nodiscard]] ContentHash content_hash(const FormulaGenome& genome);
/// The same for all: any formulas can be valued together.
[[nodiscard]] ShapeKey shape_key(const FormulaGenome& genome);
/// {"formula": "ts_mean(close, 5)"}
[[nodiscard]] Json to_json(const FormulaGenome& genome);
/// @throws StoreError if it is not such an object, or the formula does not parse
[[nodiscard]] FormulaGenome genome_from_json(const Json& json);
/// Work to value a formula, in units of one elementwise operation; rough.
[[nodiscard]] double cost(const FormulaGenome& genome);

static_assert(evolve::Genome<FormulaGenome>);

}  // namespace evofactor::gp
