#include "fitness/rank_ic.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/formula/kernels/ranking.hpp"
#include "engine/formula/kernels/view.hpp"
#include "fitness/kernels/day.hpp"

namespace evofactor::fitness {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

using formula::kernels::column_of;
using formula::kernels::untied_squares;
using formula::kernels::visit_ranks;

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
    for (const auto key : keys) on_current_[column_of(key)] = 1;
    filter(previous_, on_current_, previous_common_);
    filter(keys, on_previous_, current_common_);
    if (current_common_.size() >= min_stocks_) add_pair();
    for (const auto key : previous_) on_previous_[column_of(key)] = 0;
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
      n += keep[column_of(key)];
    }
    out.resize(n);
  }
  void add_pair() {
    const double before =
        visit_ranks(previous_common_.data(), previous_common_.size(),
                    [&](std::uint32_t stock, double rank) { ranks_[stock] = rank; });
    double products = 0;
    const double after =
        visit_ranks(current_common_.data(), current_common_.size(),
                    [&](std::uint32_t stock, double rank) { products += rank * ranks_[stock]; });
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
  std::vector<std::uint64_t> words;  ///< of the day last scored, ascending (value, stock)
  std::size_t n_words = 0;
  std::vector<float> label_ranks, values, returns;
};

RankIcScorer::RankIcScorer(const Labels& labels, int horizon, ScoreSettings settings)
    : labels_(labels), horizon_(horizon), settings_(settings) {
  EVOFACTOR_CHECK(labels.forward_return.rows() == labels.mask.rows() &&
                      labels.forward_return.columns() == labels.mask.columns(),
                  "labels and mask differ in shape");
  EVOFACTOR_CHECK(horizon >= 1, "a horizon of {} days", horizon);
  days_.resize(labels.mask.rows());
  const std::size_t width = labels.forward_return.stride();
  label_ranks_ = Grid<float>(labels.mask.rows(), width, kMissing);
  std::vector<std::uint64_t> words(width + formula::kernels::kColumnGroup);
  for (std::size_t d = 0; d < days_.size(); ++d) {
    LabelDay& day = days_[d];
    const auto mask = labels.mask.row(d);
    const auto returns = labels.forward_return.row(d);
    const auto ranks = label_ranks_.row(d);
    for (std::size_t i = 0; i < mask.size(); ++i) {
      if (mask[i] == 0) continue;
      EVOFACTOR_CHECK(std::isfinite(returns[i]), "no label for stock {} in the mask of day {}", i,
                      d);
      day.stocks.push_back(static_cast<std::int32_t>(i));
      ranks[i] = 0;
    }
    const std::size_t n =
        formula::kernels::ascending(returns.data(), ranks.data(), width, words.data());
    day.tied = formula::kernels::has_ties(words.data(), n);
    day.rank_squares = visit_ranks(words.data(), n, [&](std::uint32_t stock, double rank) {
      day.order.push_back(static_cast<std::int32_t>(stock));
      ranks[stock] = static_cast<float>(rank);
    });
  }
}

/// Ranks of the labels of the n stocks that have a factor value. @returns their sum of squares
double RankIcScorer::rank_labels_of(const float* factor, std::size_t n, std::size_t day,
                                    std::span<float> ranks) const {
  static thread_local std::vector<std::int32_t> present;
  const LabelDay& label = days_[day];
  present.resize(label.order.size() + 1);
  std::size_t found = 0;
  for (const std::int32_t stock : label.order) {
    present[found] = stock;
    found += static_cast<std::size_t>(factor[stock] == factor[stock]);
  }
  const auto returns = labels_.forward_return.row(day);
  const auto rank_of = [&](std::size_t first, std::size_t last) {
    return static_cast<float>(first + last) - static_cast<float>(n);
  };
  double squares = untied_squares(n);
  if (!label.tied) {
    for (std::size_t k = 0; k < n; ++k)
      ranks[static_cast<std::size_t>(present[k])] = rank_of(k, k + 1);
    return squares;
  }
  const auto value = [&](std::size_t k) { return returns[static_cast<std::size_t>(present[k])]; };
  for (std::size_t first = 0; first < n;) {
    std::size_t last = first + 1;
    while (last < n && value(last) == value(first)) ++last;
    squares -= untied_squares(last - first);
    const float rank = rank_of(first, last);
    for (; first < last; ++first) ranks[static_cast<std::size_t>(present[first])] = rank;
  }
  return squares;
}

