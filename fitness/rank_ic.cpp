#include "fitness/rank_ic.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "fitness/kernels/day.hpp"
#include "fitness/ranks.hpp"

namespace evofactor::fitness {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::uint32_t value_of(std::uint64_t key) { return static_cast<std::uint32_t>(key >> 32); }
std::uint32_t index_of(std::uint64_t key) { return static_cast<std::uint32_t>(key); }

/// Sum of squares of n untied ranks, each 2 r - (n + 1).
double untied_squares(std::size_t n) {
  const auto count = static_cast<double>(n);
  return count * (count * count - 1) / 3;
}

/// Calls visit(index, rank) for sorted keys in order, rank = 2 r - (n + 1) with r the average rank.
/// @returns the sum of squares of those ranks; 0 if all values are equal
template <class Visit>
double visit_ranks(std::span<const std::uint64_t> keys, Visit visit) {
  const auto n = static_cast<double>(keys.size());
  double squares = untied_squares(keys.size());
  for (std::size_t first = 0; first < keys.size();) {
    std::size_t last = first + 1;
    while (last < keys.size() && value_of(keys[last]) == value_of(keys[first])) ++last;
    squares -= untied_squares(last - first);
    const double rank = static_cast<double>(first + last) - n;
    for (; first < last; ++first) visit(index_of(keys[first]), rank);
  }
  return squares;
}

double mean_of(std::span<const float> x) { return kernels::sum(x) / static_cast<double>(x.size()); }

/// Mean Spearman correlation of the values of consecutive days over the stocks scored on both.
class TurnoverMeter {
 public:
  TurnoverMeter(std::size_t n_stocks, int min_stocks)
      : min_stocks_(static_cast<std::size_t>(min_stocks)),
        on_previous_(n_stocks, 0),
        on_current_(n_stocks, 0),
        ranks_(n_stocks, 0) {}

  /// The sorted keys (value, stock) of the next day.
  void add(std::span<const std::uint64_t> keys) {
    for (const auto key : keys) on_current_[index_of(key)] = 1;
    filter(previous_, on_current_, previous_common_);
    filter(keys, on_previous_, current_common_);
    if (current_common_.size() >= min_stocks_) add_pair();
    for (const auto key : previous_) on_previous_[index_of(key)] = 0;
    previous_.assign(keys.begin(), keys.end());
    std::swap(on_previous_, on_current_);
  }
  [[nodiscard]] double turnover() const {
    return pairs_ == 0 ? kNaN : 1.0 - sum_ / static_cast<double>(pairs_);
  }

 private:
  static void filter(std::span<const std::uint64_t> keys, const std::vector<std::uint8_t>& keep,
                     std::vector<std::uint64_t>& out) {
    out.resize(keys.size());
    std::size_t n = 0;
    for (const auto key : keys) {
      out[n] = key;
      n += keep[index_of(key)];
    }
    out.resize(n);
  }
  void add_pair() {
    const double before = visit_ranks(
        previous_common_, [&](std::uint32_t stock, double rank) { ranks_[stock] = rank; });
    double products = 0;
    const double after = visit_ranks(current_common_, [&](std::uint32_t stock, double rank) {
      products += rank * ranks_[stock];
    });
    if (before == 0 || after == 0) return;
    sum_ += products / std::sqrt(before * after);
    ++pairs_;
  }

  std::size_t min_stocks_;
  std::vector<std::uint64_t> previous_, previous_common_, current_common_;
  std::vector<std::uint8_t> on_previous_, on_current_;
  std::vector<double> ranks_;
  double sum_ = 0;
  int pairs_ = 0;
};

}  // namespace

struct RankIcScorer::Scratch {
  std::vector<std::uint64_t> keys;
  std::vector<std::uint64_t> label_keys;
  std::vector<float> values, returns;
  std::vector<double> ranks;
  std::vector<std::uint8_t> scored;
  std::size_t n_scored =
      0;  ///< of the day last scored: keys[0, n_scored) are its sorted (value, position) keys
};

