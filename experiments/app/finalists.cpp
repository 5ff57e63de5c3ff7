#include "experiments/app/finalists.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "engine/core/hash.hpp"
#include "engine/store/atomic_file.hpp"
#include "experiments/app/network_factor.hpp"
#include "experiments/app/training_record.hpp"
#include "fitness/compare.hpp"
#include "fitness/json.hpp"
#include "genome/genome_json.hpp"
#include "training/replicate.hpp"
#include "training/stages.hpp"

namespace evofactor::app {
namespace {

using genome::NetGenome;
using Weights = std::shared_ptr<const std::vector<std::byte>>;

/// Training days that saliency is the mean over.
constexpr int kSaliencyDays = 20;

constexpr const char* kReplicates = "replicates";  ///< folder of finished fresh trainings

FoundModel model_of(std::string name, const NetGenome& genome, const Weights& weights) {
  return {std::move(name), weights, [genome, weights](const std::filesystem::path& file) {
            training::write_torchscript(file, genome, *weights);
          }};
}

/// Makes the factor that of one network.
void take_network(FoundFactor& factor, const NetGenome& genome, std::string name,
                  const Weights& weights) {
  factor.models = {model_of(std::move(name), genome, weights)};
  factor.values = [genome, weights](const Market& market, DayRange days) {
    return training::network_values(genome, *weights, market, days);
  };
}

/// Makes the factor the mean of several networks' day-ranks.
void take_average(FoundFactor& factor, const NetGenome& genome, std::vector<FoundModel> models) {
  factor.models = std::move(models);
  factor.values = [genome, models = factor.models](const Market& market, DayRange days) {
    return averaged_network_values(
        genome, models.size(), [&](std::size_t i) { return *models[i].weights; }, market, days);
  };
}

/// Of the values that are not NaN; the mean of the middle two of an even number. NaN of none.
double median(std::vector<double> values) {
  std::erase_if(values, [](double x) { return std::isnan(x); });
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// Metrics in their order, each the median over evaluations.
std::vector<std::pair<std::string, double>> median_metrics(const std::vector<Evaluation>& of) {
  std::vector<std::pair<std::string, double>> metrics = of.front().metrics;
  for (auto& [name, value] : metrics) {
    std::vector<double> values;
    for (const Evaluation& evaluation : of) values.push_back(evaluation.metric(name));
    value = median(std::move(values));
  }
  return metrics;
}

/// Puts the replicates of a member in its place. @param outcomes of replicates 1, 2, ...
void take_replicates(FoundFactor& factor, const NetGenome& genome,
                     std::span<const Outcome> outcomes, bool average) {
  ReplicateFacts facts;
  facts.selected_fitness = factor.evaluation.fitness;
  std::vector<Evaluation> succeeded;
  std::vector<FoundModel> models;
  for (std::size_t r = 0; r < outcomes.size(); ++r) {
    const auto* evaluation = std::get_if<Evaluation>(&outcomes[r]);
    facts.fitness.push_back(evaluation ? evaluation->fitness
                                       : std::numeric_limits<double>::quiet_NaN());
    if (evaluation == nullptr) continue;
    succeeded.push_back(*evaluation);
    models.push_back(
        model_of(fmt::format("{}_r{}", factor.id.value, r + 1), genome, evaluation->weights));
  }
  facts.spread = fitness::spread_of(facts.fitness).std;
  if (!succeeded.empty()) {
    facts.average = average;
    factor.evaluation.fitness = median(facts.fitness);
    factor.evaluation.metrics = median_metrics(succeeded);
    const auto nearest = std::ranges::min_element(succeeded, {}, [&](const Evaluation& e) {
      return std::abs(e.fitness - factor.evaluation.fitness);
    });
    const auto place = static_cast<std::size_t>(nearest - succeeded.begin());
    factor.evaluation.weights = models[place].weights;
    if (average)
      take_average(factor, genome, std::move(models));
    else
      take_network(factor, genome, models[place].name, models[place].weights);
  }
  factor.replicates = std::move(facts);
}

Json stage_json(const training::StageRecord& record, int sign, std::size_t window) {
  Json json = {{"stage", std::string(name_of(record.stage))},
               {"step", record.step},
               {"train_rank_ic", fitness::number_or_null(sign * record.train_rank_ic)},
               {"validate_rank_ic", fitness::number_or_null(sign * record.validate_rank_ic)},
               {"prior_mse", fitness::number_or_null(record.prior_mse)},
               {"prior_distance", fitness::number_or_null(record.prior_distance)}};
  if (record.saliency.empty()) return json;
  Json rows = Json::array();
  for (std::size_t first = 0; first < record.saliency.size(); first += window) {
    Json row = Json::array();
    for (std::size_t lag = 0; lag < window; ++lag)
      row.push_back(fitness::number_or_null(sign * record.saliency[first + lag]));
    rows.push_back(std::move(row));
  }
  json["saliency"] = std::move(rows);
  return json;
}

Json history_json(const evolve::PoolMember<NetGenome>& member,
                  const training::StageHistory& history) {
  const NetGenome& genome = member.candidate.genome;
  Json stages = Json::array();
  for (const training::StageRecord& record : history.records)
    stages.push_back(
        stage_json(record, member.evaluation.sign, static_cast<std::size_t>(genome.input.window)));
  Json json = {{"id", member.candidate.id.value},
               {"hash", to_hex(content_hash(genome).value)},
               {"sign", member.evaluation.sign},
               {"features", genome.input.features},
               {"window", genome.input.window},
               {"prior", genome.prior.formula},
               {"pretrain_steps", pretrain_steps(genome)},
               {"prune_rate", genome.prune_rate},
               {"equal", history.equal},
               {"seconds", history.seconds},
               {"stages", stages}};
  if (history.failure) json["failure"] = history.failure->message;
  return json;
}

/// Whether the file tells of these networks and no others.
bool tells_of(const std::filesystem::path& file,
              std::span<const evolve::PoolMember<NetGenome>> members) {
  if (!std::filesystem::exists(file)) return false;
  const Json there = Json::parse(read_text(file), nullptr, false);
  if (there.is_discarded() || !there.contains("members")) return false;
  return std::ranges::equal(there["members"], members, [](const Json& told, const auto& member) {
    return told.value("hash", "") == to_hex(content_hash(member.candidate.genome).value);
  });
}

bool stopped(const FinalistContext& context) { return context.stop != nullptr && *context.stop; }

}  // namespace

std::vector<FoundFactor> found_networks(const NetworkPool& pool) {
  std::vector<FoundFactor> found;
  for (const auto& member : pool) {
    const NetGenome& genome = member.candidate.genome;
    FoundFactor& f = found.emplace_back();
    f.id = member.candidate.id;
    f.hash = content_hash(genome).value;
    f.text = text_of(genome);
    f.genome = genome::to_json(genome);
    f.evaluation = member.evaluation;
    f.lineage = member.candidate.lineage;
    f.look_back = training::look_back(genome);
    take_network(f, genome, fmt::to_string(f.id.value), member.evaluation.weights);
  }
  return found;
}

void replicate(std::vector<FoundFactor>& found, const NetworkPool& pool,
               const FinalistSettings& settings, const FinalistContext& context) {
  const auto n = static_cast<std::size_t>(settings.replicates);
  if (n == 0) return;
  std::vector<Outcome> outcomes(pool.size() * n);
  TrainingRecord record(context.folder / kReplicates);
  training::InputStore inputs = training::input_store(context.settings, context.fold);
  evolve::Scheduler(context.lanes, context.enter_lane)
      .run(
          outcomes.size(),
          [&](std::size_t i, const Lane& lane) {
            const auto& member = pool[i / n];
            const NetGenome& genome = member.candidate.genome;
            const int sign = member.evaluation.sign, number = 1 + static_cast<int>(i % n);
            outcomes[i] = record.outcome(
                {CandidateId{i},
                 ContentHash{
                     Hasher().add(content_hash(genome).value).add(sign).add(number).value()},
                 {},
                 {{member.candidate.id}, "replicate", 0}},
                genome::to_json(genome), [&] {
                  return training::train_replicate(context.settings, context.fold, inputs, genome,
                                                   sign, number, lane);
                });
          },
          context.stop);
  record.sync();
  if (stopped(context)) return;
  for (std::size_t i = 0; i < pool.size(); ++i)
    take_replicates(found[i], pool[i].candidate.genome, std::span(outcomes).subspan(i * n, n),
                    settings.replicate_average);
  std::ranges::stable_sort(found, std::ranges::greater{},
                           [](const FoundFactor& f) { return f.evaluation.fitness; });
}

void forget_replicates(const std::filesystem::path& folder) {
  std::error_code ignored;  // what cannot be removed only takes room
  std::filesystem::remove_all(folder / kReplicates, ignored);
}

void write_stages(const NetworkPool& pool, int n, const FinalistContext& context) {
  const std::filesystem::path file = context.folder / "stages.json";
  const std::size_t told = std::min(pool.size(), static_cast<std::size_t>(n));
  if (told > 0 && tells_of(file, std::span(pool).first(told))) return;
  std::filesystem::remove(file);
  if (told == 0) return;
  std::vector<training::StageHistory> histories(told);
  training::InputStore inputs = training::input_store(context.settings, context.fold);
  evolve::Scheduler(context.lanes, context.enter_lane)
      .run(
          told,
          [&](std::size_t i, const Lane& lane) {
            histories[i] = training::replay_stages(context.settings, context.fold, inputs,
                                                   pool[i].candidate.genome, pool[i].evaluation,
                                                   lane, kSaliencyDays);
          },
          context.stop);
  if (stopped(context)) return;
  Json json = {{"format", "evofactor.stages"},
               {"version", 1},
               {"saliency_days", kSaliencyDays},
               {"members", Json::array()}};
  for (std::size_t i = 0; i < told; ++i)
    json["members"].push_back(history_json(pool[i], histories[i]));
  write_text(file, json.dump() + "\n");
}

}  // namespace evofactor::app