DayScore RankIcScorer::score_day(const FactorView& factor, int day_index, bool with_ic,
                                 Scratch& scratch) const {
  const auto d = static_cast<std::size_t>(day_index);
  const LabelDay& day = days_[d];
  const std::size_t width = label_ranks_.columns();
  const float* values = factor.day(day_index).data();
  const float* label_ranks = label_ranks_.row(d).data();
  scratch.words.resize(width + formula::kernels::kColumnGroup);
  const std::uint64_t* words = scratch.words.data();
  const std::size_t n =
      formula::kernels::ascending(values, label_ranks, width, scratch.words.data());
  scratch.n_words = n;
  DayScore score{.day = day_index,
                 .stocks = static_cast<int>(n),
                 .mask_stocks = static_cast<int>(day.stocks.size()),
                 .used = false,
                 .rank_ic = kNaN,
                 .ic = kNaN};
  if (score.stocks < std::max(settings_.min_stocks, 2)) return score;

  double label_squares = day.rank_squares;
  if (n < day.stocks.size()) {
    scratch.label_ranks.resize(width);
    label_squares = rank_labels_of(values, n, d, scratch.label_ranks);
    label_ranks = scratch.label_ranks.data();
  }
  double products = 0;
  double squares = 0;
  if (formula::kernels::has_ties(words, n)) {
    squares = visit_ranks(words, n, [&](std::uint32_t stock, double rank) {
      products += rank * static_cast<double>(label_ranks[stock]);
    });
  } else {
    squares = untied_squares(n);
    products = kernels::untied_rank_products(words, n, label_ranks);
  }
  if (squares == 0 || label_squares == 0) return score;
  score.used = true;
  score.rank_ic = products / std::sqrt(squares * label_squares);
  if (with_ic) score.ic = pearson(values, d, scratch);
  return score;
}

double RankIcScorer::pearson(const float* factor, std::size_t day, Scratch& scratch) const {
  const auto returns = labels_.forward_return.row(day);
  scratch.values.clear();
  scratch.returns.clear();
  for (const std::int32_t stock : days_[day].stocks) {
    const auto i = static_cast<std::size_t>(stock);
    if (factor[i] != factor[i]) continue;
    scratch.values.push_back(factor[i]);
    scratch.returns.push_back(returns[i]);
  }
  const double mean = mean_of(scratch.values);
  const double mean_return = mean_of(scratch.returns);
  const kernels::Deviations d =
      kernels::deviations(scratch.values, mean, scratch.returns, mean_return);
  const double return_squares =
      kernels::deviations(scratch.returns, mean_return, scratch.returns, mean_return).xx;
  return d.xy / std::sqrt(d.xx * return_squares);
}

DayRange RankIcScorer::covered(const FactorView& factor, DayRange days) const {
  EVOFACTOR_CHECK(factor.columns == labels_.mask.columns() || factor.days.size() == 0,
                  "a factor of {} stocks against labels of {}", factor.columns,
                  labels_.mask.columns());
  const int first = std::max({days.first, factor.days.first, 0});
  const int last = std::min({days.last, factor.days.last, static_cast<int>(days_.size())});
  return {first, std::max(first, last)};
}

template <class AfterDay>
std::vector<DayScore> RankIcScorer::walk(const FactorView& factor, DayRange days, bool with_ic,
                                         AfterDay after_day) const {
  const DayRange scored = covered(factor, days);
  static thread_local Scratch scratch;
  std::vector<DayScore> scores;
  scores.reserve(static_cast<std::size_t>(scored.size()));
  for (int d = scored.first; d < scored.last; ++d) {
    scores.push_back(score_day(factor, d, with_ic, scratch));
    after_day(scratch);
  }
  return scores;
}

std::vector<DayScore> RankIcScorer::daily(const FactorView& factor, DayRange days) const {
  return walk(factor, days, true, [](const Scratch&) {});
}