RankIcScorer::RankIcScorer(const Labels& labels, int horizon, ScoreSettings settings)
    : labels_(labels), horizon_(horizon), settings_(settings) {
  EVOFACTOR_CHECK(labels.forward_return.rows() == labels.mask.rows() &&
                      labels.forward_return.columns() == labels.mask.columns(),
                  "labels and mask differ in shape");
  EVOFACTOR_CHECK(horizon >= 1, "a horizon of {} days", horizon);
  days_.resize(labels.mask.rows());
  std::vector<std::uint64_t> keys;
  for (std::size_t d = 0; d < days_.size(); ++d) {
    LabelDay& day = days_[d];
    const auto mask = labels.mask.row(d);
    const auto returns = labels.forward_return.row(d);
    for (std::size_t i = 0; i < mask.size(); ++i) {
      if (mask[i] == 0) continue;
      EVOFACTOR_CHECK(std::isfinite(returns[i]), "no label for stock {} in the mask of day {}", i,
                      d);
      day.stocks.push_back(static_cast<std::int32_t>(i));
      day.returns.push_back(returns[i]);
    }
    keys.clear();
    for (std::size_t j = 0; j < day.returns.size(); ++j)
      keys.push_back((static_cast<std::uint64_t>(ordered_key(day.returns[j])) << 32) | j);
    sort_keys(keys);
    day.ranks.resize(keys.size());
    day.rank_squares = visit_ranks(keys, [&](std::uint32_t position, double rank) {
      day.order.push_back(static_cast<std::int32_t>(position));
      day.ranks[position] = rank;
    });
    if (!day.returns.empty()) {
      day.mean_return = mean_of(day.returns);
      day.return_squares =
          kernels::deviations(day.returns, day.mean_return, day.returns, day.mean_return).xx;
    }
  }
}

DayScore RankIcScorer::score_day(std::span<const float> factor, int day_index,
                                 Scratch& scratch) const {
  const LabelDay& day = days_[static_cast<std::size_t>(day_index)];
  const std::size_t n = day.stocks.size();
  DayScore score{.day = day_index,
                 .stocks = 0,
                 .mask_stocks = static_cast<int>(n),
                 .used = false,
                 .rank_ic = kNaN,
                 .ic = kNaN};
  scratch.keys.resize(n);
  scratch.values.resize(n);
  std::uint64_t* keys = scratch.keys.data();
  float* values = scratch.values.data();
  std::size_t m = 0;
  for (std::size_t j = 0; j < n; ++j) {
    const float value = factor[static_cast<std::size_t>(day.stocks[j])];
    keys[m] = (static_cast<std::uint64_t>(ordered_key(value)) << 32) | j;
    values[m] = value;
    m += static_cast<std::size_t>(std::isfinite(value));
  }
  score.stocks = static_cast<int>(m);
  scratch.n_scored = m;
  const std::span<std::uint64_t> sorted(keys, m);
  sort_keys(sorted);
  if (score.stocks < std::max(settings_.min_stocks, 2)) return score;

  std::span<const float> returns = day.returns;
  std::span<const double> label_ranks = day.ranks;
  double label_squares = day.rank_squares;
  double mean_return = day.mean_return;
  double return_squares = day.return_squares;
  if (m < n) {
    scratch.scored.assign(n, 0);
    for (const auto key : sorted) scratch.scored[index_of(key)] = 1;
    scratch.label_keys.resize(n);
    std::size_t k = 0;
    for (const auto position : day.order) {
      const auto j = static_cast<std::size_t>(position);
      scratch.label_keys[k] = (static_cast<std::uint64_t>(ordered_key(day.returns[j])) << 32) | j;
      k += scratch.scored[j];
    }
    scratch.ranks.resize(n);
    label_squares = visit_ranks({scratch.label_keys.data(), m},
                                [&](std::uint32_t j, double rank) { scratch.ranks[j] = rank; });
    label_ranks = scratch.ranks;
    scratch.returns.resize(n);
    k = 0;
    for (std::size_t j = 0; j < n; ++j) {
      scratch.returns[k] = day.returns[j];
      k += scratch.scored[j];
    }
    returns = {scratch.returns.data(), m};
    mean_return = mean_of(returns);
    return_squares = kernels::deviations(returns, mean_return, returns, mean_return).xx;
  }

  double products = 0;
  double squares = 0;
  if (kernels::has_ties(sorted)) {
    squares = visit_ranks(sorted,
                          [&](std::uint32_t j, double rank) { products += rank * label_ranks[j]; });
  } else {
    squares = untied_squares(m);
    products = kernels::untied_rank_products(sorted, label_ranks);
  }
  if (squares == 0 || label_squares == 0) return score;
  score.used = true;
  score.rank_ic = products / std::sqrt(squares * label_squares);
  const std::span<const float> scored_values(values, m);
  const double mean_value = mean_of(scored_values);
  const kernels::Deviations d =
      kernels::deviations(scored_values, mean_value, returns, mean_return);
  score.ic = d.xy / std::sqrt(d.xx * return_squares);
  return score;
}

