#include "fitness/combine.hpp"

#include <algorithm>
#include <cmath>

#include "fitness/ranks.hpp"

namespace evofactor::fitness {

Grid<std::uint8_t> rankable(const Market& market) {
  Grid<std::uint8_t> result = market.member;
  for (std::size_t day = 0; day < result.rows(); ++day) {
    const auto traded = market.traded.row(day);
    const auto row = result.row(day);
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = row[i] != 0 && traded[i] != 0 ? 1 : 0;
  }
  return result;
}

Combiner::Combiner(const Grid<std::uint8_t>& mask, DayRange days)
    : mask_(mask),
      days_(days),
      sum_(static_cast<std::size_t>(days.size()), mask.columns()),
      has_value_(static_cast<std::size_t>(days.size()), mask.columns()) {}

void Combiner::add(const FactorValues& factor, int sign, double weight) {
  EVOFACTOR_CHECK(std::isfinite(weight), "a weight of {}", weight);
  const Grid<float> ranks = centred_ranks(factor, mask_, days_, sign);
  const auto w = static_cast<float>(weight);
  for (int day = days_.first; day < days_.last; ++day) {
    const auto row = static_cast<std::size_t>(day - days_.first);
    const auto values = factor.day(day);
    const auto mask = mask_.row(static_cast<std::size_t>(day));
    const auto rank = ranks.row(row);
    const auto sum = sum_.row(row);
    const auto has_value = has_value_.row(row);
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] += w * rank[i];
      has_value[i] |= static_cast<std::uint8_t>(mask[i] != 0 && std::isfinite(values[i]));
    }
  }
  weight_ += std::abs(weight);
}

FactorValues Combiner::result() const {
  FactorValues result{days_, Grid<float>(sum_.rows(), sum_.columns(), kMissing)};
  if (weight_ <= 0) return result;
  const auto total = static_cast<float>(weight_);
  for (std::size_t row = 0; row < sum_.rows(); ++row)
    for (std::size_t i = 0; i < sum_.columns(); ++i)
      if (has_value_(row, i) != 0) result.values(row, i) = sum_(row, i) / total;
  return result;
}

FactorValues combine(std::span<const FactorValues> factors, std::span<const int> signs,
                     std::span<const double> weights, const Grid<std::uint8_t>& mask,
                     DayRange days) {
  EVOFACTOR_CHECK(
      signs.size() == factors.size() && (weights.empty() || weights.size() == factors.size()),
      "{} factors, {} signs, {} weights", factors.size(), signs.size(), weights.size());
  Combiner combiner(mask, days);
  for (std::size_t i = 0; i < factors.size(); ++i)
    combiner.add(factors[i], signs[i], weights.empty() ? 1 : weights[i]);
  return combiner.result();
}

}  // namespace evofactor::fitness
