#include "training/rank_ic_loss.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "engine/core/error.hpp"
#include "fitness/ranks.hpp"

namespace evofactor::training {
namespace {

/// Below this a spread is taken as none; far under any spread of float values of ordinary size.
constexpr double kTiny = 1e-30;

/// One candidate, one day: correlation, and its gradient times -1 into `gradient`.
double day_correlation(const float* y, const float* target, const float* scored, std::int64_t n,
                       double p, float* gradient, std::vector<double>& work) {
  std::fill(gradient, gradient + n, 0.0F);
  double count = 0, mean = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    count += scored[i];
    mean += static_cast<double>(scored[i]) * y[i];
  }
  if (count < 2) return 0;
  mean /= count;
  double variance = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double c = scored[i] * (y[i] - mean);
    variance += c * c;
  }
  variance /= count;
  if (variance < kTiny) return 0;
  if (!std::isfinite(variance)) {  // keeps a diverged candidate visible
    std::fill(gradient, gradient + n, static_cast<float>(variance));
    return variance - variance;
  }
  const double deviation = std::sqrt(variance);
  const double steep = p / (2 * deviation);
  work.resize(static_cast<std::size_t>(n));
  double* g = work.data();
  double g_mean = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    g[i] = 1.0 / (1.0 + std::exp(static_cast<float>(-steep * (y[i] - mean))));
    g_mean += scored[i] * g[i];
  }
  g_mean /= count;
  double length = 0, dot = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double c = scored[i] * (g[i] - g_mean);
    length += c * c;
    dot += c * target[i];
  }
  if (length < kTiny) return 0;
  length = std::sqrt(length);
  const double correlation = dot / length;
  // Through the correlation, then the sigmoid: dz; then the standardisation.
  double dz_mean = 0, dz_along = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double d_g = (target[i] - correlation * (g[i] - g_mean) / length) / length;
    const double dz = scored[i] * d_g * g[i] * (1 - g[i]);
    g[i] = dz;
    dz_mean += dz;
    dz_along += dz * (y[i] - mean) / deviation;
  }
  dz_mean /= count;
  dz_along /= count;
  for (std::int64_t i = 0; i < n; ++i)
    gradient[i] = static_cast<float>(-scored[i] * steep *
                                     (g[i] - dz_mean - dz_along * (y[i] - mean) / deviation));
  return correlation;
}

RankIcLoss loss_on_host(const at::Tensor& prediction, const at::Tensor& target,
                        const at::Tensor& scored, double p) {
  const std::int64_t b = prediction.size(0), days = prediction.size(1), n = prediction.size(2);
  const at::Tensor y = prediction.contiguous(), t = target.contiguous(), w = scored.contiguous();
  RankIcLoss loss{at::zeros({b}, at::kFloat), at::empty({b, days, n}, at::kFloat)};
  std::vector<double> work;
  for (std::int64_t slice = 0; slice < b; ++slice) {
    double sum = 0;
    for (std::int64_t day = 0; day < days; ++day) {
      const std::int64_t at = (slice * days + day) * n;
      sum += day_correlation(y.data_ptr<float>() + at, t.data_ptr<float>() + day * n,
                             w.data_ptr<float>() + day * n, n, p,
                             loss.gradient.data_ptr<float>() + at, work);
    }
    loss.correlation.data_ptr<float>()[slice] = static_cast<float>(sum);
  }
  return loss;
}

}  // namespace

double steepness(genome::RankKernel kernel) {
  switch (kernel) {
    case genome::RankKernel::kPaper:
      return 1.83;
    case genome::RankKernel::kSharp:
      return 3.4;
  }
  EVOFACTOR_CHECK(false, "rank kernel {} has no steepness", static_cast<int>(kernel));
}

std::vector<float> loss_target(genome::RankKernel kernel, std::span<const float> labels,
                               std::span<const std::uint8_t> scored) {
  std::vector<float> target(labels.size());
  std::vector<double> values(labels.size());
  double count = 0;
  for (const std::uint8_t s : scored) count += s != 0 ? 1 : 0;
  if (count < 2) return target;
  const auto over_scored = [&](auto f) {
    double sum = 0;
    for (std::size_t i = 0; i < labels.size(); ++i)
      if (scored[i] != 0) sum += f(i);
    return sum;
  };
  if (kernel == genome::RankKernel::kSharp) {
    std::vector<float> ranks(labels.size());
    fitness::RankScratch scratch;
    fitness::average_ranks(labels, scored, ranks, scratch);
    for (std::size_t i = 0; i < labels.size(); ++i)
      if (scored[i] != 0) values[i] = ranks[i];
  } else {
    const double mean = over_scored([&](std::size_t i) { return labels[i]; }) / count;
    const double deviation = std::sqrt(
        over_scored([&](std::size_t i) { return (labels[i] - mean) * (labels[i] - mean); }) /
        count);
    if (!(deviation > 0)) return target;
    for (std::size_t i = 0; i < labels.size(); ++i)
      if (scored[i] != 0)
        values[i] = 1 / (1 + std::exp(-steepness(kernel) * (labels[i] - mean) / (2 * deviation)));
  }
  const double mean = over_scored([&](std::size_t i) { return values[i]; }) / count;
  const double length = std::sqrt(
      over_scored([&](std::size_t i) { return (values[i] - mean) * (values[i] - mean); }));
  if (!(length > 1e-9)) return target;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (scored[i] != 0) target[i] = static_cast<float>((values[i] - mean) / length);
  return target;
}

RankIcLoss rank_ic_loss(const at::Tensor& prediction, const at::Tensor& target,
                        const at::Tensor& scored, genome::RankKernel kernel) {
  if (!prediction.is_cpu()) return rank_ic_loss_by_operations(prediction, target, scored, kernel);
  return loss_on_host(prediction, target, scored, steepness(kernel));
}

RankIcLoss rank_ic_loss_by_operations(const at::Tensor& y, const at::Tensor& target,
                                      const at::Tensor& scored, genome::RankKernel kernel) {
  const double p = steepness(kernel);
  const at::Tensor w = scored.unsqueeze(0), t = target.unsqueeze(0);
  const at::Tensor count = w.sum(-1, true).clamp_min(1);
  const auto mean_of = [&](const at::Tensor& x) { return (x * w).sum(-1, true) / count; };
  const at::Tensor centred = (y - mean_of(y)) * w;
  const at::Tensor deviation = mean_of(centred.square()).sqrt();
  const at::Tensor constant = deviation <= std::sqrt(kTiny);
  const at::Tensor unit = at::where(constant, at::zeros({}, y.options()), centred / deviation);
  const at::Tensor g = at::sigmoid(unit * (p / 2));
  const at::Tensor g_centred = (g - mean_of(g)) * w;
  const at::Tensor length = g_centred.square().sum(-1, true).sqrt().clamp_min(1e-15);
  const at::Tensor correlation = (g_centred * t).sum(-1, true) / length;
  const at::Tensor dz = w * (t - correlation * g_centred / length) / length * g * (1 - g);
  const at::Tensor gradient =
      w * (p / 2) / deviation * (dz - mean_of(dz) - unit * mean_of(dz * unit));
  return {correlation.squeeze(-1).sum(-1),
          at::where(constant, at::zeros({}, y.options()), -gradient)};
}

}  // namespace evofactor::training
