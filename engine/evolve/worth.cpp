#include "engine/evolve/worth.hpp"

#include <Eigen/Cholesky>
#include <utility>

namespace evofactor::evolve {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// The matrix without a row and column.
MatrixXd without(const MatrixXd& x, Index place) {
  const Index n = x.rows() - 1;
  const Index after = n - place;
  MatrixXd rest(n, n);
  rest.topLeftCorner(place, place) = x.topLeftCorner(place, place);
  rest.topRightCorner(place, after) = x.topRightCorner(place, after);
  rest.bottomLeftCorner(after, place) = x.bottomLeftCorner(after, place);
  rest.bottomRightCorner(after, after) = x.bottomRightCorner(after, after);
  return rest;
}

VectorXd without(const VectorXd& x, Index place) {
  VectorXd rest(x.size() - 1);
  rest << x.head(place), x.tail(x.size() - place - 1);
  return rest;
}

VectorXd with(const VectorXd& x, Index place, double value) {
  VectorXd more(x.size() + 1);
  more << x.head(place), value, x.tail(x.size() - place);
  return more;
}

/// The symmetric matrix with a row and column more.
MatrixXd with(const MatrixXd& x, Index place, const VectorXd& row, double corner) {
  const Index n = x.rows();
  const Index after = n - place;
  MatrixXd more(n + 1, n + 1);
  more.topLeftCorner(place, place) = x.topLeftCorner(place, place);
  more.topRightCorner(place, after) = x.topRightCorner(place, after);
  more.bottomLeftCorner(after, place) = x.bottomLeftCorner(after, place);
  more.bottomRightCorner(after, after) = x.bottomRightCorner(after, after);
  more.row(place) = with(row, place, corner);
  more.col(place) = more.row(place);
  return more;
}

}  // namespace

Worth::Worth(MatrixXd correlations, std::span<const double> fitness, double shrinkage)
    : correlations_(std::move(correlations)),
      fitness_(Eigen::Map<const VectorXd>(fitness.data(), static_cast<Index>(fitness.size()))),
      shrinkage_(shrinkage) {
  const Index n = correlations_.rows();
  MatrixXd a = correlations_;
  a.diagonal().array() += shrinkage;
  inverse_ = a.llt().solve(MatrixXd::Identity(n, n));
  weigh();
}

void Worth::weigh() {
  weights_ = inverse_ * fitness_;
  value_ = fitness_.dot(weights_);
}

Worth Worth::anew() const {
  return {correlations_, std::span(fitness_.data(), size()), shrinkage_};
}

Worth Worth::without(std::size_t place) const {
  const auto p = static_cast<Index>(place);
  Worth rest;
  rest.shrinkage_ = shrinkage_;
  rest.correlations_ = evolve::without(correlations_, p);
  rest.fitness_ = evolve::without(fitness_, p);
  const VectorXd column = evolve::without(VectorXd(inverse_.col(p)), p);
  rest.inverse_ = evolve::without(inverse_, p) - column * (column.transpose() / inverse_(p, p));
  rest.weigh();
  return rest;
}

Worth Worth::with(std::size_t place, std::span<const double> correlation, double fitness) const {
  // The inverse of A with a row and column c more, by its Schur complement s.
  const auto p = static_cast<Index>(place);
  const Eigen::Map<const VectorXd> c(correlation.data(), weights_.size());
  const VectorXd u = inverse_ * c;
  const double s = 1 + shrinkage_ - c.dot(u);
  Worth more;
  more.shrinkage_ = shrinkage_;
  more.correlations_ = evolve::with(correlations_, p, c, 1);
  more.fitness_ = evolve::with(fitness_, p, fitness);
  more.inverse_ = evolve::with(MatrixXd(inverse_ + u * (u.transpose() / s)), p, -u / s, 1 / s);
  more.weigh();
  return more;
}

std::vector<double> Worth::contributions() const {
  std::vector<double> result;
  for (Index i = 0; i < weights_.size(); ++i)
    result.push_back(weights_(i) * weights_(i) / inverse_(i, i));
  return result;
}

std::vector<double> Worth::contributions_with(std::span<const double> correlation,
                                              double fitness) const {
  // As in with().
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
