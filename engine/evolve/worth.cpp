#include "engine/evolve/worth.hpp"

#include <Eigen/Cholesky>
#include <utility>

namespace evofactor::evolve {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

Worth::Worth(MatrixXd correlations, std::span<const double> fitness, double shrinkage)
    : correlations_(std::move(correlations)), shrinkage_(shrinkage) {
  const Index n = correlations_.rows();
  MatrixXd a = correlations_;
  a.diagonal().array() += shrinkage;
  inverse_ = a.llt().solve(MatrixXd::Identity(n, n));
  const Eigen::Map<const VectorXd> f(fitness.data(), n);
  weights_ = inverse_ * f;
  value_ = f.dot(weights_);
}

std::vector<double> Worth::contributions() const {
  std::vector<double> result;
  for (Index i = 0; i < weights_.size(); ++i)
    result.push_back(weights_(i) * weights_(i) / inverse_(i, i));
  return result;
}

std::vector<double> Worth::contributions_with(std::span<const double> correlation,
                                              double fitness) const {
  // The inverse of A with a row and column c more, by its Schur complement s.
  const Eigen::Map<const VectorXd> c(correlation.data(), weights_.size());
  const VectorXd u = inverse_ * c;
  const double s = 1 + shrinkage_ - c.dot(u);
  const double weight = (fitness - c.dot(weights_)) / s;
  std::vector<double> result;
  for (Index i = 0; i < weights_.size(); ++i) {
    const double w = weights_(i) - u(i) * weight;
    result.push_back(w * w / (inverse_(i, i) + u(i) * u(i) / s));
  }
  result.push_back(weight * weight * s);
  return result;
}

}  // namespace evofactor::evolve
