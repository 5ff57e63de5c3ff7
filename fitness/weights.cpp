#include "fitness/weights.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "fitness/ranks.hpp"

namespace evofactor::fitness {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

std::vector<double> equal(std::size_t n) {
  return std::vector<double>(n, 1.0 / static_cast<double>(n));
}

std::vector<double> scaled(const VectorXd& weights) {
  const double total = weights.cwiseAbs().sum();
  if (!(total > 0) || !std::isfinite(total)) return equal(static_cast<std::size_t>(weights.size()));
  std::vector<double> result;
  for (const double weight : weights) result.push_back(weight / total);
  return result;
}

/// Covariance of the columns of `x` (centred), shrunk.
MatrixXd shrunk_covariance(const MatrixXd& x) {
  const auto n = static_cast<double>(x.rows());
  const auto p = static_cast<double>(x.cols());
  const MatrixXd sample = x.transpose() * x / n;
  const double mean = sample.trace() / p;
  const MatrixXd target = mean * MatrixXd::Identity(x.cols(), x.cols());
  const double distance = (sample - target).squaredNorm() / p;
  double error = 0;
  for (Eigen::Index t = 0; t < x.rows(); ++t)
    error += (x.row(t).transpose() * x.row(t) - sample).squaredNorm() / p;
  error /= n * n;
  const double share = distance > 0 ? std::min(error / distance, 1.0) : 1;
  return share * target + (1 - share) * sample;
}

}  // namespace

std::vector<double> ic_weights(std::span<const double> mean_rank_ics) {
  std::vector<double> weights;
  double total = 0;
  for (const double ic : mean_rank_ics) {
    weights.push_back(ic > 0 ? ic : 0);
    total += weights.back();
  }
  if (!(total > 0)) return equal(weights.size());
  for (double& weight : weights) weight /= total;
  return weights;
}

std::vector<double> ic_covariance_weights(std::span<const std::vector<double>> daily) {
  if (daily.empty()) return {};
  const auto n_days = static_cast<Eigen::Index>(daily.front().size());
  const auto n_factors = static_cast<Eigen::Index>(daily.size());
  VectorXd means = VectorXd::Zero(n_factors);
  MatrixXd deviations = MatrixXd::Zero(n_days, n_factors);
  for (Eigen::Index f = 0; f < n_factors; ++f) {
    const std::vector<double>& series = daily[static_cast<std::size_t>(f)];
    double sum = 0;
    int used = 0;
    for (const double ic : series)
      if (!std::isnan(ic)) sum += ic, ++used;
    if (used == 0) continue;
    means(f) = sum / used;
    for (Eigen::Index t = 0; t < n_days; ++t)
      if (const double ic = series[static_cast<std::size_t>(t)]; !std::isnan(ic))
        deviations(t, f) = ic - means(f);
  }
  const MatrixXd covariance = shrunk_covariance(deviations);
  if (!(covariance.trace() > 0)) return equal(daily.size());
  return scaled(covariance.ldlt().solve(means));
}

std::vector<double> ridge_weights(std::span<const Grid<float>> ranks, int first,
                                  const Labels& labels, std::span<const DayRange> days,
                                  double strength) {
  if (ranks.empty()) return {};
  const auto n_factors = static_cast<Eigen::Index>(ranks.size());
  MatrixXd xx = MatrixXd::Zero(n_factors, n_factors);
  VectorXd xy = VectorXd::Zero(n_factors);
  std::vector<std::size_t> scored;
  for (const DayRange range : days) {
    const FactorView returns({0, static_cast<int>(labels.mask.rows())},
                             labels.forward_return.data(), labels.forward_return.stride(),
                             labels.forward_return.columns());
    const Grid<float> label_ranks = centred_ranks(returns, labels.mask, range, 1);
    for (int day = range.first; day < range.last; ++day) {
      const auto mask = labels.mask.row(static_cast<std::size_t>(day));
      scored.clear();
      for (std::size_t i = 0; i < mask.size(); ++i)
        if (mask[i] != 0) scored.push_back(i);
      Eigen::MatrixXf x(static_cast<Eigen::Index>(scored.size()), n_factors);
      Eigen::VectorXf y(static_cast<Eigen::Index>(scored.size()));
      const auto label = label_ranks.row(static_cast<std::size_t>(day - range.first));
      for (std::size_t i = 0; i < scored.size(); ++i)
        y(static_cast<Eigen::Index>(i)) = label[scored[i]];
      for (Eigen::Index f = 0; f < n_factors; ++f) {
        const auto row =
            ranks[static_cast<std::size_t>(f)].row(static_cast<std::size_t>(day - first));
        for (std::size_t i = 0; i < scored.size(); ++i)
          x(static_cast<Eigen::Index>(i), f) = row[scored[i]];
      }
      xx += (x.transpose() * x).cast<double>();
      xy += (x.transpose() * y).cast<double>();
    }
  }
  xx.diagonal().array() += strength * xx.trace() / static_cast<double>(n_factors);
  if (!(xx.trace() > 0)) return equal(ranks.size());
  return scaled(xx.ldlt().solve(xy));
}

}  // namespace evofactor::fitness
