#include "training/pretrain.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "training/adam.hpp"
#include "training/batches.hpp"
#include "training/values.hpp"

namespace evofactor::training {
namespace {

constexpr double kOutlier = 3;      ///< standard deviations
constexpr int kReportedSteps = 10;  ///< over which the error is averaged

std::vector<float> z_scores(std::span<const float> values, std::span<const std::int32_t> stocks) {
  std::vector<float> z(stocks.size(), kMissing);
  double count = 0, mean = 0, variance = 0;
  const auto over_finite = [&](auto f) {
    for (const std::int32_t s : stocks)
      if (const double x = values[static_cast<std::size_t>(s)]; std::isfinite(x)) f(x);
  };
  over_finite([&](double x) { mean += x, count += 1; });
  if (count < 2) return z;
  mean /= count;
  over_finite([&](double x) { variance += (x - mean) * (x - mean); });
  const double deviation = std::sqrt(variance / count);
  if (!(deviation > 0)) return z;
  for (std::size_t r = 0; r < stocks.size(); ++r) {
    const double score = (values[static_cast<std::size_t>(stocks[r])] - mean) / deviation;
    if (std::abs(score) <= kOutlier) z[r] = static_cast<float>(score);
  }
  return z;
}

}  // namespace

PriorTarget prior_target(const std::string& formula, const Market& market, const InputSet& inputs,
                         DayRange days) {
  const FactorValues values = formula::evaluate(formula::parse_or_throw(formula), market, days);
  PriorTarget target{days, {}};
  for (int day = days.first; day < days.last; ++day)
    target.rows.push_back(z_scores(values.day(day), inputs.stocks(day)));
  return target;
}

std::vector<double> pretrain(net::StackedNet& net, const Market& market, const InputSet& inputs,
                             DayRange days, Seed root) {
  const auto n = static_cast<std::size_t>(net.size());
  std::vector<double> errors(n, std::numeric_limits<double>::quiet_NaN());
  std::vector<PriorTarget> targets(n);
  int steps = 0;
  for (std::size_t b = 0; b < n; ++b) {
    const genome::NetGenome& genome = net.genomes()[b];
    if (genome.prior.formula.empty()) continue;
    targets[b] = prior_target(genome.prior.formula, market, inputs, days);
    errors[b] = 0;
    steps = std::max(steps, genome.prior.pretrain_steps);
  }
  if (steps == 0) return errors;
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
      const genome::NetGenome& genome = net.genomes()[b];
      if (step > genome.prior.pretrain_steps) continue;
      const auto slice = static_cast<std::int64_t>(b);
      rates[slice].fill_(genome.train.learning_rate);
      std::ptrdiff_t count = 0;
      for (const int day : batch)
        count += std::ranges::count_if(targets[b].rows[static_cast<std::size_t>(day - days.first)],
                                       [](float z) { return std::isfinite(z); });
      share[slice].fill_(1.0 / static_cast<double>(std::max<std::ptrdiff_t>(1, count)));
    }
    const at::Tensor weight = share.to(net.device());
    at::Tensor error = at::zeros({net.size()}, options);
    batches.for_each(batch, /*training=*/true, step, [&](const Chunk& chunk) {
      const at::Tensor y = net.forward(chunk.x, chunk.pass);
      const std::int64_t used = chunk.pass.used_rows();
      std::vector<at::Tensor> wanted;
      for (const PriorTarget& target : targets)
        wanted.push_back(target.rows.empty()
                             ? at::full({chunk.x.size(2)}, kMissing, options)
                             : batches.gather(chunk, [&](int day) -> std::span<const float> {
                                 return target.rows[static_cast<std::size_t>(day - days.first)];
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
      const int last = net.genomes()[b].prior.pretrain_steps;
      const int reported = std::min(last, kReportedSteps);
      if (step <= last && step > last - reported)
        errors[b] += host[static_cast<std::int64_t>(b)].item<double>() / reported;
    }
  }
  return errors;
}

}  // namespace evofactor::training
