#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "data/market.hpp"
#include "engine/formula/functions.hpp"

namespace evofactor::test {

/// [D][N] in double, NaN = missing.
using Values = std::vector<std::vector<double>>;
using Window = std::vector<double>;  ///< oldest first

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

inline double mean_of(const Window& w) {
  double sum = 0;
  for (const double v : w) sum += v;
  return sum / static_cast<double>(w.size());
}
inline bool is_constant(const Window& w) {
  return std::ranges::all_of(w, [&](double v) { return v == w.front(); });
}
/// Mean of the k-th powers of the deviations from the mean.
inline double central(const Window& w, int k) {
  const double m = is_constant(w) ? w.front() : mean_of(w);
  double sum = 0;
  for (const double v : w) sum += std::pow(v - m, k);
  return sum / static_cast<double>(w.size());
}
inline double variance_of(const Window& w) {
  const auto n = static_cast<double>(w.size());
  return is_constant(w) ? 0 : central(w, 2) * n / (n - 1);
}
inline double covariance_of(const Window& x, const Window& y) {
  if (is_constant(x) || is_constant(y)) return 0;
  const double mx = mean_of(x);
  const double my = mean_of(y);
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += (x[i] - mx) * (y[i] - my);
  return sum / static_cast<double>(x.size() - 1);
}
inline Window times(std::size_t n) {
  Window t(n);
  for (std::size_t i = 0; i < n; ++i) t[i] = static_cast<double>(i);
  return t;
}
inline double weighted_mean(const Window& w, double q) {
  double sum = 0;
  double weights = 0;
  double weight = 1;
  for (std::size_t i = w.size(); i-- > 0; weight *= q) {
    sum += weight * w[i];
    weights += weight;
  }
  return sum / weights;
}
inline double quantile_of(Window w, double q) {
  std::ranges::sort(w);
  const double position = q * static_cast<double>(w.size() - 1);
  const auto low = static_cast<std::size_t>(position);
  const std::size_t high = std::min(low + 1, w.size() - 1);
  return w[low] + (position - static_cast<double>(low)) * (w[high] - w[low]);
}
inline double average_rank(const Window& w, double value) {
  double below = 0;
  double equal = 0;
  for (const double v : w) {
    below += v < value;
    equal += v == value;
  }
  return below + (equal + 1) / 2;
}

/// Value of a window function by its definition; `x` and, for pairs, `y` are complete windows.
inline double window_value(formula::Fn fn, const Window& x, const Window& y, double parameter) {
  using formula::Fn;
  const auto n = static_cast<double>(x.size());
  const double today = x.back();
  const Window t = times(x.size());
  const double tt = variance_of(t);
  const double mean = is_constant(x) ? today : mean_of(x);
  const auto days_since = [&](auto better) {
    std::size_t best = x.size() - 1;
    for (std::size_t i = x.size() - 1; i-- > 0;)
      if (better(x[i], x[best])) best = i;
    return n - 1 - static_cast<double>(best);
  };
  const double deviation = std::sqrt(variance_of(x));
  switch (fn) {
    case Fn::kTsSum:
      return mean_of(x) * n;
    case Fn::kTsMean:
      return mean;
    case Fn::kTsVar:
      return variance_of(x);
    case Fn::kTsStd:
      return deviation;
    case Fn::kTsSkew:
      if (is_constant(x)) return kNan;
      return std::sqrt(n * (n - 1)) / (n - 2) * central(x, 3) / std::pow(central(x, 2), 1.5);
    case Fn::kTsKurt:
      if (is_constant(x)) return kNan;
      return (n - 1) / ((n - 2) * (n - 3)) *
             ((n + 1) * central(x, 4) / std::pow(central(x, 2), 2) - 3 * (n - 1));
    case Fn::kTsMeanstd:
      return is_constant(x) ? kNan : mean / deviation;
    case Fn::kTsZscore:
      return is_constant(x) ? kNan : (today - mean) / deviation;
    case Fn::kTsMad: {
      double sum = 0;
      for (const double v : x) sum += std::abs(v - mean);
      return sum / n;
    }
    case Fn::kTsProduct: {
      double product = 1;
      for (const double v : x) product *= v;
      return product;
    }
    case Fn::kTsMax:
      return *std::ranges::max_element(x);
    case Fn::kTsMin:
      return *std::ranges::min_element(x);
    case Fn::kTsMedian:
      return quantile_of(x, 0.5);
    case Fn::kTsQuantile:
      return quantile_of(x, parameter);
    case Fn::kTsArgmax:
      return days_since([](double a, double b) { return a > b; });
    case Fn::kTsArgmin:
      return days_since([](double a, double b) { return a < b; });
    case Fn::kTsRank:
      return average_rank(x, today) / n;
    case Fn::kDecayLinear: {
      double sum = 0;
      for (std::size_t i = 0; i < x.size(); ++i) sum += (static_cast<double>(i) + 1) * x[i];
      return sum / (n * (n + 1) / 2);
    }
    case Fn::kEma:
      return weighted_mean(x, 1 - 2 / (n + 1));
    case Fn::kWilder:
      return weighted_mean(x, 1 - 1 / n);
    case Fn::kTsCov:
      return covariance_of(x, y);
    case Fn::kTsCorr:
      if (is_constant(x) || is_constant(y)) return kNan;
      return std::clamp(covariance_of(x, y) / std::sqrt(variance_of(x) * variance_of(y)), -1.0,
                        1.0);
    case Fn::kTsSlope:
      return covariance_of(t, x) / tt;
    case Fn::kTsResid:
      return today - mean - covariance_of(t, x) / tt * (n - 1) / 2;
    case Fn::kTsRsquare:
      if (is_constant(x)) return kNan;
      return std::pow(covariance_of(t, x), 2) / (tt * variance_of(x));
    case Fn::kTsBeta:
      return is_constant(y) ? kNan : covariance_of(x, y) / variance_of(y);
    case Fn::kTsAlpha:
      if (is_constant(y)) return kNan;
      return mean - covariance_of(x, y) / variance_of(y) * mean_of(y);
    default:
      throw std::logic_error("the slow reference lacks a window function");
  }
}

inline double elementwise_value(formula::Fn fn, double x, double y, double z, double parameter) {
  using formula::Fn;
  const auto sign = [](double v) { return v > 0 ? 1.0 : v < 0 ? -1.0 : v; };
  const auto both = [&](double value) { return x == x && y == y ? value : kNan; };
  switch (fn) {
    case Fn::kAdd:
      return x + y;
    case Fn::kSub:
      return x - y;
    case Fn::kMul:
      return x * y;
    case Fn::kDiv:
      return x / y;
    case Fn::kNeg:
      return -x;
    case Fn::kAbs:
      return std::abs(x);
    case Fn::kLog:
      return std::log(x);
    case Fn::kSqrt:
      return std::sqrt(x);
    case Fn::kSign:
      return sign(x);
    case Fn::kInv:
      return 1 / x;
    case Fn::kExp:
      return std::exp(x);
    case Fn::kTanh:
      return std::tanh(x);
    case Fn::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case Fn::kSpow:
      return sign(x) * std::pow(std::abs(x), parameter);
    case Fn::kMin:
      return both(std::min(x, y));
    case Fn::kMax:
      return both(std::max(x, y));
    case Fn::kIfElse:
      return x == x ? (x > 0 ? y : z) : kNan;
    case Fn::kGt:
      return both(x > y);
    case Fn::kLt:
      return both(x < y);
    case Fn::kGe:
      return both(x >= y);
    case Fn::kLe:
      return both(x <= y);
    default:
      throw std::logic_error("the slow reference lacks an elementwise function");
  }
}

/// Values of one day of those who are in the cross-section (NaN for the others); `y` is the second
/// operand or empty.
inline std::vector<double> cross_section_values(formula::Fn fn, const std::vector<double>& x,
                                                const std::vector<double>& y, double k,
                                                const std::vector<std::int16_t>& industry) {
  using formula::Fn;
  std::vector<double> out(x.size(), kNan);
  Window w;
  for (const double v : x)
    if (v == v) w.push_back(v);
  if (w.empty()) return out;
  const double mean = is_constant(w) ? w.front() : mean_of(w);
  const double deviation = w.size() < 2 ? kNan : std::sqrt(variance_of(w));
  const double median = quantile_of(w, 0.5);
  double sizes = 0;
  Window from_median;
  for (const double v : w) {
    sizes += std::abs(v);
    from_median.push_back(std::abs(v - median));
  }
  const double mad = quantile_of(from_median, 0.5);
  const auto group = [&](std::size_t s) {
    const auto members = [&](int g) {
      int n = 0;
      for (std::size_t i = 0; i < x.size(); ++i) n += x[i] == x[i] && industry[i] == g;
      return n;
    };
    return members(industry[s]) < 3 ? -1 : industry[s];
  };
  double slope = 0;
  double x_mean = 0;
  double y_mean = 0;
  if (!y.empty()) {
    Window xs, ys;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (x[i] != x[i] || y[i] != y[i]) continue;
      xs.push_back(x[i]);
      ys.push_back(y[i]);
    }
    if (xs.empty()) return out;
    x_mean = mean_of(xs);
    y_mean = mean_of(ys);
    if (!is_constant(ys)) slope = covariance_of(xs, ys) / variance_of(ys);
  }
  for (std::size_t s = 0; s < x.size(); ++s) {
    if (x[s] != x[s]) continue;
    switch (fn) {
      case Fn::kCsRank:
        out[s] = average_rank(w, x[s]) / static_cast<double>(w.size());
        break;
      case Fn::kCsZscore:
        out[s] = is_constant(w) ? kNan : (x[s] - mean) / deviation;
        break;
      case Fn::kCsScale:
        out[s] = x[s] / sizes;
        break;
      case Fn::kCsDemean:
        out[s] = x[s] - mean;
        break;
      case Fn::kCsWinsorize:
        out[s] = std::clamp(x[s], mean - k * deviation, mean + k * deviation);
        break;
      case Fn::kCsMadWinsorize:
        out[s] = std::clamp(x[s], median - k * mad, median + k * mad);
        break;
      case Fn::kCsNeutralize:
        if (y.empty()) {
          Window members;
          for (std::size_t i = 0; i < x.size(); ++i)
            if (x[i] == x[i] && group(i) == group(s)) members.push_back(x[i]);
          out[s] = x[s] - mean_of(members);
        } else if (y[s] == y[s]) {
          out[s] = x[s] - x_mean - slope * (y[s] - y_mean);
        }
        break;
      default:
        throw std::logic_error("the slow reference lacks a cross-sectional function");
    }
  }
  return out;
}

