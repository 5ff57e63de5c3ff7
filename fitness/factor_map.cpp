#include "fitness/factor_map.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "engine/core/rng.hpp"
#include "fitness/k_means.hpp"

namespace evofactor::fitness {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Relative to the largest, eigenvalues below this are rounding.
constexpr double kRounding = 1e-9;

/// Indices of the factors that have distances to each other.
std::vector<std::size_t> placeable(const Grid<double>& distance) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < distance.rows(); ++i)
    if (!std::isnan(distance(i, i))) kept.push_back(i);
  while (true) {
    std::size_t worst = 0;
    std::ptrdiff_t most = 0;
    for (std::size_t at = 0; at < kept.size(); ++at) {
      const std::ptrdiff_t gaps = std::ranges::count_if(
          kept, [&](std::size_t j) { return std::isnan(distance(kept[at], j)); });
      if (gaps > most) most = gaps, worst = at;
    }
    if (most == 0) return kept;
    kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(worst));
  }
}

/// Turns an eigenvector so that its component of largest size is positive.
void fix_sign(VectorXd& v) {
  Index largest = 0;
  v.cwiseAbs().maxCoeff(&largest);
  if (v(largest) < 0) v = -v;
}

/// Coordinates [n, dimensions] of points with these squared distances, the widest dimension first;
/// one dimension of zeros if they all coincide.
MatrixXd scaled(const MatrixXd& squared) {
  const Index n = squared.rows();
  const VectorXd row_means = squared.rowwise().mean();
  MatrixXd products = -0.5 * squared;
  products.colwise() += 0.5 * row_means;
  products.rowwise() += 0.5 * row_means.transpose();
  products.array() -= 0.5 * row_means.mean();
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(products);
  const VectorXd& values = solver.eigenvalues();  // ascending
  MatrixXd coordinates = MatrixXd::Zero(n, 1);
  Index used = 0;
  while (used < n && values(n - 1 - used) > kRounding * values(n - 1)) ++used;
  if (used > 0) coordinates.resize(n, used);
  for (Index d = 0; d < used; ++d) {
    VectorXd axis = solver.eigenvectors().col(n - 1 - d);
    fix_sign(axis);
    coordinates.col(d) = axis * std::sqrt(values(n - 1 - d));
  }
  return coordinates;
}

/// Orthonormal directions in which `rows` [n, dimensions] spread most, at most `count`.
MatrixXd widest(const MatrixXd& rows, Index count) {
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(rows * rows.transpose());
  const Index n = rows.rows();
  MatrixXd axes(rows.cols(), 0);
  for (Index a = 0; a < std::min(count, n); ++a) {
    const double value = solver.eigenvalues()(n - 1 - a);
    if (!(value > 0) || value <= kRounding * solver.eigenvalues()(n - 1)) break;
    VectorXd along = solver.eigenvectors().col(n - 1 - a);
    fix_sign(along);
    axes.conservativeResize(Eigen::NoChange, a + 1);
    axes.col(a) = (rows.transpose() * along).normalized();
  }
  return axes;
}

/// The plane of the centres; where they span less, the way in which their members scatter most.
MatrixXd plane_of(const MatrixXd& centres, const MatrixXd& offsets) {
  MatrixXd axes = widest(centres, 2);
  if (axes.cols() == 2) return axes;
  const MatrixXd more = widest(offsets - offsets * axes * axes.transpose(), 2 - axes.cols());
  MatrixXd plane = MatrixXd::Zero(centres.cols(), 2);
  plane.leftCols(axes.cols()) = axes;
  plane.middleCols(axes.cols(), more.cols()) = more;
  return plane;
}

double mean_of_pairs(const Grid<double>& between) {
  double sum = 0;
  int pairs = 0;
  for (std::size_t a = 0; a < between.rows(); ++a)
    for (std::size_t b = 0; b < a; ++b) sum += between(a, b), ++pairs;
  return pairs == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / pairs;
}

