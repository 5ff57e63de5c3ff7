#include "fitness/factor_distance.hpp"

#include <tbb/parallel_for.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "fitness/ranks.hpp"

namespace evofactor::fitness {
namespace {

using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;

/// Factors are worked on in blocks of this many rows whatever the number of threads, so that it
/// changes no sum.
constexpr Index kBlock = 16;

template <class Work>
void for_each_block(Index n, Work work) {
  tbb::parallel_for(Index{0}, (n + kBlock - 1) / kBlock, [&](Index block) {
    const Index first = block * kBlock;
    work(first, std::min(kBlock, n - first));
  });
}

/// One day of all factors, over the n stocks of the mask.
class Day {
 public:
  Day(std::span<const FactorView> factors, const Grid<std::uint8_t>& mask, int day) {
    const auto in_mask = mask.row(static_cast<std::size_t>(day));
    std::vector<std::size_t> stocks;
    for (std::size_t i = 0; i < in_mask.size(); ++i)
      if (in_mask[i] != 0) stocks.push_back(i);
    const auto n_factors = static_cast<Index>(factors.size());
    const auto n_stocks = static_cast<Index>(stocks.size());
    z_ = Rows::Zero(n_factors, n_stocks);
    exp_z_ = Rows::Zero(n_factors, n_stocks);
    std::vector<std::string> has(factors.size());
    tbb::parallel_for(std::size_t{0}, factors.size(), [&](std::size_t f) {
      const Grid<float> ranks = centred_ranks(factors[f], mask, {day, day + 1}, 1);
      const auto values = factors[f].day(day);
      for (const std::size_t stock : stocks) has[f] += std::isfinite(values[stock]) ? '1' : '0';
      const auto n = static_cast<double>(std::ranges::count(has[f], '1'));
      // Untied centred ranks in [-1, 1] have a variance of (n + 1) / (3 (n - 1)).
      const double scale = n > 1 ? std::sqrt(3 * (n - 1) / (n + 1)) : 0;
      for (std::size_t i = 0; i < stocks.size(); ++i) {
        if (has[f][i] == '0') continue;
        const double z = scale * ranks(0, stocks[i]);
        z_(static_cast<Index>(f), static_cast<Index>(i)) = z;
        exp_z_(static_cast<Index>(f), static_cast<Index>(i)) = std::exp(z);
      }
    });
    find_sets(has, n_stocks);
    sum_up();
  }

  /// Adds what each factor of a block of rows has to each other one to the sums, on pairs that
  /// share enough stocks.
  void add(int min_stocks, Index first, Index size, Rows& cross_entropy, Rows& excess,
           Rows& days) const {
    const Rows products = exp_z_.middleRows(first, size) * z_.transpose();
    for (Index row = 0; row < size; ++row) {
      const Index i = first + row;
      const Index set_i = set_of_[static_cast<std::size_t>(i)];
      for (Index j = 0; j < z_.rows(); ++j) {
        const Index set_j = set_of_[static_cast<std::size_t>(j)];
        if (shared_(set_i, set_j) < min_stocks) continue;
        const double sum = sums_(i, set_j);
        const double from_i_to_j = std::log(sums_(j, set_i)) - products(row, j) / sum;
        cross_entropy(i, j) += from_i_to_j;
        excess(i, j) += from_i_to_j - (std::log(sum) - own_(i, set_j) / sum);
        days(i, j) += 1;
      }
    }
  }

 private:
  /// Factors that lack the same stocks share a set. @param has [K] '1' or '0' for each stock
  void find_sets(const std::vector<std::string>& has, Index n_stocks) {
    std::map<std::string, Index> sets;
    for (const std::string& stocks : has)
      set_of_.push_back(sets.try_emplace(stocks, static_cast<Index>(sets.size())).first->second);
    sets_ = Rows(static_cast<Index>(sets.size()), n_stocks);
    for (const auto& [stocks, set] : sets)
      for (Index i = 0; i < n_stocks; ++i)
        sets_(set, i) = stocks[static_cast<std::size_t>(i)] == '1' ? 1 : 0;
    shared_ = sets_ * sets_.transpose();
  }

  void sum_up() {
    sums_ = Rows(z_.rows(), sets_.rows());
    own_ = Rows(z_.rows(), sets_.rows());
    for_each_block(z_.rows(), [&](Index first, Index size) {
      const auto exp_z = exp_z_.middleRows(first, size);
      sums_.middleRows(first, size) = exp_z * sets_.transpose();
      own_.middleRows(first, size) =
          exp_z.cwiseProduct(z_.middleRows(first, size)) * sets_.transpose();
    });
  }

  Rows z_, exp_z_;             ///< [K, n] scaled ranks and their exponentials, both 0 where missing
  std::vector<Index> set_of_;  ///< [K]
  Rows sets_;                  ///< [S, n] 1 = has a value
  Rows shared_;                ///< [S, S] stocks that two sets share
  Rows sums_, own_;  ///< [K, S] sums of exp(z) and of exp(z) z over the stocks shared with a set
};

}  // namespace

FactorDistances factor_distances(std::span<const FactorView> factors,
                                 const Grid<std::uint8_t>& mask, DayRange days, int min_stocks) {
  const auto n = static_cast<Index>(factors.size());
  Rows cross_entropy = Rows::Zero(n, n), excess = Rows::Zero(n, n), counts = Rows::Zero(n, n);
  FactorDistances result;
  for (int day = days.first; day < days.last && n > 0; ++day) {
    const double before = counts.sum();
    const Day values(factors, mask, day);
    for_each_block(n, [&](Index first, Index size) {
      values.add(std::max(min_stocks, 1), first, size, cross_entropy, excess, counts);
    });
    if (counts.sum() > before) ++result.days;
  }
  result.cross_entropy = result.distance = Grid<double>(factors.size(), factors.size());
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j) {
      const auto row = static_cast<std::size_t>(i), column = static_cast<std::size_t>(j);
      // 0 / 0 is NaN: no day.
      result.cross_entropy(row, column) = cross_entropy(i, j) / counts(i, j);
      const double both = 0.5 * (excess(i, j) + excess(j, i)) / counts(i, j);
      // Copies differ by rounding, of which the root would make much.
      result.distance(row, column) = both < 1e-12 ? 0 : std::sqrt(both);
    }
  return result;
}

}  // namespace evofactor::fitness