/// One function of fields, cell by cell from its definition. A non-finite result, in f32, is NaN.
inline Values slow_values(formula::Fn fn, int d, double parameter, const Market& market,
                          const std::vector<Values>& operands) {
  using formula::Fn;
  using formula::FnGroup;
  const auto n_days = static_cast<std::size_t>(market.n_days());
  const auto n_stocks = static_cast<std::size_t>(market.n_stocks());
  const auto window = static_cast<std::size_t>(d);
  Values out(n_days, std::vector<double>(n_stocks, kNan));
  const Values& x = operands[0];
  for (std::size_t t = 0; t < n_days; ++t) {
    if (formula::info(fn).group == FnGroup::kCrossSection) {
      std::vector<double> row = x[t];
      for (std::size_t s = 0; s < n_stocks; ++s)
        if (market.cross_section(t, s) == 0) row[s] = kNan;
      out[t] = cross_section_values(fn, row,
                                    operands.size() > 1 ? operands[1][t] : std::vector<double>(),
                                    parameter, market.industry);
    }
    for (std::size_t s = 0; s < n_stocks; ++s) {
      double value = out[t][s];
      switch (formula::info(fn).group) {
        case FnGroup::kCrossSection:
          break;
        case FnGroup::kElementwise:
          value = elementwise_value(fn, x[t][s], operands.size() > 1 ? operands[1][t][s] : 0,
                                    operands.size() > 2 ? operands[2][t][s] : 0, parameter);
          break;
        case FnGroup::kLookBack:
          if (t < window) break;
          if (fn == Fn::kDelay) value = x[t - window][s];
          if (fn == Fn::kDelta) value = x[t][s] - x[t - window][s];
          if (fn == Fn::kTsReturn) value = x[t][s] / x[t - window][s] - 1;
          break;
        default:
          if (fn == Fn::kEwm || fn == Fn::kEwmWilder) {
            if (x[t][s] != x[t][s]) break;
            const double q = 1 - (fn == Fn::kEwm ? 2.0 / (d + 1.0) : 1.0 / d);
            double sum = 0;
            double weights = 0;
            for (std::size_t u = 0; u <= t; ++u) {
              if (x[u][s] != x[u][s]) continue;
              const double weight = std::pow(q, static_cast<double>(t - u));
              sum += weight * x[u][s];
              weights += weight;
            }
            value = sum / weights;
            break;
          }
          if (t + 1 < window) break;
          Window xs, ys;
          for (std::size_t u = t + 1 - window; u <= t; ++u) {
            xs.push_back(x[u][s]);
            ys.push_back(operands.size() > 1 ? operands[1][u][s] : 0);
          }
          const auto missing = [](double v) { return v != v; };
          if (!std::ranges::any_of(xs, missing) && !std::ranges::any_of(ys, missing))
            value = window_value(fn, xs, ys, parameter);
      }
      out[t][s] = std::isfinite(static_cast<float>(value)) ? value : kNan;
    }
  }
  return out;
}

}  // namespace evofactor::test
