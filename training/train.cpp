#include "training/train.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "training/adam.hpp"
#include "training/batches.hpp"
#include "training/device_step.hpp"
#include "training/loss.hpp"
#include "training/values.hpp"

namespace evofactor::training {
namespace {

/// Loss targets of one day, by the rows of its inputs.
struct DayTarget {
  std::vector<float> target, scored;
};

/// Labels and masks of the training days as the loss wants them; days with too few stocks are left
/// out.
class Targets {
 public:
  Targets(const TrainData& data, genome::Loss loss) : first_(data.train.first) {
    const Labels& labels = data.scorer.labels();
    for (int day = data.train.first; day < data.train.last; ++day) {
      const auto stocks = data.inputs.stocks(day);
      const auto returns = labels.forward_return.row(static_cast<std::size_t>(day));
      const auto mask = labels.mask.row(static_cast<std::size_t>(day));
      std::vector<float> label(stocks.size());
      std::vector<std::uint8_t> scored(stocks.size());
      int count = 0;
      for (std::size_t r = 0; r < stocks.size(); ++r) {
        const auto s = static_cast<std::size_t>(stocks[r]);
        scored[r] = mask[s] != 0 && std::isfinite(returns[s]) ? 1 : 0;
        label[r] = scored[r] != 0 ? returns[s] : 0.0F;
        count += scored[r];
      }
      DayTarget target{loss_target(loss, label, scored),
                       std::vector<float>(scored.begin(), scored.end())};
      const bool varies = std::ranges::any_of(target.target, [](float t) { return t != 0; });
      if (varies && count >= data.scorer.settings().min_stocks) usable_.push_back(day);
      days_.push_back(std::move(target));
    }
  }
  [[nodiscard]] const std::vector<int>& usable() const { return usable_; }
  [[nodiscard]] const DayTarget& day(int d) const {
    return days_[static_cast<std::size_t>(d - first_)];
  }
  /// Of training days.
  [[nodiscard]] bool holds(int d) const {
    return d >= first_ && d - first_ < static_cast<int>(days_.size());
  }

 private:
  int first_;
  std::vector<DayTarget> days_;
  std::vector<int> usable_;
};

/// The training of one stack: who is still active, and the best weights of each.
class Training {
 public:
  Training(net::StackedNet& net, const TrainData& data, const TrainSettings& settings)
      : net_(net),
        data_(data),
        settings_(settings),
        targets_(data, net.genomes().front().train.loss),
        batches_(data.inputs, net),
        reports_(static_cast<std::size_t>(net.size())),
        misses_(reports_.size(), 0),
        active_(reports_.size(), true),
        validate_days_(day_list(data.validate)) {
    const auto options = net.parameters().options();
    decays_ = at::zeros({net.size(), 1}, options);
    for (std::size_t b = 0; b < reports_.size(); ++b)
      decays_[static_cast<std::int64_t>(b)].fill_(net.genomes()[b].train.weight_decay);
    best_parameters_ = at::empty_like(net.parameters());
    best_buffers_ = at::empty_like(net.buffers());
    objective_ = at::zeros({net.size()}, options);
    if (settings.by_device_step || !net.device().is_cpu())
      use_device_step();
    else
      adam_.emplace(net);
  }

  std::vector<TrainReport> run(const std::function<void(std::int64_t)>& on_look) {
    if (targets_.usable().empty()) {
      for (TrainReport& report : reports_)
        report.failure = Failure{FailureKind::kDegenerate, "train",
                                 "no training day has enough stocks with inputs and labels"};
      return reports_;
    }
    set_rates();
    for (std::int64_t step = 1; std::ranges::find(active_, true) != active_.end(); ++step) {
      take_step(step);
      if (!is_look(step)) continue;
      look(step);
      if (on_look) on_look(step);
    }
    restore_best();
    return reports_;
  }

 private:
  [[nodiscard]] const genome::TrainGenes& genes(std::size_t b) const {
    return net_.genomes()[b].train;
  }

  [[nodiscard]] std::int64_t most_steps(std::size_t b) const {
    return std::max(1L, std::lround(settings_.steps_share * genes(b).steps));
  }

  void set_rates() {
    const at::Tensor rates = at::zeros({net_.size(), 1}, at::kFloat);
    for (std::size_t b = 0; b < reports_.size(); ++b)
      if (active_[b]) rates[static_cast<std::int64_t>(b)].fill_(genes(b).learning_rate);
    rates_ = rates.to(net_.device());
  }

