#include "data/planted_signals.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

#include "data/market.hpp"

namespace evofactor {
namespace {

// Chosen so that each signal alone has a rank IC of 0.02 to 0.05 on the default market and all
// together 0.06 to 0.10.
constexpr double kReversal = 0.0007;
constexpr double kInteraction = 0.0009;
constexpr double kDecaying = 0.00045;
// Share of all days until which the decaying signal is whole, and from which it is gone.
constexpr double kFadeStart = 0.40;
constexpr double kFadeEnd = 0.75;
constexpr std::size_t kWindow = 20;  // of the signals with a mean or deviation

double mean_of(std::span<const float> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// (last - mean) / standard deviation with n - 1; NaN if constant.
double zscore_of_last(std::span<const float> values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (const float v : values)
    squares += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
  return (static_cast<double>(values.back()) - mean) /
         std::sqrt(squares / static_cast<double>(values.size() - 1));
}

/// Spearman correlation of pairs that are both finite and masked; NaN with fewer than 10 or without
/// variation.
double rank_correlation(std::span<const float> x, std::span<const float> y,
                        std::span<const std::uint8_t> mask) {
  std::vector<float> a, b;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (mask[i] && std::isfinite(x[i])) {
      a.push_back(x[i]);
      b.push_back(y[i]);
    }
  if (a.size() < 10) return std::nan("");
  const auto ranks_a = scaled_ranks(a), ranks_b = scaled_ranks(b);
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < ranks_a.size(); ++i) {
    ab += ranks_a[i] * ranks_b[i];
    aa += ranks_a[i] * ranks_a[i];
    bb += ranks_b[i] * ranks_b[i];
  }
  return ab / std::sqrt(aa * bb);
}

void measure(PlantedSignal& signal, const Grid<float>& values, const Labels& labels,
             const Calendar& calendar) {
  std::map<int, std::pair<double, int>> years;
  double sum = 0;
  int days = 0;
  for (std::size_t d = 0; d < values.rows(); ++d) {
    const double ic =
        rank_correlation(values.row(d), labels.forward_return.row(d), labels.mask.row(d));
    if (std::isnan(ic)) continue;
    auto& year = years[calendar[static_cast<int>(d)] / 10000];
    year.first += ic;
    ++year.second;
    sum += ic;
    ++days;
  }
  signal.mean_rank_ic = days > 0 ? sum / days : 0;
  for (const auto& [year, total] : years)
    signal.rank_ic_by_year.emplace_back(year, total.first / total.second);
}

}  // namespace

std::vector<PlantedSignal> planted_signals(int days) {
  const auto n = static_cast<std::size_t>(days);
  std::vector<double> fading(n);
  for (std::size_t d = 0; d < n; ++d) {
    const double time = static_cast<double>(d) / days;
    fading[d] = kDecaying * std::clamp((kFadeEnd - time) / (kFadeEnd - kFadeStart), 0.0, 1.0);
  }
  return {
      {"reversal", "neg(ts_return(close, 5))", "linear", std::vector<double>(n, kReversal), 0, {}},
      {"trend_on_volume",
       "neg(mul(ts_zscore(close, 20), ts_zscore(volume, 20)))",
       "interaction",
       std::vector<double>(n, kInteraction),
       0,
       {}},
      {"quiet_volume",
       "neg(div(ts_mean(volume, 5), ts_mean(volume, 20)))",
       "decaying",
       std::move(fading),
       0,
       {}}};
}

std::array<float, kPlantedSignals> planted_values(std::span<const float> closes,
                                                  std::span<const float> volumes, std::size_t day) {
  const auto finite = [](double value) {
    return std::isfinite(value) ? static_cast<float>(value) : kMissing;
  };
  std::array<float, kPlantedSignals> values;
  values.fill(kMissing);
  if (day >= 5)
    values[0] =
        finite(-(static_cast<double>(closes[day]) / static_cast<double>(closes[day - 5]) - 1));
  if (day + 1 < kWindow) return values;
  const auto close = closes.subspan(day + 1 - kWindow, kWindow);
  const auto volume = volumes.subspan(day + 1 - kWindow, kWindow);
  values[1] = finite(-zscore_of_last(close) * zscore_of_last(volume));
  values[2] = finite(-mean_of(volume.last(5)) / mean_of(volume));
  return values;
}

std::vector<double> scaled_ranks(std::span<const float> values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isfinite(values[i])) order.push_back(i);
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return values[a] != values[b] ? values[a] < values[b] : a < b;
  });
  std::vector<double> ranks(values.size(), 0);
  const auto n = static_cast<double>(order.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
    const double rank = static_cast<double>(first + last) / 2;
    for (std::size_t k = first; k <= last; ++k)
      ranks[order[k]] = (rank - (n - 1) / 2) / n * 2 * std::numbers::sqrt3;
    first = last + 1;
  }
  return ranks;
}

void measure_signals(SimulatedMarket& simulated) {
  const Panel& panel = simulated.panel;
  const Market market = make_market(panel, {.universe = "csi800"});
  const Labels labels = make_labels(panel, market, {LabelKind::kVwapToVwap, kPlantedHorizon},
                                    {.kind = MaskKind::kMember});
  const Grid<float>& closes = market.field("close");
  const Grid<float>& volumes = market.field("volume");
  const std::size_t n_days = closes.rows(), n_stocks = closes.columns();

  std::array<Grid<float>, kPlantedSignals> values;
  for (auto& grid : values) grid = Grid<float>(n_days, n_stocks, kMissing);
  std::vector<float> close(n_days), volume(n_days);
  for (std::size_t s = 0; s < n_stocks; ++s) {
    for (std::size_t d = 0; d < n_days; ++d) {
      close[d] = closes(d, s);
      volume[d] = volumes(d, s);
    }
    for (std::size_t d = 0; d < n_days; ++d) {
      const auto today = planted_values(close, volume, d);
      for (std::size_t k = 0; k < kPlantedSignals; ++k) values[k](d, s) = today[k];
    }
  }

  Grid<float> combined(n_days, n_stocks, 0), ceiling(n_days, n_stocks, 0);
  for (std::size_t d = 0; d < n_days; ++d)
    for (std::size_t k = 0; k < kPlantedSignals; ++k) {
      std::vector<float> members(values[k].row(d).begin(), values[k].row(d).end());
      for (std::size_t s = 0; s < n_stocks; ++s)
        if (!labels.mask(d, s)) members[s] = kMissing;
      const auto ranks = scaled_ranks(members);
      const double strength = simulated.signals[k].strength[d];
      for (std::size_t s = 0; s < n_stocks; ++s) {
        combined(d, s) += static_cast<float>(ranks[s]);
        ceiling(d, s) += static_cast<float>(ranks[s] * strength);
      }
    }

  for (std::size_t k = 0; k < kPlantedSignals; ++k)
    measure(simulated.signals[k], values[k], labels, panel.calendar);
  simulated.combined.name = "combined";
  measure(simulated.combined, combined, labels, panel.calendar);
  simulated.ceiling.name = "ceiling";
  measure(simulated.ceiling, ceiling, labels, panel.calendar);
}

}  // namespace evofactor
