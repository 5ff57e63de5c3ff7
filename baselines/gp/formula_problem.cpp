#include "baselines/gp/formula_problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "baselines/gp/creation.hpp"
#include "baselines/gp/grammar.hpp"
#include "baselines/gp/neighbours.hpp"
#include "baselines/gp/probe.hpp"
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

std::shared_ptr<const Probe> make_probe(const GpSettings& settings, const Market& market,
                                        DayRange days) {
  if (!settings.semantic) return nullptr;
  int look_back = settings.max_look_back;
  for (const std::string& text : settings.initial_formulas)
    look_back = std::max(look_back, formula::look_back(formula::parse_or_throw(text)));
  return std::make_shared<const Probe>(market, days, look_back);
}

/// Formulas on one fold, with what they share.
class FormulaEvaluator {
 public:
  FormulaEvaluator(const GpSettings& settings, const FormulaFold& fold)
      : fold_(fold),
        days_(scored_days(fold.split)),
        arena_(static_cast<std::size_t>(settings.arena_mib) << 20U),
        margin_(settings.screen ? std::optional(settings.screen_margin) : std::nullopt) {}

  Outcome score(const FormulaGenome& genome, const evolve::Hurdle& hurdle) {
    const auto start = std::chrono::steady_clock::now();
    Outcome outcome;
    try {
      const Stakes stakes{&hurdle, days_, margin_};
      value(genome, [&](const FactorView& values) {
        outcome = score_formula(genome.program, values, fold_, stakes);
      });
    } catch (const Error& error) {
      return Failure{FailureKind::kInvalidGenome, "score", error.what()};
    }
    if (auto* evaluation = std::get_if<Evaluation>(&outcome))
      evaluation->seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return outcome;
  }

  Grid<float> ranks(const FormulaGenome& genome, int sign) {
    Grid<float> ranks;
    value(genome, [&](const FactorView& values) {
      ranks = fitness::centred_ranks(values, fold_.scorer->labels().mask, days_, sign);
    });
    return ranks;
  }

  [[nodiscard]] evolve::Probes probes() const {
    const formula::ArenaCounts counts = arena_.counts();
    return {{"functions", static_cast<double>(counts.asked)},
            {"functions_computed", static_cast<double>(counts.computed)},
            {"functions_recomputed", static_cast<double>(counts.recomputed)},
            {"arena_bytes", static_cast<double>(counts.bytes)}};
  }

 private:
  template <class Use>
  void value(const FormulaGenome& genome, Use use) {
    formula::evaluate(std::span(&genome.program, 1), *fold_.market, days_, &arena_,
                      [&](std::size_t, const FactorView& values) { use(values); });
  }

  FormulaFold fold_;
  DayRange days_;
  formula::ValueArena arena_;
  std::optional<double> margin_;  ///< of the screen
};

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
  problem.variations = variations(grammar, make_probe(settings, market, days));
  problem.neighbours = [grammar](const FormulaGenome& genome) {
    std::vector<FormulaGenome> result;
    for (formula::Program& program : neighbours(genome.program, *grammar))
      result.push_back({std::move(program)});
    return result;
  };
  problem.to_json = [](const FormulaGenome& genome) { return to_json(genome); };
  problem.from_json = genome_from_json;
  problem.text = [](const FormulaGenome& genome) { return formula::to_string(genome.program); };
  problem.cost = cost;
  const auto evaluator = std::make_shared<FormulaEvaluator>(settings, fold);
  problem.evaluate = [evaluator](std::span<const Candidate<FormulaGenome>> candidates, const Lane&,
                                 const evolve::Hurdle& hurdle) {
    std::vector<Outcome> outcomes;
    outcomes.reserve(candidates.size());
    for (const auto& candidate : candidates)
      outcomes.push_back(evaluator->score(candidate.genome, hurdle));
    return outcomes;
  };
  problem.pool_values = [evaluator](const FormulaGenome& genome, const Evaluation& evaluation) {
    return evaluator->ranks(genome, evaluation.sign);
  };
  problem.probes = [evaluator] { return evaluator->probes(); };
  return problem;
}

}  // namespace evofactor::gp