template <class AfterDay>
std::vector<DayScore> RankIcScorer::walk(const FactorValues& factor, DayRange days,
                                         AfterDay after_day) const {
  EVOFACTOR_CHECK(factor.values.columns() == labels_.mask.columns() || factor.values.empty(),
                  "a factor of {} stocks against labels of {}", factor.values.columns(),
                  labels_.mask.columns());
  const int first = std::max({days.first, factor.days.first, 0});
  const int last = std::min({days.last, factor.days.last, static_cast<int>(days_.size())});
  static thread_local Scratch scratch;
  std::vector<DayScore> scores;
  scores.reserve(static_cast<std::size_t>(std::max(last - first, 0)));
  for (int d = first; d < last; ++d) {
    scores.push_back(score_day(factor.day(d), d, scratch));
    after_day(days_[static_cast<std::size_t>(d)], scratch);
  }
  return scores;
}

std::vector<DayScore> RankIcScorer::daily(const FactorValues& factor, DayRange days) const {
  return walk(factor, days, [](const LabelDay&, const Scratch&) {});
}

ScoreSummary RankIcScorer::score(const FactorValues& factor, DayRange days) const {
  TurnoverMeter meter(labels_.mask.columns(), settings_.min_stocks);
  std::vector<std::uint64_t> keys;
  const auto scores = walk(factor, days, [&](const LabelDay& day, const Scratch& scratch) {
    keys.resize(scratch.n_scored);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::uint64_t key = scratch.keys[i];
      keys[i] = (key & 0xffffffff00000000U) | static_cast<std::uint32_t>(day.stocks[index_of(key)]);
    }
    meter.add(keys);
  });
  ScoreSummary summary = summarise(scores);
  summary.turnover = meter.turnover();
  return summary;
}

ScoreSummary RankIcScorer::summarise(std::span<const DayScore> daily) const {
  ScoreSummary summary;
  std::vector<double> rank_ics, ics;
  std::int64_t finite = 0, masked = 0, used_stocks = 0;
  for (const DayScore& day : daily) {
    finite += day.stocks;
    masked += day.mask_stocks;
    if (!day.used) continue;
    rank_ics.push_back(day.rank_ic);
    ics.push_back(day.ic);
    used_stocks += day.stocks;
  }
  summary.rank_ic = summarise_series(rank_ics, horizon_ - 1);
  summary.ic = summarise_series(ics, horizon_ - 1);
  summary.days = static_cast<int>(rank_ics.size());
  summary.skipped_days = static_cast<int>(daily.size()) - summary.days;
  summary.coverage = masked == 0 ? kNaN : static_cast<double>(finite) / static_cast<double>(masked);
  summary.mean_stocks = summary.days == 0 ? kNaN : static_cast<double>(used_stocks) / summary.days;
  summary.turnover = kNaN;
  return summary;
}

double mean_rank_ic(const RankIcScorer& scorer, const FactorValues& factor,
                    std::initializer_list<DayRange> ranges) {
  double sum = 0;
  int days = 0;
  for (const DayRange range : ranges)
    for (const DayScore& day : scorer.daily(factor, range)) {
      if (!day.used) continue;
      sum += day.rank_ic;
      ++days;
    }
  return days == 0 ? kNaN : sum / days;
}

IcSummary summarise_series(std::span<const double> values, int lag) {
  IcSummary summary{.mean = kNaN, .std = kNaN, .icir = kNaN, .t = kNaN, .positive = kNaN};
  const std::size_t n = values.size();
  if (n == 0) return summary;
  const auto count = static_cast<double>(n);
  double sum = 0, positive = 0;
  for (const double value : values) {
    sum += value;
    positive += value > 0 ? 1 : 0;
  }
  summary.mean = sum / count;
  summary.positive = positive / count;
  if (n < 2) return summary;
  const auto autocovariance = [&](std::size_t distance) {
    double products = 0;
    for (std::size_t i = distance; i < n; ++i)
      products += (values[i] - summary.mean) * (values[i - distance] - summary.mean);
    return products / count;
  };
  const double variance = autocovariance(0);
  summary.std = std::sqrt(variance * count / (count - 1));
  if (summary.std > 0) summary.icir = summary.mean / summary.std;
  double long_run = variance;
  for (int l = 1; l <= lag && static_cast<std::size_t>(l) < n; ++l)
    long_run += 2 * (1 - l / (lag + 1.0)) * autocovariance(static_cast<std::size_t>(l));
  if (long_run > 0) summary.t = summary.mean / std::sqrt(long_run / count);
  return summary;
}

}  // namespace evofactor::fitness