/// @param points [n, dimensions] @param family [n]
std::vector<FactorMap::Family> families_of(const MatrixXd& points, const std::vector<int>& family,
                                           int n_families) {
  std::vector<FactorMap::Family> families(static_cast<std::size_t>(n_families));
  MatrixXd centres = MatrixXd::Zero(n_families, points.cols());
  for (Index i = 0; i < points.rows(); ++i) {
    const int f = family[static_cast<std::size_t>(i)];
    centres.row(f) += points.row(i);
    ++families[static_cast<std::size_t>(f)].factors;
  }
  int present = 0;
  for (Index f = 0; f < n_families; ++f)
    if (const int n = families[static_cast<std::size_t>(f)].factors; n > 0)
      centres.row(f) /= n, ++present;
  std::vector<double> distance(families.size());
  std::vector<int> nearer_to_others(families.size());
  for (Index i = 0; i < points.rows(); ++i) {
    const int own = family[static_cast<std::size_t>(i)];
    const double n = families[static_cast<std::size_t>(own)].factors;
    const double to_own = (points.row(i) - centres.row(own)).norm();
    distance[static_cast<std::size_t>(own)] += to_own;
    double to_other = std::numeric_limits<double>::infinity();
    for (Index f = 0; f < n_families; ++f)
      if (f != own && families[static_cast<std::size_t>(f)].factors > 0)
        to_other = std::min(to_other, (points.row(i) - centres.row(f)).norm());
    // The centre of the others of its family lies n / (n - 1) times as far.
    if (n > 1 && to_other < to_own * n / (n - 1)) ++nearer_to_others[static_cast<std::size_t>(own)];
  }
  for (std::size_t f = 0; f < families.size(); ++f) {
    const int n = families[f].factors;
    if (n > 0) families[f].spread = distance[f] / n;
    if (n > 1 && present > 1) families[f].overlap = static_cast<double>(nearer_to_others[f]) / n;
  }
  return families;
}

}  // namespace

FactorMap map_factors(const Grid<double>& distance, std::span<const int> family, int k) {
  EVOFACTOR_CHECK(distance.rows() == distance.columns() &&
                      (family.empty() || family.size() == distance.rows()) && k > 0,
                  "[{}, {}] distances, {} families, {} groups", distance.rows(), distance.columns(),
                  family.size(), k);
  FactorMap map;
  map.cluster.assign(distance.rows(), -1);
  map.places.resize(distance.rows());
  const int n_families = family.empty() ? 0 : *std::ranges::max_element(family) + 1;
  map.families.resize(static_cast<std::size_t>(n_families));
  const std::vector<std::size_t> placed = placeable(distance);
  if (placed.empty()) return map;

  const auto n = static_cast<Index>(placed.size());
  MatrixXd squared(n, n);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j) {
      const double d =
          distance(placed[static_cast<std::size_t>(i)], placed[static_cast<std::size_t>(j)]);
      squared(i, j) = d * d;
    }
  const MatrixXd points = scaled(squared);
  Grid<double> rows(placed.size(), static_cast<std::size_t>(points.cols()));
  for (std::size_t i = 0; i < rows.rows(); ++i)
    for (std::size_t d = 0; d < rows.columns(); ++d)
      rows(i, d) = points(static_cast<Index>(i), static_cast<Index>(d));
  const KMeans groups = k_means(rows, k, derive(Seed{0}, "factor_map"));

  const auto n_groups = static_cast<Index>(groups.centres.rows());
  MatrixXd centres(n_groups, points.cols()), offsets(n, points.cols());
  for (Index c = 0; c < n_groups; ++c)
    for (Index d = 0; d < points.cols(); ++d)
      centres(c, d) = groups.centres(static_cast<std::size_t>(c), static_cast<std::size_t>(d));
  for (Index i = 0; i < n; ++i)
    offsets.row(i) = points.row(i) - centres.row(groups.cluster[static_cast<std::size_t>(i)]);

  map.between = Grid<double>(groups.centres.rows(), groups.centres.rows());
  for (Index a = 0; a < n_groups; ++a)
    for (Index b = 0; b < n_groups; ++b)
      map.between(static_cast<std::size_t>(a), static_cast<std::size_t>(b)) =
          (centres.row(a) - centres.row(b)).norm();
  map.diversity = mean_of_pairs(map.between);

  const MatrixXd around_mean = centres.rowwise() - centres.colwise().mean();
  const MatrixXd plane = plane_of(around_mean, offsets);
  const MatrixXd drawn = around_mean * plane;
  for (Index c = 0; c < n_groups; ++c) map.centres.push_back({drawn(c, 0), drawn(c, 1)});
  std::vector<int> members(map.centres.size());
  map.spread.resize(map.centres.size());
  for (Index i = 0; i < n; ++i) {
    const std::size_t at = placed[static_cast<std::size_t>(i)];
    const int cluster = groups.cluster[static_cast<std::size_t>(i)];
    const double length = offsets.row(i).norm();
    const Eigen::RowVector2d side = (offsets.row(i) * plane).normalized() * length;
    map.cluster[at] = cluster;
    map.places[at] = {drawn(cluster, 0) + side(0), drawn(cluster, 1) + side(1)};
    map.spread[static_cast<std::size_t>(cluster)] += length;
    ++members[static_cast<std::size_t>(cluster)];
  }
  for (std::size_t c = 0; c < members.size(); ++c) map.spread[c] /= std::max(members[c], 1);

  if (!family.empty()) {
    std::vector<int> of_placed;
    of_placed.reserve(placed.size());
    for (const std::size_t i : placed) of_placed.push_back(family[i]);
    map.families = families_of(points, of_placed, n_families);
  }
  return map;
}

}  // namespace evofactor::fitness
