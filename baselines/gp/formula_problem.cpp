#include "baselines/gp/formula_problem.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "baselines/gp/creation.hpp"
#include "baselines/gp/grammar.hpp"
#include "baselines/gp/score.hpp"
#include "baselines/gp/variation.hpp"
#include "engine/core/error.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "fitness/ranks.hpp"

namespace evofactor::gp {
namespace {

DayRange scored_days(const Split& split) {
  return {split.train.days.first, split.validate.days.last};
}

std::vector<std::string> fields_of(const Market& market) {
  std::vector<std::string> names;
  for (const auto& [name, values] : market.fields) names.push_back(name);
  return names;
}

std::vector<FormulaGenome> initial_genomes(const GpSettings& settings, const Market& market) {
  std::vector<FormulaGenome> genomes;
  Problems problems;
  for (const std::string& text : settings.initial_formulas) {
    auto program = formula::parse(text);
    if (!program) {
      problems.add("initial formula: {}", program.error().pretty());
      continue;
    }
    for (const std::string& field : formula::fields_of(*program))
      if (!market.fields.contains(field))
        problems.add("initial formula {}: the market has no field \"{}\"", text, field);
    for (const formula::Token& token : program->tokens)
      if (token.window > market.n_days())
        problems.add("initial formula {}: a window of {} days is longer than the market's {}", text,
                     token.window, market.n_days());
    genomes.push_back({*std::move(program)});
  }
  problems.throw_if_any<ConfigError>();
  return genomes;
}

Outcome evaluate_one(const FormulaGenome& genome, const FormulaFold& fold) {
  const auto start = std::chrono::steady_clock::now();
  try {
    const FactorValues values =
        formula::evaluate(genome.program, *fold.market, scored_days(fold.split));
    Outcome outcome = score_formula(genome.program, values, fold);
    if (auto* evaluation = std::get_if<Evaluation>(&outcome))
      evaluation->seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return outcome;
  } catch (const Error& error) {
    return Failure{FailureKind::kInvalidGenome, "score", error.what()};
  }
}

}  // namespace

evolve::Problem<FormulaGenome> make_formula_problem(const GpSettings& settings,
                                                    const FormulaFold& fold) {
  EVOFACTOR_CHECK(fold.market != nullptr && fold.scorer != nullptr, "a fold without data");
  const Market& market = *fold.market;
  const DayRange days = scored_days(fold.split);
  EVOFACTOR_CHECK(days.first >= 0 && days.last <= market.n_days() && days.size() > 0,
                  "days {} to {} of a market of {}", days.first, days.last, market.n_days());
  GpSettings fitting = settings;
  // A longer window than the market has no value on any day.
  std::erase_if(fitting.windows, [&](std::int64_t window) { return window >= market.n_days(); });
  const auto grammar = std::make_shared<const Grammar>(fitting, fields_of(market));
  Rng trial(Seed{0});
  (void)create(trial, *grammar);

  evolve::Problem<FormulaGenome> problem;
  problem.kind = "formula";
  problem.create = [grammar](Rng& rng) { return FormulaGenome{create(rng, *grammar)}; };
  problem.initial = initial_genomes(settings, market);
  problem.variations = variations(grammar);
  problem.to_json = [](const FormulaGenome& genome) { return to_json(genome); };
  problem.from_json = genome_from_json;
  problem.text = [](const FormulaGenome& genome) { return formula::to_string(genome.program); };
  problem.cost = cost;
  problem.evaluate = [fold](std::span<const Candidate<FormulaGenome>> candidates, const Lane&) {
    std::vector<Outcome> outcomes;
    outcomes.reserve(candidates.size());
    for (const auto& candidate : candidates)
      outcomes.push_back(evaluate_one(candidate.genome, fold));
    return outcomes;
  };
  problem.pool_values = [fold, days](const FormulaGenome& genome, const Evaluation& evaluation) {
    const FactorValues values = formula::evaluate(genome.program, *fold.market, days);
    return fitness::centred_ranks(values, fold.scorer->labels().mask, days, evaluation.sign);
  };
  return problem;
}

}  // namespace evofactor::gp
