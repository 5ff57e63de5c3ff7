#include "fitness/quantile.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "fitness/json.hpp"
#include "fitness/ranks.hpp"

namespace evofactor::fitness {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kFewStocks = 200;

/// A day's average ranks and how many stocks they rank; nothing if the day is left out.
struct RankedDay {
  int day = 0;
  int stocks = 0;
  std::vector<float> ranks;
};

std::optional<RankedDay> rank_day(const FactorValues& factor, const Labels& labels, int day,
                                  int min_stocks, RankScratch& scratch) {
  const auto values = factor.day(day);
  RankedDay ranked{.day = day, .stocks = 0, .ranks = std::vector<float>(values.size())};
  ranked.stocks =
      average_ranks(values, labels.mask.row(static_cast<std::size_t>(day)), ranked.ranks, scratch);
  if (ranked.stocks < std::max(min_stocks, 2)) return std::nullopt;
  const float middle = static_cast<float>(ranked.stocks + 1) / 2;
  const bool constant = std::ranges::all_of(
      ranked.ranks, [&](float rank) { return std::isnan(rank) || rank == middle; });
  if (constant) return std::nullopt;
  return ranked;
}

/// [n] mean label of each quantile less the mean over the mask; NaN where a quantile is empty.
std::vector<double> excess_of(const RankedDay& ranked, const Labels& labels, int n) {
  const auto row = static_cast<std::size_t>(ranked.day);
  const auto mask = labels.mask.row(row);
  const auto returns = labels.forward_return.row(row);
  std::vector<double> sums(static_cast<std::size_t>(n));
  std::vector<int> counts(static_cast<std::size_t>(n));
  double all = 0;
  int masked = 0;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == 0) continue;
    const auto value = static_cast<double>(returns[i]);
    all += value;
    ++masked;
    if (std::isnan(ranked.ranks[i])) continue;
    const double share = (static_cast<double>(ranked.ranks[i]) - 0.5) / ranked.stocks;
    const auto quantile = static_cast<std::size_t>(std::min(n - 1, static_cast<int>(share * n)));
    sums[quantile] += value;
    ++counts[quantile];
  }
  for (std::size_t q = 0; q < sums.size(); ++q)
    sums[q] = counts[q] == 0 ? kNaN : sums[q] / counts[q] - all / masked;
  return sums;
}

}  // namespace

QuantileReturns quantile_returns(const FactorValues& factor, const Labels& labels, DayRange days,
                                 const QuantileSettings& settings) {
  const int first = std::max({days.first, factor.days.first, 0});
  const int last = std::min({days.last, factor.days.last, static_cast<int>(labels.mask.rows())});
  RankScratch scratch;
  std::vector<RankedDay> ranked_days;
  double stocks = 0;
  for (int day = first; day < last; ++day)
    if (auto ranked = rank_day(factor, labels, day, settings.min_stocks, scratch)) {
      stocks += ranked->stocks;
      ranked_days.push_back(std::move(*ranked));
    }
  QuantileReturns result;
  result.n = settings.n;
  if (result.n == 0)
    result.n = stocks < kFewStocks * static_cast<double>(ranked_days.size()) ? 5 : 10;
  const auto n = static_cast<std::size_t>(result.n);
  std::vector<double> sums(n);
  std::vector<int> counts(n);
  result.cumulative.resize(n);
  for (const RankedDay& ranked : ranked_days) {
    const std::vector<double> excess = excess_of(ranked, labels, result.n);
    result.days.push_back(ranked.day);
    for (std::size_t q = 0; q < n; ++q) {
      const double before = result.cumulative[q].empty() ? 0 : result.cumulative[q].back();
      const bool filled = !std::isnan(excess[q]);
      result.cumulative[q].push_back(before + (filled ? excess[q] / settings.horizon : 0));
      if (!filled) continue;
      sums[q] += excess[q];
      ++counts[q];
    }
  }
  for (std::size_t q = 0; q < n; ++q)
    result.mean_excess.push_back(counts[q] == 0 ? kNaN : sums[q] / counts[q]);
  return result;
}

Json to_json(const QuantileReturns& returns, const Calendar& calendar, std::string_view part) {
  Json json = {{"n", returns.n}, {"part", part}};
  json["mean_excess"] = Json::array();
  for (const double excess : returns.mean_excess)
    json["mean_excess"].push_back(number_or_null(excess));
  json["dates"] = Json::array();
  for (const int day : returns.days) json["dates"].push_back(to_string(calendar[day]));
  json["cumulative"] = returns.cumulative;
  return json;
}

}  // namespace evofactor::fitness
