#include "experiments/app/finalise.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <span>

#include "engine/store/atomic_file.hpp"
#include "experiments/app/factor_table.hpp"
#include "fitness/baselines.hpp"
#include "fitness/combine.hpp"
#include "fitness/diversity.hpp"
#include "fitness/json.hpp"
#include "fitness/quantile.hpp"
#include "fitness/ranks.hpp"
#include "fitness/weights.hpp"

namespace evofactor::app {
namespace {

namespace fs = std::filesystem;

Json lineage_json(const Lineage& lineage) {
  Json parents = Json::array();
  for (const CandidateId parent : lineage.parents) parents.push_back(parent.value);
  return {{"parents", parents}, {"operator", lineage.op}, {"generation", lineage.generation}};
}

Json metrics_json(const Evaluation& evaluation) {
  Json metrics = Json::object();
  for (const auto& [name, value] : evaluation.metrics)
    metrics[name] = std::isfinite(value) ? Json(value) : Json();
  return metrics;
}

Json replicates_json(const ReplicateFacts& replicates) {
  Json fitness = Json::array();
  for (const double value : replicates.fitness) fitness.push_back(fitness::number_or_null(value));
  return {{"selected_fitness", replicates.selected_fitness},
          {"fitness", fitness},
          {"std", fitness::number_or_null(replicates.spread)},
          {"average", replicates.average}};
}

/// Writes the networks behind a factor and names their files in its entry: one as a text, those
/// whose ranks are averaged as a list.
void write_models(const fs::path& folder, const FoundFactor& factor, Json& entry) {
  if (factor.models.empty()) return;
  fs::create_directories(folder / "models");
  Json modules = Json::array(), weights = Json::array();
  for (const FoundModel& model : factor.models) {
    modules.push_back("models/" + model.name + ".pt");
    weights.push_back("models/" + model.name + ".weights");
    model.write_module(folder / modules.back().get<std::string>());
    write_text(folder / weights.back().get<std::string>(),
               {reinterpret_cast<const char*>(model.weights->data()), model.weights->size()});
  }
  const bool average = factor.replicates && factor.replicates->average;
  entry["model"] = average ? modules : modules.front();
  entry["weights"] = average ? weights : weights.front();
}

std::vector<double> finite(const std::vector<double>& series) {
  std::vector<double> result;
  std::ranges::copy_if(series, std::back_inserter(result), [](double x) { return !std::isnan(x); });
  return result;
}

Json combined_results(const FactorValues& combined, const Fold& fold,
                      const fitness::StyleNeutraliser& neutraliser) {
  Json json = fitness::part_scores(combined, *fold.scorer, neutraliser, fold.split);
  json["daily"] =
      fitness::daily_series(combined, *fold.scorer, neutraliser, fold.split, fold.market.calendar);
  json["quantiles"] =
      fitness::to_json(fitness::quantile_returns(combined, fold.labels, fold.split.test.part.days,
                                                 {.horizon = fold.horizon}),
                       fold.market.calendar, "test");
  return json;
}

/// Members of a large pool whose decay is told, best first.
constexpr std::size_t kWithDecay = 50;
constexpr std::size_t kNearestKnown = 5;

/// What is told of a member beside its scores.
Json profile_of(const FactorValues& values, const Grid<float>& fitted_ranks, const Fold& fold,
                const Yardsticks& yardsticks, bool with_decay) {
  const Json known =
      fitness::to_json(fitness::nearest(yardsticks.known.likeness(fitted_ranks), kNearestKnown));
  Json profile = {{"nearest_known", known.front()},
                  {"known", known},
                  {"styles", fitness::to_json(yardsticks.styles.likeness(fitted_ranks))},
                  {"years", fitness::to_json(fitness::by_year(*fold.scorer, values, fold.split,
                                                              fold.market.calendar))}};
  if (with_decay) profile["decay"] = fitness::to_json((*fold.decay)(values));
  return profile;
}

/// Weights of the signed factors, from training and validation days.
/// @param daily [factors][days] rank ICs; @param ranks centred, from the first training day on
std::vector<double> weights_by(evolve::Combine rule, std::span<const std::vector<double>> daily,
                               std::span<const Grid<float>> ranks, const Fold& fold) {
  switch (rule) {
    case evolve::Combine::kEqual:
      break;
    case evolve::Combine::kIcWeighted: {
      std::vector<double> means;
      for (const auto& series : daily)
        means.push_back(fitness::summarise_series(finite(series), 0).mean);
      return fitness::ic_weights(means);
    }
    case evolve::Combine::kIcCovariance:
      return fitness::ic_covariance_weights(daily);
    case evolve::Combine::kRidge: {
      const std::array days{fold.split.train.days, fold.split.validate.days};
      return fitness::ridge_weights(ranks, fold.split.train.whole.first, fold.labels, days);
    }
  }
  return std::vector<double>(daily.size(), 1.0);
}

/// Members of a pool on the days of their fold, their signs applied.
struct Members {
  std::vector<FactorValues> values;  ///< training to test
  std::vector<Json> scores, profiles;
  std::vector<Grid<float>> fitted_ranks;       ///< centred, on fitted_days
  std::vector<std::vector<double>> fitted_ic;  ///< daily rank IC, training and validation days
};

/// @param mask [D, N] stocks that are ranked
Members value_members(const std::vector<FoundFactor>& pool, const Fold& fold,
                      const Yardsticks& yardsticks, const Grid<std::uint8_t>& mask) {
  const Split& split = fold.split;
  const std::size_t n = pool.size();
  Members m{std::vector<FactorValues>(n), std::vector<Json>(n), std::vector<Json>(n),
            std::vector<Grid<float>>(n), std::vector<std::vector<double>>(n)};
  tbb::parallel_for(std::size_t{0}, n, [&](std::size_t i) {
    m.values[i] = pool[i].values(fold.market, split.span());
    if (pool[i].evaluation.sign < 0) negate(m.values[i]);
    m.scores[i] = fitness::part_scores(m.values[i], *fold.scorer, yardsticks.neutraliser, split);
    m.fitted_ranks[i] = fitness::centred_ranks(m.values[i], mask, fitted_days(split), 1);
    m.profiles[i] = profile_of(m.values[i], m.fitted_ranks[i], fold, yardsticks, i < kWithDecay);
    for (const DayRange part : {split.train.days, split.validate.days})
      for (const auto& day : fold.scorer->rank_ics(m.values[i], part))
        m.fitted_ic[i].push_back(day.rank_ic);
  });
  return m;
}

/// What pool.json says of a factor, but for its models and replicates.
Json pool_entry(const FoundFactor& factor, double weight) {
  return {{"id", factor.id.value},
          {"hash", to_hex(factor.hash)},
          {"text", factor.text},
          {"genome", factor.genome},
          {"sign", factor.evaluation.sign},
          {"fitness", factor.evaluation.fitness},
          {"metrics", metrics_json(factor.evaluation)},
          {"lineage", lineage_json(factor.lineage)},
          {"weight", weight},
          {"base_dependent", factor.base_dependent}};
}

Json pool_document(const SearchFacts& facts, const std::vector<FoundFactor>& pool,
                   evolve::Combine combine, const Market& market, Json entries) {
  int look_back = 0;
  for (const FoundFactor& factor : pool) look_back = std::max(look_back, factor.look_back);
  return {{"format", "evofactor.pool"},
          {"version", 1},
          {"kind", std::string(name_of(facts.kind))},
          {"arm", facts.arm},
          {"seed", facts.seed},
          {"fold", facts.fold},
          {"combine", std::string(evolve::name_of(combine))},
          {"look_back", look_back},
          {"panel_fingerprint", to_hex(market.fingerprint)},
          {"universe", market.universe},
          {"members", std::move(entries)}};
}

/// What results.json says of the search itself.
Json search_results(const SearchFacts& facts, const Fold& fold) {
  const auto dates = [&](const SplitPart& part) { return part_dates(fold.market.calendar, part); };
  return {{"arm", facts.arm},
          {"seed", facts.seed},
          {"fold", facts.fold},
          {"kind", std::string(name_of(facts.kind))},
          {"random", facts.random},
          {"split",
           {{"train", dates(fold.split.train)},
            {"validate", dates(fold.split.validate)},
            {"test", dates(fold.split.test.part)}}},
          {"evaluations", facts.totals.evaluations},
          {"effort", facts.totals.effort},
          {"cached", facts.totals.cached},
          {"duplicates", facts.totals.duplicates},
          {"failed", facts.totals.failed},
          {"generations", facts.totals.generations},
          {"seconds", facts.totals.seconds},
          {"replicate_trainings", facts.replicate_trainings},
          {"replicate_seconds", facts.replicate_seconds},
          {"stages_seconds", facts.stages_seconds},
          {"stop", std::string(evolve::name_of(facts.totals.reason))}};
}

Json member_results(const std::vector<FoundFactor>& pool, const Members& members,
                    std::span<const double> weights) {
  Json results = Json::array();
  for (std::size_t i = 0; i < pool.size(); ++i) {
    const FoundFactor& factor = pool[i];
    Json member = {{"id", factor.id.value},
                   {"text", factor.text},
                   {"sign", factor.evaluation.sign},
                   {"weight", weights[i]},
                   {"fitness", factor.evaluation.fitness},
                   {"base_dependent", factor.base_dependent}};
    if (factor.replicates) member["replicates"] = replicates_json(*factor.replicates);
    member.update(members.profiles[i]);
    member.update(members.scores[i]);
    results.push_back(std::move(member));
  }
  return results;
}

/// Mean rank correlations of every two factors, by row.
Json correlations(std::span<const Grid<float>> ranks) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    Json row = Json::array();
    for (std::size_t j = 0; j < ranks.size(); ++j)
      row.push_back(j < i    ? rows[j][i].get<double>()
                    : j == i ? 1.0
                             : fitness::mean_rank_correlation(ranks[i], ranks[j]));
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

Json part_dates(const Calendar& calendar, const SplitPart& part) {
  return {to_string(calendar[part.whole.first]), to_string(calendar[part.whole.last - 1])};
}

DayRange fitted_days(const Split& split) {
  return {split.train.whole.first, split.validate.whole.last};
}

Yardsticks make_yardsticks(const Fold& fold, std::span<const fitness::NameAndFormula> library) {
  const Grid<std::uint8_t> mask = fitness::rankable(fold.market);
  const DayRange fitted = fitted_days(fold.split);
  return {
      .neutraliser = {fold.market, fold.labels,
                      DayRange{fold.split.validate.whole.first, fold.split.test.part.whole.last}},
      .known = {fold.market, mask, fitted, fitness::known_formulas(library)},
      .styles = {fold.market, mask, fitted, fitness::style_formulas(fold.market)}};
}

void finalise_search(const fs::path& folder, const SearchFacts& facts,
                     const std::vector<FoundFactor>& pool, evolve::Combine combine,
                     const Fold& fold, const Yardsticks& yardsticks) {
  const Grid<std::uint8_t> mask = fitness::rankable(fold.market);
  const Members members = value_members(pool, fold, yardsticks, mask);
  std::map<evolve::Combine, std::vector<double>> rules;
  for (const evolve::Combine rule : evolve::kCombines)
    rules[rule] = weights_by(rule, members.fitted_ic, members.fitted_ranks, fold);
  const std::vector<double>& weights = rules[combine];

  fs::remove_all(folder / "models");
  Json entries = Json::array();
  for (std::size_t i = 0; i < pool.size(); ++i) {
    entries.push_back(pool_entry(pool[i], weights[i]));
    write_models(folder, pool[i], entries.back());
    if (pool[i].replicates) entries.back()["replicates"] = replicates_json(*pool[i].replicates);
  }
  Json results = search_results(facts, fold);
  results["members"] = member_results(pool, members, weights);
  results["correlation"] = correlations(members.fitted_ranks);
  const int min_stocks = fold.scorer->settings().min_stocks;
  const auto diversity = [&](DayRange part) {
    return fitness::to_json(fitness::diversity(members.values, mask, part, min_stocks));
  };
  results["diversity"] = {{"validate", diversity(fold.split.validate.whole)},
                          {"test", diversity(fold.split.test.part.whole)}};
  results["combined"] = nullptr;
  results["identity"] = facts.identity;

  FactorTable table{{fold.split.validate.whole.first, fold.split.test.part.whole.last}, {}};
  for (std::size_t i = 0; i < pool.size(); ++i)
    table.columns.emplace_back(fmt::format("f_{}", pool[i].id.value), &members.values[i]);
  FactorValues combined;
  if (!pool.empty()) {
    const std::vector<int> signs(pool.size(), 1);  // values carry their sign already
    for (const auto& [rule, rule_weights] : rules) {
      FactorValues by_rule =
          fitness::combine(members.values, signs, rule_weights, mask, fold.split.span());
      results["combinations"][std::string(evolve::name_of(rule))] =
          fitness::part_scores(by_rule, *fold.scorer, yardsticks.neutraliser, fold.split);
      if (rule == combine) combined = std::move(by_rule);
    }
    results["combined"] = combined_results(combined, fold, yardsticks.neutraliser);
    table.columns.emplace_back("combined", &combined);
  }
  write_text(folder / "pool.json",
             pool_document(facts, pool, combine, fold.market, std::move(entries)).dump(1) + "\n");
  write_factors(folder / "factors.parquet", fold.market, mask, table);
  write_text(folder / "results.json", results.dump() + "\n");
}

}  // namespace evofactor::app