  void use_device_step() {
    if (targets_.usable().empty()) return;
    resident_ = data_.inputs.on(net_.device());
    const auto resident = [&](const std::vector<float> DayTarget::*values) {
      return resident_->rows_of(
          [&](int day) -> std::span<const float> {
            if (!targets_.holds(day)) return {};
            return targets_.day(day).*values;
          },
          0);
    };
    const genome::TrainGenes& first = genes(0);
    const auto n_days = static_cast<std::int64_t>(
        std::min(static_cast<std::size_t>(first.days_per_batch), targets_.usable().size()));
    device_step_.emplace(
        net_, *resident_, at::stack({resident(&DayTarget::target), resident(&DayTarget::scored)}),
        n_days, n_days * data_.inputs.max_rows(), [this, kind = first.loss](const BatchRows& rows) {
          const LossValue value = loss_by_operations(rows.y, rows.targets[0], rows.targets[1],
                                                     rows.day, rows.n_days, kind);
          objective_ += value.objective;
          return value.gradient / static_cast<double>(rows.n_days);
        });
  }

  void take_step(std::int64_t step) {
    const genome::TrainGenes& first = genes(0);
    const std::vector<int> days =
        batch_days(data_.root, "train_days", step, first.days_per_batch, targets_.usable());
    if (device_step_) return device_step_->take(days, step, rates_, decays_);
    const double share = 1.0 / static_cast<double>(days.size());
    batches_.for_each(days, /*training=*/true, step, [&](const Chunk& chunk) {
      const at::Tensor y = net_.forward(chunk.x, chunk.pass);
      const at::Tensor target = batches_.gather(
          chunk, [&](int d) -> std::span<const float> { return targets_.day(d).target; });
      const at::Tensor scored = batches_.gather(
          chunk, [&](int d) -> std::span<const float> { return targets_.day(d).scored; });
      const LossValue value = loss(y, target, scored, chunk.pass.stocks, first.loss);
      objective_ += value.objective;
      net_.backward(chunk.x, value.gradient.mul_(share), chunk.pass);
    });
    adam_->step(rates_, decays_);
  }

  [[nodiscard]] bool is_look(std::int64_t step) const {
    if (step % settings_.validate_every == 0) return true;
    for (std::size_t b = 0; b < reports_.size(); ++b)
      if (active_[b] && step >= most_steps(b)) return true;
    return false;
  }

  /// Scores the active candidates on the validation days, keeps better weights, stops who is done.
  void look(std::int64_t step) {
    const at::Tensor sums = objective_.to(at::kCPU);
    const at::Tensor finite = at::isfinite(net_.parameters()).all(1).to(at::kCPU);
    const std::vector<FactorValues> values =
        values_of(net_, data_.inputs, validate_days_, data_.validate, data_.n_stocks);
    for (std::size_t b = 0; b < reports_.size(); ++b) {
      if (!active_[b]) continue;
      const auto slice = static_cast<std::int64_t>(b);
      TrainReport& report = reports_[b];
      report.steps = step;
      if (!std::isfinite(sums[slice].item<double>()) || !finite[slice].item<bool>()) {
        report.failure = Failure{FailureKind::kNonFinite, "train",
                                 fmt::format("loss or weights turned non-finite by step {}", step)};
        active_[b] = false;
        continue;
      }
      const fitness::ScoreSummary score =
          data_.scorer.summarise(data_.scorer.daily(values[b], data_.validate));
      if (score.days > 0 &&
          (report.best_step == 0 || score.rank_ic.mean > report.validate_rank_ic)) {
        report.best_step = step;
        report.validate_rank_ic = score.rank_ic.mean;
        misses_[b] = 0;
        best_parameters_[slice].copy_(net_.parameters()[slice]);
        best_buffers_[slice].copy_(net_.buffers()[slice]);
      } else {
        ++misses_[b];
      }
      const bool out_of_patience = settings_.patience > 0 && misses_[b] >= settings_.patience;
      active_[b] = step < most_steps(b) && !out_of_patience;
      if (!active_[b] && report.best_step == 0)
        report.failure = Failure{
            FailureKind::kStepBudget, "train",
            fmt::format(
                "no usable factor on any validation day after {} steps (constant or missing)",
                step)};
    }
    set_rates();
  }

  void restore_best() {
    for (std::size_t b = 0; b < reports_.size(); ++b) {
      if (reports_[b].failure) continue;
      const auto slice = static_cast<std::int64_t>(b);
      net_.parameters()[slice].copy_(best_parameters_[slice]);
      net_.buffers()[slice].copy_(best_buffers_[slice]);
    }
  }

  net::StackedNet& net_;
  const TrainData& data_;
  const TrainSettings& settings_;
  Targets targets_;
  Batches batches_;
  std::vector<TrainReport> reports_;
  std::vector<int> misses_;
  std::vector<bool> active_;
  std::vector<int> validate_days_;
  at::Tensor rates_, decays_, best_parameters_, best_buffers_;
  at::Tensor objective_;  ///< [B] sum over everything trained on: non-finite once a loss was
  std::shared_ptr<const ResidentDays> resident_;
  std::optional<DeviceStep> device_step_;  ///< where steps are taken by it
  std::optional<Adam> adam_;               ///< elsewhere
};

}  // namespace

std::vector<TrainReport> train(net::StackedNet& net, const TrainData& data,
                               const TrainSettings& settings,
                               const std::function<void(std::int64_t)>& on_look) {
  return Training(net, data, settings).run(on_look);
}

}  // namespace evofactor::training
