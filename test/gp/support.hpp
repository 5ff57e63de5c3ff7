#pragma once
#include <string>
#include <vector>

#include "baselines/gp/grammar.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/program.hpp"

namespace evofactor::test {

inline std::vector<std::string> all_fields() {
  return {formula::known_fields().begin(), formula::known_fields().end()};
}

/// Why the program breaks the settings; empty if it does not. Written apart from
/// Grammar::acceptable.
inline std::string broken_rule(const formula::Program& program, const gp::GpSettings& settings) {
  if (const auto problem = formula::violation(program)) return *problem;
  if (static_cast<int>(program.tokens.size()) > settings.max_nodes) return "too many nodes";
  if (formula::depth(program) > settings.max_depth) return "too deep";
  if (formula::look_back(program) > settings.max_look_back) return "looks back too far";
  if (settings.scale_free_root && formula::depends_on_adjustment_base(program))
    return "depends on the adjustment base";
  if (settings.typed)
    for (const gp::Unit& unit :
         gp::units_of(program, settings.scales ? gp::Typing::kScales : gp::Typing::kUnits))
      if (!unit.valid) return "units do not go together";
  return {};
}

}  // namespace evofactor::test
