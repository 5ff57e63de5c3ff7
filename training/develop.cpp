#include "training/develop.hpp"

#include <algorithm>
#include <cmath>

#include "engine/core/error.hpp"
#include "fitness/ranks.hpp"
#include "genome/net/prune.hpp"
#include "genome/net/transplant.hpp"
#include "genome/shape.hpp"
#include "training/pretrain.hpp"
#include "training/values.hpp"

namespace evofactor::training {
namespace {

using genome::NetGenome;

std::vector<Seed> start_seeds(std::span<const NetGenome> genomes, int replicate, Seed root) {
  std::vector<Seed> seeds;
  for (const NetGenome& g : genomes) {
    const std::uint64_t hash = content_hash(g).value;
    seeds.push_back(replicate == 0 ? derive(root, "train", hash)
                                   : derive(root, "train", hash, replicate));
  }
  return seeds;
}

constexpr std::string_view kStart = "start.";

/// Puts what is inherited into freshly initialised networks.
std::vector<net::NetState> inherit(net::StackedNet& net) {
  std::vector<net::NetState> starts;
  for (int slice = 0; slice < net.size(); ++slice) {
    const NetGenome& genome = net.genomes()[static_cast<std::size_t>(slice)];
    net::NetState& start = starts.emplace_back();
    if (!genome.start) continue;
    EVOFACTOR_CHECK(genome.start->trained != nullptr, "the parent {} is not at hand",
                    to_hex(genome.start->parent.value));
    const genome::TrainedNet& parent = *genome.start->trained;
    start =
        net::transplant(genome, net.state(slice), parent.genome, net::from_bytes(*parent.weights));
    net.load(slice, start);
  }
  return starts;
}

Outcome score(const NetGenome& genome, const FactorValues& values, const TrainReport& report,
              double pretrain_error, const NetworkFold& fold, int sign) {
  const fitness::RankIcScorer& scorer = *fold.scorer;
  const std::vector<fitness::DayScore> train_days = scorer.daily(values, fold.split.train.days);
  const std::vector<fitness::DayScore> validate_days =
      scorer.daily(values, fold.split.validate.days);
  std::vector<fitness::DayScore> fitness_days = validate_days;
  if (fold.fitness_days == FitnessDays::kTrainAndValidate)
    fitness_days.insert(fitness_days.begin(), train_days.begin(), train_days.end());
  const fitness::ScoreSummary fit = scorer.summarise(fitness_days);
  if (auto why = fitness::degeneracy(fitness_days, scorer.settings()))
    return Failure{FailureKind::kDegenerate, "score", *std::move(why)};
  if (!std::isfinite(fit.rank_ic.mean))
    return Failure{FailureKind::kNonFinite, "score", "rank IC is not finite"};
  Evaluation evaluation;
  evaluation.sign = sign != 0 ? sign : fit.rank_ic.mean < 0 ? -1 : 1;
  std::vector<double> rank_ics = fitness::used_rank_ics(fitness_days);
  for (double& rank_ic : rank_ics) rank_ic *= evaluation.sign;
  fitness::MeasureSettings measure = fold.measure;
  measure.spread_penalty = 0;
  evaluation.fitness = fitness::measured(rank_ics, measure);
  evaluation.train_steps = report.steps + pretrain_steps(genome);
  evaluation.metrics = {
      {"train_rank_ic", evaluation.sign * scorer.summarise(train_days).rank_ic.mean},
      {"validate_rank_ic", evaluation.sign * scorer.summarise(validate_days).rank_ic.mean},
      {"icir", evaluation.sign * fit.rank_ic.icir},
      {"coverage", fit.coverage},
      {"parameters", static_cast<double>(genome::shape_of(genome).parameters)},
      {"pretrain_mse", pretrain_error},
      {"best_step", static_cast<double>(report.best_step)}};
  if (fold.metrics.stability)
    evolve::add_periods(evaluation, fitness::sub_period_means(rank_ics, measure.periods));
  if (genome.start)
    evaluation.metrics.emplace_back("inherited_steps", static_cast<double>(genome.start->steps));
  return evaluation;
}

/// The metrics asked for that compare days or factors. @param values on all fitted days
void complete(Evaluation& evaluation, const FactorValues& values, const NetworkFold& fold,
              const evolve::Hurdle* hurdle) {
  const DayRange days = fitted_days(fold);
  if (fold.metrics.turnover)
    evaluation.metrics.emplace_back("turnover", fold.scorer->score(values, days).turnover);
  if (hurdle == nullptr || !(fold.metrics.novelty || fold.metrics.contribution)) return;
  const evolve::UnitRows rows =
      evolve::unit_rows(fitness::centred_ranks(values, fold.labels->mask, days, evaluation.sign));
  const auto correlation = [&](const evolve::UnitRows& other) {
    return mean_row_correlation(rows, other);
  };
  if (fold.metrics.novelty)
    evaluation.metrics.emplace_back("novelty", evolve::novelty(*hurdle, correlation));
  if (fold.metrics.contribution)
    evaluation.metrics.emplace_back("contribution",
                                    evolve::contribution(*hurdle, evaluation.fitness, correlation));
}

}  // namespace

std::string_view name_of(Stage stage) { return kStageNames[static_cast<std::size_t>(stage)].first; }

Developed develop(std::span<const NetGenome> genomes, int replicate, const c10::Device& device,
                  const InputSet& inputs, const NetworkSettings& settings, const NetworkFold& fold,
                  const StageWatch& watch) {
  const auto enter = [&](std::string_view stage) {
    if (settings.on_stage) settings.on_stage(stage, genomes);
  };
  using net::kernels::Precision;
  const auto reached = [&](Stage stage, std::int64_t step, net::StackedNet& net) {
    const net::kernels::PrecisionScope products(Precision::kF32);
    if (watch) watch(stage, step, net);
  };
  const net::kernels::PrecisionScope products(settings.precision);
  const Seed batches = replicate == 0 ? fold.root : derive(fold.root, "replicate", replicate);
  Developed developed{
      net::StackedNet(genomes, start_seeds(genomes, replicate, fold.root), device), {}, {}, {}};
  net::StackedNet& net = developed.net;
  developed.starts = inherit(net);
  reached(Stage::kInitial, 0, net);
  enter("pretrain");
  developed.pretrain_mse = pretrain(net, *fold.market, inputs, fold.split.train.days, batches);
  if (std::ranges::any_of(genomes, [](const NetGenome& g) { return pretrain_steps(g) > 0; }))
    reached(Stage::kPretrained, 0, net);
  std::vector<double> prune_rates;
  for (const NetGenome& g : genomes) prune_rates.push_back(g.prune_rate);
  if (std::ranges::any_of(prune_rates, [](double rate) { return rate > 0; })) {
    net::prune(net, prune_rates, settings.prune_all);
    reached(Stage::kPruned, 0, net);
  }
  enter("train");
  const TrainData data{inputs,
                       *fold.scorer,
                       fold.split.train.days,
                       fold.split.validate.days,
                       fold.market->n_stocks(),
                       batches};
  developed.reports =
      train(net, data, {settings.validate_every, settings.patience, settings.steps_share},
            [&](std::int64_t step) { reached(Stage::kEpoch, step, net); });
  reached(Stage::kTrained, developed.reports.front().best_step, net);
  return developed;
}

std::vector<FactorValues> fitted_values(Developed& developed, const InputSet& inputs,
                                        const NetworkFold& fold) {
  const DayRange days = fitted_days(fold);
  return values_of(developed.net, inputs, day_list(days), days, fold.market->n_stocks());
}

std::vector<Outcome> outcomes_of(const Developed& developed, std::span<const FactorValues> values,
                                 const InputSet& inputs, const NetworkFold& fold, int sign,
                                 const evolve::Hurdle* hurdle) {
  std::vector<Outcome> outcomes;
  for (std::size_t b = 0; b < values.size(); ++b) {
    const TrainReport& report = developed.reports[b];
    if (report.failure) {
      outcomes.emplace_back(*report.failure);
      continue;
    }
    outcomes.push_back(score(developed.net.genomes()[b], values[b], report,
                             developed.pretrain_mse[b], fold, sign));
    auto* evaluation = std::get_if<Evaluation>(&outcomes.back());
    if (evaluation == nullptr) continue;
    complete(*evaluation, values[b], fold, hurdle);
    evaluation->weights = std::make_shared<const std::vector<std::byte>>(
        weights_of(developed, static_cast<int>(b), inputs.normalisation()));
  }
  return outcomes;
}

std::vector<std::byte> weights_of(const Developed& developed, int slice,
                                  const Normalisation& normalisation) {
  const auto place = static_cast<std::size_t>(slice);
  const genome::InputGene& input = developed.net.genomes()[place].input;
  const std::vector<std::int64_t> shape{input.window,
                                        static_cast<std::int64_t>(input.features.size())};
  net::NetState state = developed.net.state(slice);
  state.arrays.push_back({"input.mean", shape, normalisation.mean});
  state.arrays.push_back({"input.scale", shape, normalisation.scale});
  for (net::NamedArray array : developed.starts[place].arrays) {
    array.name.insert(0, kStart);
    state.arrays.push_back(std::move(array));
  }
  return net::to_bytes(state);
}

std::shared_ptr<const genome::TrainedNet> start_of(const NetGenome& genome,
                                                   const std::vector<std::byte>& weights) {
  net::NetState start;
  for (net::NamedArray& array : net::from_bytes(weights).arrays)
    if (array.name.starts_with(kStart)) {
      array.name.erase(0, kStart.size());
      start.arrays.push_back(std::move(array));
    }
  auto bytes = std::make_shared<const std::vector<std::byte>>(net::to_bytes(start));
  return std::make_shared<const genome::TrainedNet>(
      genome::TrainedNet{without_start(genome), std::move(bytes)});
}

DayRange fitted_days(const NetworkFold& fold) {
  return {fold.split.train.days.first, fold.split.validate.days.last};
}

InputStore input_store(const NetworkSettings& settings, const NetworkFold& fold) {
  return {*fold.market, fitted_days(fold), fold.split.train.days,
          static_cast<std::int64_t>(settings.input_cache_mb) << 20};
}

}  // namespace evofactor::training
