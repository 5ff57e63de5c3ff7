#pragma once
#include <Eigen/Core>
#include <cstddef>
#include <span>
#include <vector>

namespace evofactor::evolve {

/// What a set of factors is worth together: f' A^-1 f, f their fitness, A their correlations plus
/// `shrinkage` on the diagonal.
class Worth {
 public:
  Worth() = default;
  /// @param correlations symmetric, ones on the diagonal
  Worth(Eigen::MatrixXd correlations, std::span<const double> fitness, double shrinkage);

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(weights_.size()); }
  [[nodiscard]] double value() const { return value_; }
  /// A^-1 f.
  [[nodiscard]] const Eigen::VectorXd& weights() const { return weights_; }
  [[nodiscard]] double correlation(std::size_t a, std::size_t b) const {
    return correlations_(static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b));
  }
  /// The set without the factor at `place`, or with one more that comes to stand there; from this
  /// one's inverse, so that rounding adds up over many steps.
  [[nodiscard]] Worth without(std::size_t place) const;
  [[nodiscard]] Worth with(std::size_t place, std::span<const double> correlation,
                           double fitness) const;
  /// The same set anew, without what rounding has added up to.
  [[nodiscard]] Worth anew() const;

  /// What the set is worth less without each.
  [[nodiscard]] std::vector<double> contributions() const;
  /// The same of the set with one factor more, which is the last.
  /// @param correlation of the new one with each of the set
  [[nodiscard]] std::vector<double> contributions_with(std::span<const double> correlation,
                                                       double fitness) const;

 private:
  void weigh();

  Eigen::MatrixXd correlations_;
  Eigen::MatrixXd inverse_;  ///< of A
  Eigen::VectorXd fitness_, weights_;
  double shrinkage_ = 0;
  double value_ = 0;
};

}  // namespace evofactor::evolve
