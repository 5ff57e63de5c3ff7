#include "fitness/neutralise.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "fitness/ranks.hpp"

namespace evofactor::fitness {
namespace {

constexpr int kSmallestGroup = 3;
/// Columns that are this close to a combination of the others add nothing.
constexpr double kCollinear = 1e-6;
/// Share of the factor's spread below which its residual is taken for rounding.
constexpr double kNothingLeft = 0.01;

using Matrix = Eigen::MatrixXd;
using ConstMatrix = Eigen::Map<const Matrix>;
using ConstVector = Eigen::Map<const Eigen::VectorXd>;

/// Numbers the groups from 0; unknown (-1) is group 0, which groups of few members join.
int merge_groups(std::vector<std::int16_t>& groups) {
  std::map<std::int16_t, int> sizes;
  for (const auto group : groups) ++sizes[group];
  std::map<std::int16_t, std::int16_t> numbers;
  std::int16_t next = 1;
  for (const auto& [group, size] : sizes)
    numbers[group] = group < 0 || size < kSmallestGroup ? std::int16_t{0} : next++;
  for (auto& group : groups) group = numbers[group];
  return next;
}

void subtract_group_means(Eigen::Ref<Eigen::VectorXd> values,
                          const std::vector<std::int16_t>& groups, int n_groups) {
  std::vector<double> sums(static_cast<std::size_t>(n_groups)), counts(sums.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    sums[static_cast<std::size_t>(groups[i])] += values[static_cast<Eigen::Index>(i)];
    ++counts[static_cast<std::size_t>(groups[i])];
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto group = static_cast<std::size_t>(groups[i]);
    values[static_cast<Eigen::Index>(i)] -= sums[group] / counts[group];
  }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> style_formulas(const Market& market) {
  std::vector<std::pair<std::string, std::string>> styles = {
      {"traded_value_20", "ts_mean(mul(volume, close), 20)"},
      {"volatility_60", "ts_std(ts_return(close, 1), 60)"},
      {"return_5", "ts_return(close, 5)"},
      {"return_20", "ts_return(close, 20)"},
      {"return_120", "ts_return(close, 120)"}};
  if (market.fields.contains("float_cap")) styles.emplace_back("size", "float_cap");
  return styles;
}

StyleNeutraliser::Basis StyleNeutraliser::make_basis(const Day& day,
                                                     const std::vector<std::int32_t>& positions) {
  const auto n = static_cast<Eigen::Index>(positions.size());
  const auto n_all = static_cast<Eigen::Index>(day.stocks.size());
  const Eigen::Index n_styles =
      n_all == 0 ? 0 : static_cast<Eigen::Index>(day.exposures.size()) / n_all;
  Basis basis;
  for (const auto position : positions)
    basis.groups.push_back(day.industries[static_cast<std::size_t>(position)]);
  basis.n_groups = merge_groups(basis.groups);
  if (n == 0) return basis;
  const ConstMatrix exposures(day.exposures.data(), n_all, n_styles);
  Matrix x(n, n_styles);
  for (Eigen::Index style = 0; style < n_styles; ++style) {
    for (Eigen::Index i = 0; i < n; ++i)
      x(i, style) = exposures(positions[static_cast<std::size_t>(i)], style);
    subtract_group_means(x.col(style), basis.groups, basis.n_groups);
  }
  Eigen::ColPivHouseholderQR<Matrix> qr;
  qr.setThreshold(kCollinear);
  qr.compute(x);
  basis.rank = static_cast<int>(qr.rank());
  const Matrix q = qr.householderQ() * Matrix::Identity(n, basis.rank);
  basis.columns.assign(q.data(), q.data() + q.size());
  return basis;
}

StyleNeutraliser::StyleNeutraliser(const Market& market, const Labels& labels, DayRange days,
                                   bool with_industry)
    : days_(days) {
  EVOFACTOR_CHECK(days.first >= 0 && days.last <= market.n_days() && days.first <= days.last,
                  "days {} to {} of {}", days.first, days.last, market.n_days());
  std::vector<formula::Program> programs;
  for (const auto& [name, text] : style_formulas(market)) {
    names_.push_back(name);
    programs.push_back(formula::parse_or_throw(text));
  }
  std::vector<Grid<float>> ranks;
  for (const FactorValues& exposure : formula::evaluate(programs, market, days))
    ranks.push_back(centred_ranks(exposure, labels.mask, days, 1));
  const bool has_industry =
      with_industry && std::ranges::any_of(market.industry, [](auto i) { return i >= 0; });
  if (has_industry) names_.emplace_back("industry");
  per_day_.resize(static_cast<std::size_t>(days.size()));
  for (std::size_t row = 0; row < per_day_.size(); ++row) {
    Day& day = per_day_[row];
    const auto mask = labels.mask.row(static_cast<std::size_t>(days.first) + row);
    for (std::size_t i = 0; i < mask.size(); ++i)
      if (mask[i] != 0) {
        day.stocks.push_back(static_cast<std::int32_t>(i));
        day.industries.push_back(has_industry ? market.industry[i] : std::int16_t{-1});
      }
    for (const Grid<float>& style : ranks)
      for (const auto stock : day.stocks)
        day.exposures.push_back(static_cast<double>(style(row, static_cast<std::size_t>(stock))));
    std::vector<std::int32_t> all(day.stocks.size());
    std::iota(all.begin(), all.end(), 0);
    day.basis = make_basis(day, all);
  }
}

FactorValues StyleNeutraliser::operator()(const FactorValues& factor) const {
  const DayRange days{
      std::max(days_.first, factor.days.first),
      std::max(std::max(days_.first, factor.days.first), std::min(days_.last, factor.days.last))};
  FactorValues result{
      days, Grid<float>(static_cast<std::size_t>(days.size()), factor.values.columns(), kMissing)};
  RankScratch scratch;
  std::vector<float> values, ranks;
  std::vector<std::int32_t> positions;
  Eigen::VectorXd z;
  for (int d = days.first; d < days.last; ++d) {
    const Day& day = per_day_[static_cast<std::size_t>(d - days_.first)];
    const auto row = factor.day(d);
    positions.clear();
    values.clear();
    for (std::size_t j = 0; j < day.stocks.size(); ++j) {
      const float value = row[static_cast<std::size_t>(day.stocks[j])];
      if (!std::isfinite(value)) continue;
      positions.push_back(static_cast<std::int32_t>(j));
      values.push_back(value);
    }
    if (positions.empty()) continue;
    Basis of_some;
    if (positions.size() < day.stocks.size()) of_some = make_basis(day, positions);
    const Basis& basis = positions.size() < day.stocks.size() ? of_some : day.basis;
    const auto n = static_cast<Eigen::Index>(positions.size());
    ranks.resize(values.size());
    average_ranks(values, {}, ranks, scratch);
    const double middle = static_cast<double>(n + 1) / 2;
    z.resize(n);
    for (Eigen::Index i = 0; i < n; ++i)
      z[i] = (static_cast<double>(ranks[static_cast<std::size_t>(i)]) - middle) / middle;
    const double spread = z.norm();
    subtract_group_means(z, basis.groups, basis.n_groups);
    const ConstMatrix q(basis.columns.data(), n, basis.rank);
    z -= q * (q.transpose() * z).eval();
    if (z.norm() < kNothingLeft * spread) z.setZero();
    const auto out = result.values.row(static_cast<std::size_t>(d - days.first));
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto position = static_cast<std::size_t>(positions[static_cast<std::size_t>(i)]);
      out[static_cast<std::size_t>(day.stocks[position])] = static_cast<float>(z[i]);
    }
  }
  return result;
}

}  // namespace evofactor::fitness