std::vector<DayScore> RankIcScorer::rank_ics(const FactorView& factor, DayRange days) const {
  return walk(factor, days, false, [](const Scratch&) {});
}

std::vector<DayScore> RankIcScorer::screen(const FactorView& factor, DayRange days) const {
  const DayRange scored = covered(factor, days);
  static thread_local Scratch scratch;
  std::vector<DayScore> scores;
  scores.reserve(static_cast<std::size_t>(scored.size()));
  for (int d = scored.first; d < scored.last; ++d) {
    const auto day = static_cast<std::size_t>(d);
    const kernels::Agreement found = kernels::agreement(
        factor.day(d).data(), label_ranks_.row(day).data(), label_ranks_.columns());
    const bool enough = found.stocks >= std::max(settings_.min_stocks, 2);
    if (enough && !std::isfinite(found.correlation)) {
      scores.push_back(score_day(factor, d, false, scratch));
      continue;
    }
    scores.push_back({.day = d,
                      .stocks = found.stocks,
                      .mask_stocks = static_cast<int>(days_[day].stocks.size()),
                      .used = enough,
                      .rank_ic = enough ? found.correlation : kNaN,
                      .ic = kNaN});
  }
  return scores;
}

void RankIcScorer::step(const FactorView& factor, int day, std::span<float> out) const {
  EVOFACTOR_CHECK(out.size() == label_ranks_.columns(), "{} places for {} stocks", out.size(),
                  label_ranks_.columns());
  kernels::unit_step(factor.day(day).data(), label_ranks_.row(static_cast<std::size_t>(day)).data(),
                     out.size(), out.data());
}

ScoreSummary RankIcScorer::score(const FactorView& factor, DayRange days) const {
  TurnoverMeter meter(labels_.mask.columns(), settings_.min_stocks);
  const auto scores = walk(factor, days, true, [&](const Scratch& scratch) {
    meter.add(std::span(scratch.words).first(scratch.n_words));
  });
  ScoreSummary summary = summarise(scores);
  summary.turnover = meter.turnover();
  return summary;
}

ScoreSummary RankIcScorer::summarise(std::span<const DayScore> daily) const {
  ScoreSummary summary;
  std::vector<double> rank_ics, ics;
  std::int64_t used_stocks = 0;
  for (const DayScore& day : daily) {
    if (!day.used) continue;
    rank_ics.push_back(day.rank_ic);
    ics.push_back(day.ic);
    used_stocks += day.stocks;
  }
  summary.rank_ic = summarise_series(rank_ics, horizon_ - 1);
  summary.ic = summarise_series(ics, horizon_ - 1);
  summary.days = static_cast<int>(rank_ics.size());
  summary.skipped_days = static_cast<int>(daily.size()) - summary.days;
  summary.coverage = coverage(daily);
  summary.mean_stocks = summary.days == 0 ? kNaN : static_cast<double>(used_stocks) / summary.days;
  summary.turnover = kNaN;
  return summary;
}

double coverage(std::span<const DayScore> days) {
  std::int64_t finite = 0, masked = 0;
  for (const DayScore& day : days) {
    finite += day.stocks;
    masked += day.mask_stocks;
  }
  return masked == 0 ? kNaN : static_cast<double>(finite) / static_cast<double>(masked);
}

std::optional<std::string> degeneracy(std::span<const DayScore> days,
                                      const ScoreSettings& settings) {
  int usable = 0, used = 0;
  for (const DayScore& day : days) {
    usable += day.mask_stocks >= std::max(settings.min_stocks, 2) ? 1 : 0;
    used += day.used ? 1 : 0;
  }
  const double bar = settings.min_coverage;
  const double covered = coverage(days);
  if (std::isnan(covered)) return "no scored day";
  if (covered < bar)
    return fmt::format("values for {:.1f} % of the scored stock-days, {:.1f} % needed",
                       100 * covered, 100 * bar);
  if (used == 0 || used < bar * usable)
    return fmt::format("constant, or too few stocks, on {} of {} days; at most {:.1f} % allowed",
                       usable - used, usable, 100 * (1 - bar));
  return std::nullopt;
}

double mean_rank_ic(const RankIcScorer& scorer, const FactorView& factor,
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
