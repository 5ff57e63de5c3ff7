#include "training/regression.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>

#include "training/adam.hpp"
#include "training/batches.hpp"
#include "training/device_step.hpp"
#include "training/values.hpp"

namespace evofactor::training {
namespace {

constexpr double kOutlier = 3;      ///< standard deviations
constexpr int kReportedSteps = 10;  ///< over which the error is averaged

}  // namespace

Moments moments_of(std::span<const double> values) {
  if (values.size() < 2) return {};
  const auto count = static_cast<double>(values.size());
  double mean = 0, variance = 0;
  for (const double x : values) mean += x;
  mean /= count;
  for (const double x : values) variance += (x - mean) * (x - mean);
  return {mean, std::sqrt(variance / count)};
}

std::vector<float> z_scores(std::span<const float> values, std::span<const std::int32_t> stocks,
                            const Moments& moments) {
  std::vector<float> z(stocks.size(), kMissing);
  if (!(moments.deviation > 0)) return z;
  for (std::size_t r = 0; r < stocks.size(); ++r) {
    const double score =
        (values[static_cast<std::size_t>(stocks[r])] - moments.mean) / moments.deviation;
    if (std::abs(score) <= kOutlier) z[r] = static_cast<float>(score);
  }
  return z;
}

namespace {

/// Squared error [B] and its gradient [B, rows], where the target [B, rows] is a number.
/// @param weight [B, 1] of each number
struct Squares {
  at::Tensor error, gradient;
};
Squares squares(const at::Tensor& y, const at::Tensor& target, const at::Tensor& weight) {
  const at::Tensor difference =
      at::where(at::isfinite(target), y - target, at::zeros({}, y.options()));
  const at::Tensor weighted = difference * weight;
  return {(weighted * difference).sum(1), 2 * weighted};
}

/// The fit of one stack.
class Regression {
 public:
  Regression(net::StackedNet& net, const InputSet& inputs,
             std::span<const RegressionTarget> targets, DayRange days, bool by_device_step)
      : net_(net),
        targets_(targets),
        days_(day_list(days)),
        batches_(inputs, net),
        rates_(at::zeros({net.size(), 1}, net.parameters().options())),
        decays_(at::zeros_like(rates_)),
        error_(at::zeros({net.size()}, rates_.options())) {
    for (int b = 0; b < net.size(); ++b) {
      decays_[b].fill_(genes(b).weight_decay);
      steps_.push_back(
          targets[static_cast<std::size_t>(b)].rows.empty() ? 0 : genome(b).prior.pretrain_steps);
    }
    if (by_device_step || !net.device().is_cpu())
      use_device_step(inputs);
    else
      adam_.emplace(net);
  }

  std::vector<double> run(Seed root) {
    const int steps = std::ranges::max(steps_);
    at::Tensor history = at::zeros({steps, net_.size()}, error_.options());
    for (int step = 1; step <= steps; ++step) {
      const at::Tensor rates = at::zeros({net_.size(), 1}, at::kFloat);
      for (int b = 0; b < net_.size(); ++b)
        if (step <= steps_[static_cast<std::size_t>(b)]) rates[b].fill_(genes(b).learning_rate);
      rates_.copy_(rates);
      const std::vector<int> batch =
          batch_days(root, "pretrain_days", step, genes(0).days_per_batch, days_);
      device_step_ ? device_step_->take(batch, step, rates_, decays_) : take_step(batch, step);
      history[step - 1].copy_(error_);
    }
    return errors(history.to(at::kCPU));
  }

 private:
  [[nodiscard]] const genome::NetGenome& genome(int b) const {
    return net_.genomes()[static_cast<std::size_t>(b)];
  }
  [[nodiscard]] const genome::TrainGenes& genes(int b) const { return genome(b).train; }
  /// What candidate b is to give on a day; nothing on days without.
  [[nodiscard]] std::span<const float> rows_of(int b, int day) const {
    const RegressionTarget& target = targets_[static_cast<std::size_t>(b)];
    if (target.rows.empty() || day < target.days.first || day >= target.days.last) return {};
    return target.rows[static_cast<std::size_t>(day - target.days.first)];
  }

