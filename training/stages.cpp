#include "training/stages.hpp"

#include <chrono>
#include <cmath>
#include <limits>

#include "engine/core/error.hpp"
#include "engine/device/host_memory.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "fitness/ranks.hpp"
#include "training/pretrain.hpp"
#include "training/saliency.hpp"
#include "training/thread_set_up.hpp"
#include "training/values.hpp"

namespace evofactor::training {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// How far a network is from the prior of its genome, on training days.
class PriorDistance {
 public:
  PriorDistance(const std::string& formula, const NetworkFold& fold, const InputSet& inputs)
      : fold_(fold), inputs_(inputs) {
    if (formula.empty()) return;
    target_ = prior_target(formula, *fold.market, inputs, days());
    ranks_ = fitness::centred_ranks(
        formula::evaluate(formula::parse_or_throw(formula), *fold.market, days()),
        fold.labels->mask, days(), 1);
  }

  [[nodiscard]] double mse(const FactorValues& values) const {
    double sum = 0, count = 0;
    for (std::size_t i = 0; i < target_.rows.size(); ++i) {
      const int day = target_.days.first + static_cast<int>(i);
      const auto stocks = inputs_.stocks(day);
      const auto row = values.day(day);
      for (std::size_t r = 0; r < stocks.size(); ++r) {
        const double difference = row[static_cast<std::size_t>(stocks[r])] - target_.rows[i][r];
        if (std::isnan(target_.rows[i][r])) continue;
        sum += difference * difference;
        count += 1;
      }
    }
    return count > 0 ? sum / count : kNone;
  }

  [[nodiscard]] double rank_distance(const FactorValues& values) const {
    if (target_.rows.empty()) return kNone;
    return 1 - fitness::mean_rank_correlation(
                   fitness::centred_ranks(values, fold_.labels->mask, days(), 1), ranks_);
  }

 private:
  [[nodiscard]] DayRange days() const { return fold_.split.train.days; }
  const NetworkFold& fold_;
  const InputSet& inputs_;
  RegressionTarget target_;
  Grid<float> ranks_;
};

}  // namespace

StageHistory replay_stages(const NetworkSettings& settings, const NetworkFold& fold,
                           InputStore& store, const genome::NetGenome& found,
                           const Evaluation& evaluation, const Lane& lane, int n_days) {
  EVOFACTOR_CHECK(evaluation.weights != nullptr, "network without weights");
  const ThreadSetUp guard;
  genome::NetGenome genome = found;
  if (genome.start) genome.start->trained = start_of(genome, *evaluation.weights);
  const auto start = std::chrono::steady_clock::now();
  const auto inputs = store.get(genome.input);
  const DayRange train = fold.split.train.days, validate = fold.split.validate.days;
  const std::vector<int> sample = evenly_spaced(train, n_days);
  std::vector<int> days = day_list(train);
  for (const int day : day_list(validate)) days.push_back(day);
  const PriorDistance prior(genome.prior.formula, fold, *inputs);
  StageHistory history = device::within_host_memory([&] {
    StageHistory told;
    const Developed developed = develop(
        std::span(&genome, 1), 0, c10::Device(lane.device), *inputs, settings, fold,
        [&](Stage stage, std::int64_t step, net::StackedNet& net) {
          const FactorValues values = std::move(
              values_of(net, *inputs, days, fitted_days(fold), fold.market->n_stocks()).front());
          StageRecord& record = told.records.emplace_back();
          record.stage = stage;
          record.step = step;
          record.train_rank_ic = fitness::mean_rank_ic(*fold.scorer, values, {train});
          record.validate_rank_ic = fitness::mean_rank_ic(*fold.scorer, values, {validate});
          record.prior_mse = prior.mse(values);
          record.prior_distance = prior.rank_distance(values);
          if (stage != Stage::kEpoch) record.saliency = saliency(net, *inputs, sample);
        });
    told.failure = developed.reports.front().failure;
    told.equal = weights_of(developed, 0, inputs->normalisation()) == *evaluation.weights;
    return told;
  });
  history.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return history;
}

}  // namespace evofactor::training
