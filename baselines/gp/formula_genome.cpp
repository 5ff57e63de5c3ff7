#include "baselines/gp/formula_genome.hpp"

#include <fmt/format.h>

#include "engine/core/error.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/parse.hpp"
#include "engine/formula/simplify.hpp"

namespace evofactor::gp {

ContentHash content_hash(const FormulaGenome& genome) {
  return formula::content_hash(formula::canonical(formula::simplify(genome.program)));
}

ShapeKey shape_key(const FormulaGenome&) { return ShapeKey{}; }

Json to_json(const FormulaGenome& genome) {
  return {{"formula", formula::to_string(genome.program)}};
}

FormulaGenome genome_from_json(const Json& json) {
  if (!json.is_object() || !json.contains("formula") || !json["formula"].is_string())
    throw StoreError(fmt::format("expected {{\"formula\": \"...\"}}, got {}", json.dump()));
  auto program = formula::parse(json["formula"].get_ref<const std::string&>());
  if (!program) throw StoreError(program.error().pretty());
  return {*std::move(program)};
}

double cost(const FormulaGenome& genome) {
  double total = 1;
  for (const formula::Token& token : genome.program.tokens) total += formula::work(token);
  return total;
}

}  // namespace evofactor::gp