  void use_device_step(const InputSet& inputs) {
    resident_ = inputs.on(net_.device());
    std::vector<at::Tensor> wanted;
    for (int b = 0; b < net_.size(); ++b)
      wanted.push_back(resident_->rows_of([&](int day) { return rows_of(b, day); }, kMissing));
    const auto n_days = static_cast<std::int64_t>(
        std::min(static_cast<std::size_t>(genes(0).days_per_batch), days_.size()));
    device_step_.emplace(
        net_, *resident_, at::stack(wanted), n_days, n_days * inputs.max_rows(),
        [this](const BatchRows& rows) {
          const at::Tensor count = at::isfinite(rows.targets).sum(1, true).clamp_min(1);
          Squares found = squares(rows.y, rows.targets, count.to(at::kFloat).reciprocal());
          error_.copy_(found.error);
          return std::move(found.gradient);
        });
  }

  void take_step(std::span<const int> batch, int step) {
    const at::Tensor weight = at::zeros({net_.size(), 1}, at::kFloat);
    for (int b = 0; b < net_.size(); ++b) {
      if (step > steps_[static_cast<std::size_t>(b)]) continue;
      std::ptrdiff_t count = 0;
      for (const int day : batch)
        count += std::ranges::count_if(rows_of(b, day), [](float z) { return std::isfinite(z); });
      weight[b].fill_(1.0 / static_cast<double>(std::max<std::ptrdiff_t>(1, count)));
    }
    error_.zero_();
    batches_.for_each(batch, /*training=*/true, step, [&](const Chunk& chunk) {
      const at::Tensor y = net_.forward(chunk.x, chunk.pass);
      std::vector<at::Tensor> wanted;
      for (int b = 0; b < net_.size(); ++b)
        wanted.push_back(batches_.gather(
            chunk, [&](int day) { return rows_of(b, day); }, kMissing));
      const Squares found = squares(y, at::stack(wanted).narrow(1, 0, y.size(1)), weight);
      error_ += found.error;
      net_.backward(chunk.x, found.gradient, chunk.pass);
    });
    adam_->step(rates_, decays_);
  }

  /// @param history [steps, B] error of each step
  [[nodiscard]] std::vector<double> errors(const at::Tensor& history) const {
    std::vector<double> errors;
    for (int b = 0; b < net_.size(); ++b) {
      const int last = steps_[static_cast<std::size_t>(b)],
                reported = std::min(last, kReportedSteps);
      errors.push_back(last == 0 ? std::numeric_limits<double>::quiet_NaN()
                                 : history.select(1, b)
                                       .slice(0, last - reported, last)
                                       .to(at::kDouble)
                                       .mean()
                                       .item<double>());
    }
    return errors;
  }

  net::StackedNet& net_;
  std::span<const RegressionTarget> targets_;
  std::vector<int> days_;
  Batches batches_;
  std::vector<int> steps_;     ///< of each candidate
  at::Tensor rates_, decays_;  ///< [B, 1]
  at::Tensor error_;           ///< [B] of the last step
  std::shared_ptr<const ResidentDays> resident_;
  std::optional<DeviceStep> device_step_;  ///< where steps are taken by it
  std::optional<Adam> adam_;               ///< elsewhere
};

}  // namespace

std::vector<double> regress(net::StackedNet& net, const InputSet& inputs,
                            std::span<const RegressionTarget> targets, DayRange days, Seed root,
                            bool by_device_step) {
  EVOFACTOR_CHECK(targets.size() == static_cast<std::size_t>(net.size()),
                  "{} targets for {} networks", targets.size(), net.size());
  if (std::ranges::all_of(targets, [](const auto& target) { return target.rows.empty(); }))
    return std::vector<double>(targets.size(), std::numeric_limits<double>::quiet_NaN());
  return Regression(net, inputs, targets, days, by_device_step).run(root);
}

}  // namespace evofactor::training
