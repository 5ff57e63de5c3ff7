#include "training/regression.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "training/adam.hpp"
#include "training/batches.hpp"
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

std::vector<double> regress(net::StackedNet& net, const InputSet& inputs,
                            std::span<const RegressionTarget> targets, DayRange days, Seed root) {
  const auto n = static_cast<std::size_t>(net.size());
  EVOFACTOR_CHECK(targets.size() == n, "{} targets for {} networks", targets.size(), n);
  std::vector<double> errors(n, std::numeric_limits<double>::quiet_NaN());
  std::vector<int> steps_of(n, 0);
  for (std::size_t b = 0; b < n; ++b) {
    if (targets[b].rows.empty()) continue;
    errors[b] = 0;
    steps_of[b] = net.genomes()[b].prior.pretrain_steps;
  }
  const int steps = std::ranges::max(steps_of);
  if (steps == 0) return errors;
  const auto rows_of = [](const RegressionTarget& target, int day) -> std::span<const float> {
    return target.rows[static_cast<std::size_t>(day - target.days.first)];
  };
  const std::vector<int> all_days = day_list(days);
  const int days_per_batch = net.genomes().front().train.days_per_batch;
  const auto options = net.parameters().options();
  at::Tensor decays = at::zeros({net.size(), 1}, options);
  for (std::size_t b = 0; b < n; ++b)
    decays[static_cast<std::int64_t>(b)].fill_(net.genomes()[b].train.weight_decay);
  Batches batches(inputs, net);
  Adam adam(net);
  const at::Tensor zero = at::zeros({}, options);
  for (int step = 1; step <= steps; ++step) {
    const std::vector<int> batch =
        batch_days(root, "pretrain_days", step, days_per_batch, all_days);
    const at::Tensor rates = at::zeros({net.size(), 1}, at::kFloat),
                     share = at::zeros({net.size(), 1}, at::kFloat);
    for (std::size_t b = 0; b < n; ++b) {
      if (step > steps_of[b]) continue;
      const auto slice = static_cast<std::int64_t>(b);
      rates[slice].fill_(net.genomes()[b].train.learning_rate);
      std::ptrdiff_t count = 0;
      for (const int day : batch)
        count += std::ranges::count_if(rows_of(targets[b], day),
                                       [](float z) { return std::isfinite(z); });
      share[slice].fill_(1.0 / static_cast<double>(std::max<std::ptrdiff_t>(1, count)));
    }
    const at::Tensor weight = share.to(net.device());
    at::Tensor error = at::zeros({net.size()}, options);
    batches.for_each(batch, /*training=*/true, step, [&](const Chunk& chunk) {
      const at::Tensor y = net.forward(chunk.x, chunk.pass);
      const std::int64_t used = chunk.pass.used_rows();
      std::vector<at::Tensor> wanted;
      for (const RegressionTarget& target : targets)
        wanted.push_back(target.rows.empty() ? at::full({chunk.x.size(2)}, kMissing, options)
                                             : batches.gather(chunk, [&](int day) {
                                                 return rows_of(target, day);
                                               }));
      const at::Tensor target = at::stack(wanted).narrow(1, 0, y.size(1));
      const at::Tensor keep = at::isfinite(target);
      keep.narrow(1, used, y.size(1) - used).fill_(false);
      const at::Tensor difference = at::where(keep, y - target, zero) * weight;
      error += (difference * at::where(keep, y - target, zero)).sum(1);
      net.backward(chunk.x, 2 * difference, chunk.pass);
    });
    adam.step(rates.to(net.device()), decays);
    const at::Tensor host = error.to(at::kCPU);
    for (std::size_t b = 0; b < n; ++b) {
      const int last = steps_of[b];
      const int reported = std::min(last, kReportedSteps);
      if (step <= last && step > last - reported)
        errors[b] += host[static_cast<std::int64_t>(b)].item<double>() / reported;
    }
  }
  return errors;
}

}  // namespace evofactor::training
