#include "fitness/ranks.hpp"

#include <algorithm>
#include <cmath>

#include "engine/formula/kernels/ranking.hpp"
#include "engine/formula/kernels/view.hpp"
#include "fitness/kernels/day.hpp"

namespace evofactor::fitness {

int average_ranks(std::span<const float> values, std::span<const std::uint8_t> mask,
                  std::span<float> ranks, RankScratch& scratch) {
  EVOFACTOR_CHECK(ranks.size() == values.size() && (mask.empty() || mask.size() == values.size()),
                  "{} values, {} mask entries, {} ranks", values.size(), mask.size(), ranks.size());
  constexpr std::size_t kGroup = formula::kernels::kColumnGroup;
  const std::size_t width = (values.size() + kGroup - 1) / kGroup * kGroup;
  scratch.row.resize(width);
  scratch.words.resize(width + kGroup);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool counts = (mask.empty() || mask[i] != 0) && std::isfinite(values[i]);
    scratch.row[i] = counts ? values[i] : kMissing;
  }
  std::fill(scratch.row.begin() + static_cast<std::ptrdiff_t>(values.size()), scratch.row.end(),
            kMissing);
  const std::size_t n =
      formula::kernels::ascending(scratch.row.data(), nullptr, width, scratch.words.data());
  std::ranges::fill(ranks, kMissing);
  formula::kernels::visit_ranks(scratch.words.data(), n, [&](std::uint32_t column, double r) {
    ranks[column] = static_cast<float>((r + static_cast<double>(n + 1)) / 2);
  });
  return static_cast<int>(n);
}

Grid<float> centred_ranks(const FactorView& factor, const Grid<std::uint8_t>& mask, DayRange days,
                          int sign) {
  EVOFACTOR_CHECK(
      days.first >= factor.days.first && days.last <= factor.days.last && days.first <= days.last,
      "days {} to {} of a factor that covers {} to {}", days.first, days.last, factor.days.first,
      factor.days.last);
  Grid<float> result(static_cast<std::size_t>(days.size()), factor.columns);
  std::vector<float> only(result.stride(), kMissing);
  for (int day = days.first; day < days.last; ++day) {
    const auto counts = mask.row(static_cast<std::size_t>(day));
    for (std::size_t i = 0; i < counts.size(); ++i) only[i] = counts[i] != 0 ? 0 : kMissing;
    formula::kernels::centred_ranks(factor.day(day).data(), only.data(), only.size(),
                                    static_cast<float>(sign),
                                    result.row(static_cast<std::size_t>(day - days.first)).data());
  }
  return result;
}

double mean_rank_correlation(const Grid<float>& a, const Grid<float>& b) {
  EVOFACTOR_CHECK(a.rows() == b.rows() && a.columns() == b.columns(), "[{}, {}] against [{}, {}]",
                  a.rows(), a.columns(), b.rows(), b.columns());
  if (a.rows() == 0) return 0;
  double sum = 0;
  for (std::size_t day = 0; day < a.rows(); ++day) {
    // Centred ranks sum to 0 and missing is 0, so the mean over any set of stocks that holds them
    // all is 0.
    const kernels::Products p = kernels::products(a.row(day), b.row(day));
    if (p.aa > 0 && p.bb > 0) sum += p.ab / std::sqrt(p.aa * p.bb);
  }
  return sum / static_cast<double>(a.rows());
}

}  // namespace evofactor::fitness
