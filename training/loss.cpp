#include "training/loss.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "engine/core/error.hpp"
#include "fitness/ranks.hpp"

namespace evofactor::training {
namespace {

/// Below this a spread is taken as none; far under any spread of float values of ordinary size.
constexpr double kTiny = 1e-30;

/// corr(y, target) with y's mean and length known.
double plain_correlation(const float* y, const float* target, const float* scored, std::int64_t n,
                         double mean, double length, float* gradient) {
  double dot = 0;
  for (std::int64_t i = 0; i < n; ++i) dot += scored[i] * (y[i] - mean) * target[i];
  const double correlation = dot / length;
  for (std::int64_t i = 0; i < n; ++i)
    gradient[i] = static_cast<float>(-scored[i] *
                                     (target[i] - correlation * (y[i] - mean) / length) / length);
  return correlation;
}

/// One candidate, one day: correlation, and its gradient times -1 into `gradient`, which holds
/// zeros. @param p steepness of the kernel; 0: none, the prediction itself
double day_correlation(const float* y, const float* target, const float* scored, std::int64_t n,
                       double p, float* gradient, std::vector<double>& work) {
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
  if (p == 0)
    return plain_correlation(y, target, scored, n, mean, deviation * std::sqrt(count), gradient);
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

/// One candidate, one day of a loss that is a mean over stocks.
double day_mean(const float* y, const float* target, const float* scored, std::int64_t n,
                genome::Loss kind, float* gradient) {
  double count = 0, sum = 0;
  for (std::int64_t i = 0; i < n; ++i) count += scored[i];
  if (count < 2) return 0;
  for (std::int64_t i = 0; i < n; ++i) {
    if (scored[i] == 0) continue;
    const double x = y[i], t = target[i];
    if (kind == genome::Loss::kMse) {
      sum -= (x - t) * (x - t);
      gradient[i] = static_cast<float>(2 * (x - t) / count);
    } else {  // log sigmoid(x) for t = 1, log(1 - sigmoid(x)) for t = 0
      sum += t * x - std::max(x, 0.0) - std::log1p(std::exp(-std::abs(x)));
      gradient[i] = static_cast<float>((1 / (1 + std::exp(-x)) - t) / count);
    }
  }
  return sum / count;
}

bool is_correlation(genome::Loss kind) {
  return kind != genome::Loss::kMse && kind != genome::Loss::kCrossEntropy;
}

}  // namespace

double steepness(genome::Loss loss) {
  switch (loss) {
    case genome::Loss::kPaper:
      return 1.83;
    case genome::Loss::kSharp:
      return 3.4;
    case genome::Loss::kIc:
    case genome::Loss::kMse:
    case genome::Loss::kCrossEntropy:
      break;
  }
  EVOFACTOR_CHECK(false, "loss {} has no kernel", static_cast<int>(loss));
}

std::vector<float> loss_target(genome::Loss loss, std::span<const float> labels,
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
  if (loss == genome::Loss::kSharp) {
    std::vector<float> ranks(labels.size());
    fitness::RankScratch scratch;
    fitness::average_ranks(labels, scored, ranks, scratch);
    for (std::size_t i = 0; i < labels.size(); ++i)
      if (scored[i] != 0) values[i] = ranks[i];
  } else if (loss != genome::Loss::kPaper) {
    std::ranges::copy(labels, values.begin());
  } else {
    const double mean = over_scored([&](std::size_t i) { return labels[i]; }) / count;
    const double deviation = std::sqrt(
        over_scored([&](std::size_t i) { return (labels[i] - mean) * (labels[i] - mean); }) /
        count);
    if (!(deviation > 0)) return target;
    for (std::size_t i = 0; i < labels.size(); ++i)
      if (scored[i] != 0)
        values[i] = 1 / (1 + std::exp(-steepness(loss) * (labels[i] - mean) / (2 * deviation)));
  }
  const double mean = over_scored([&](std::size_t i) { return values[i]; }) / count;
  const double length = std::sqrt(
      over_scored([&](std::size_t i) { return (values[i] - mean) * (values[i] - mean); }));
  if (!(length > 1e-12)) return target;
  if (!is_correlation(loss)) {
    const double deviation = length / std::sqrt(count);
    for (std::size_t i = 0; i < labels.size(); ++i)
      if (scored[i] != 0)
        target[i] = loss == genome::Loss::kMse ? static_cast<float>((values[i] - mean) / deviation)
                    : values[i] > mean         ? 1.0F
                                               : 0.0F;
    return target;
  }
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (scored[i] != 0) target[i] = static_cast<float>((values[i] - mean) / length);
  return target;
}

LossValue loss(const at::Tensor& prediction, const at::Tensor& target, const at::Tensor& scored,
               std::span<const int> stocks, genome::Loss kind) {
  const std::int64_t b = prediction.size(0), rows = prediction.size(1);
  const at::Tensor y = prediction.contiguous();
  const float *t = target.data_ptr<float>(), *w = scored.data_ptr<float>();
  LossValue value{at::zeros({b}, at::kFloat), at::zeros({b, rows}, at::kFloat)};
  const double p = kind == genome::Loss::kIc || !is_correlation(kind) ? 0 : steepness(kind);
  std::vector<double> work;
  for (std::int64_t slice = 0; slice < b; ++slice) {
    double sum = 0;
    std::int64_t first = 0;
    for (const int n : stocks) {
      const float* day = y.data_ptr<float>() + slice * rows + first;
      float* gradient = value.gradient.data_ptr<float>() + slice * rows + first;
      sum += is_correlation(kind) ? day_correlation(day, t + first, w + first, n, p, gradient, work)
                                  : day_mean(day, t + first, w + first, n, kind, gradient);
      first += n;
    }
    value.objective.data_ptr<float>()[slice] = static_cast<float>(sum);
  }
  return value;
}

LossValue loss_by_operations(const at::Tensor& prediction, const at::Tensor& target,
                             const at::Tensor& scored, const at::Tensor& day, std::int64_t n_days,
                             genome::Loss kind) {
  const at::Tensor zero = at::zeros({}, prediction.options());
  const at::Tensor w = scored.unsqueeze(0), t = target.unsqueeze(0);
  const at::Tensor y = at::where(w > 0, prediction, zero);  // [B, rows]
  const at::Tensor member =
      day.unsqueeze(1).eq(at::arange(n_days, day.options())).to(at::kFloat);       // [rows, days]
  const auto sum_of = [&](const at::Tensor& x) { return at::matmul(x, member); };  // [B, days]
  const auto at_rows = [&](const at::Tensor& of_days) { return of_days.index_select(1, day); };
  const at::Tensor count = sum_of(w).clamp_min(1);
  const auto mean_of = [&](const at::Tensor& x) { return sum_of(x * w) / count; };
  if (!is_correlation(kind)) {
    const bool squares = kind == genome::Loss::kMse;
    const at::Tensor objective = mean_of(squares ? -(y - t).square() : t * y - at::softplus(y));
    return {objective.sum(-1), w * (squares ? 2 * (y - t) : at::sigmoid(y) - t) / at_rows(count)};
  }
  const at::Tensor centred = (y - at_rows(mean_of(y))) * w;
  const at::Tensor deviation = mean_of(centred.square()).sqrt();
  const at::Tensor constant = deviation <= std::sqrt(kTiny);
  const at::Tensor inverse = at_rows(at::where(constant, zero, deviation.reciprocal()));
  const at::Tensor unit = centred * inverse;
  const double p = kind == genome::Loss::kIc ? 0 : steepness(kind);
  const at::Tensor g = p == 0 ? unit : at::sigmoid(unit * (p / 2));
  const at::Tensor g_centred = (g - at_rows(mean_of(g))) * w;
  const at::Tensor length = sum_of(g_centred.square()).sqrt().clamp_min(1e-15);
  const at::Tensor objective = sum_of(g_centred * t) / length;
  at::Tensor dz = w * (t - at_rows(objective / length) * g_centred) / at_rows(length);
  if (p != 0) dz = dz * g * (1 - g) * (p / 2);
  const at::Tensor gradient =
      -w * inverse * (dz - at_rows(mean_of(dz)) - unit * at_rows(mean_of(dz * unit)));
  return {objective.sum(-1), at::where(at_rows(constant), zero, gradient)};
}

}  // namespace evofactor::training
