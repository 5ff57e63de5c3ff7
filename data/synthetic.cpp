#include "data/synthetic.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "data/planted_signals.hpp"
#include "data/synthetic_index.hpp"
#include "data/synthetic_plan.hpp"
#include "engine/core/error.hpp"
#include "engine/core/rng.hpp"

namespace evofactor {
namespace {

constexpr int kMinStocks = 20;
constexpr int kMinDays = 40;
constexpr double kMarketVolatility = 0.012;
constexpr double kIndustryVolatility = 0.006;
constexpr double kSizeVolatility = 0.003;
constexpr double kMarketDrift = 0.0003;
constexpr int kDaysOfYear = 243;
constexpr double kLowestPrice = 2, kHighestPrice = 120;

constexpr const char* kRowFields[] = {"open",   "high",       "low",          "close",       "vwap",
                                      "volume", "adj_factor", "float_shares", "total_shares"};

double to_cents(double price) { return std::round(price * 100) / 100; }

/// What moves all stocks on one day.
struct CommonMove {
  double market = 0, size = 0;
  std::array<double, kIndustries> industry{};
  double agitation = 1;  ///< factor of every volatility of the day
  double activity = 0;   ///< addend of every logarithm of turnover
};

/// GARCH(1,1) market with Student-t shocks; industries and size follow its volatility.
class CommonFactors {
 public:
  CommonMove next(Rng& rng) {
    CommonMove move;
    move.agitation = std::sqrt(std::sqrt(variance_) / kMarketVolatility);
    const double shock = std::sqrt(variance_) * rng.student_t(6);
    variance_ =
        0.03 * kMarketVolatility * kMarketVolatility + 0.09 * shock * shock + 0.88 * variance_;
    move.market = kMarketDrift + shock;
    for (double& r : move.industry) r = kIndustryVolatility * move.agitation * rng.student_t(6);
    move.size = kSizeVolatility * move.agitation * rng.normal();
    activity_ = 0.97 * activity_ + 0.06 * rng.normal();
    move.activity = activity_;
    return move;
  }

 private:
  double variance_ = kMarketVolatility * kMarketVolatility;
  double activity_ = 0;
};

/// One stock from its first to its last day.
struct Stock {
  StockPlan plan;
  double level = 0;      ///< logarithm of the adjusted price before limits and rounding
  double factor = 1;     ///< adj_factor
  double raw_close = 0;  ///< of the last traded day; 0 = none yet
  double float_shares = 0, total_shares = 0;
  double log_volatility = 0, log_turnover = 0;  ///< deviations from the plan's, persistent
  int suspended_until = -1;
  bool action_due = false;
  int age = 0;                         ///< days since the last row
  std::vector<float> closes, volumes;  ///< [D] adjusted, carried over suspended days

  [[nodiscard]] bool listed(int d) const { return d >= plan.first_day && d <= plan.last_day; }
  [[nodiscard]] bool treated(int d) const { return d >= plan.st_first && d < plan.st_last; }
  /// 1 on the first day; a large number for stocks listed before the simulation.
  [[nodiscard]] int listed_day(int d) const {
    return plan.first_day == 0 ? kLongListed : d - plan.first_day + 1;
  }
};

class Simulator {
 public:
  explicit Simulator(const SimulationSettings& settings) {
    market_.settings = settings;
    Panel& panel = market_.panel;
    panel.calendar = simulated_calendar(settings.days);
    panel.source = fmt::format("simulated, seed {}", settings.seed.value);
    panel.industry_names = simulated_industries();
    market_.signals = planted_signals(settings.days);
    const auto rows = static_cast<std::size_t>(settings.days);
    const auto columns = static_cast<std::size_t>(settings.stocks);
    for (const char* field : kRowFields) {
      panel.fields[field] = Grid<float>(rows, columns, kMissing);
      grids_.push_back(&panel.fields[field]);
    }
    pull_ = Grid<double>(rows, columns, 0);
    for (auto& plan : plan_stocks(settings, panel.calendar)) add_stock(std::move(plan));
  }

  SimulatedMarket run() && {
    for (int d = 0; d < market_.settings.days; ++d) {
      Rng rng(derive(market_.settings.seed, "market/day", d));
      if (d == 0 || is_rebalance(d)) rebalance(d);
      const CommonMove common = factors_.next(rng);
      for (std::size_t s = 0; s < stocks_.size(); ++s)
        if (stocks_[s].listed(d)) move(s, d, common, rng);
      plant(d);
    }
    finish();
    return std::move(market_);
  }

 private:
  void add_stock(StockPlan plan) {
    Panel& panel = market_.panel;
    const int s = static_cast<int>(stocks_.size());
    panel.stocks.push_back(plan.code);
    panel.industry.push_back(static_cast<std::int16_t>(plan.industry));
    market_.status.list_dates.push_back(plan.list_date);
    const Date start = panel.calendar[plan.first_day];
    market_.status.names.push_back({s, start, plan.name});
    if (plan.st_first < panel.n_days())
      market_.status.names.push_back({s, panel.calendar[plan.st_first], "*ST" + plan.name});
    if (plan.st_last < panel.n_days())
      market_.status.names.push_back({s, panel.calendar[plan.st_last], plan.name});
    market_.shares.push_back({s, start, plan.float_shares, plan.total_shares});
    Stock stock;
    stock.level = std::log(plan.first_price);
    stock.float_shares = plan.float_shares;
    stock.total_shares = plan.total_shares;
    stock.closes.assign(static_cast<std::size_t>(panel.n_days()), kMissing);
    stock.volumes.assign(static_cast<std::size_t>(panel.n_days()), kMissing);
    stock.plan = std::move(plan);
    stocks_.push_back(std::move(stock));
  }

  /// The first trading day of January and of July.
  [[nodiscard]] bool is_rebalance(int d) const {
    const int month = market_.panel.calendar[d] / 100 % 100;
    const int before = market_.panel.calendar[d - 1] / 100 % 100;
    return month != before && (month == 1 || month == 7);
  }

  void rebalance(int d) {
    constexpr int kMinListedDays = 60;
    std::vector<std::pair<double, int>> eligible;  // by float cap, largest first
    for (std::size_t s = 0; s < stocks_.size(); ++s) {
      const Stock& stock = stocks_[s];
      if (!stock.listed(d) || stock.treated(d) || stock.listed_day(d) < kMinListedDays) continue;
      const double price = stock.raw_close > 0 ? stock.raw_close : stock.plan.first_price;
      eligible.emplace_back(-price * stock.float_shares, static_cast<int>(s));
    }
    std::ranges::sort(eligible);
    const int wanted = std::min(market_.settings.universe, static_cast<int>(eligible.size()));
    const int large = market_.settings.universe * 3 / 8;
    std::vector<int> index_of(stocks_.size(), 0);
    for (int k = 0; k < wanted; ++k)
      index_of[static_cast<std::size_t>(eligible[static_cast<std::size_t>(k)].second)] =
          k < large ? 1 : 2;
    rebalances_.emplace_back(d, std::move(index_of));
  }

  void move(std::size_t s, int d, const CommonMove& common, Rng& rng) {
    Stock& stock = stocks_[s];
    const auto day = static_cast<std::size_t>(d);
    const double common_return = stock.plan.beta * common.market +
                                 common.industry[static_cast<std::size_t>(stock.plan.industry)] +
                                 stock.plan.size * common.size;
    if (stock.plan.dividend_offset == d % kDaysOfYear) stock.action_due = true;
    if (d > stock.plan.first_day && suspended(stock, d, rng)) {
      stock.level += common_return;
      ++stock.age;
      if (stock.raw_close > 0 && stock.age <= kCarriedDays) {
        stock.closes[day] = stock.closes[day - 1];
        stock.volumes[day] = 0;
      }
      return;
    }

    stock.log_volatility = 0.96 * stock.log_volatility + 0.11 * rng.normal();
    const double volatility =
        stock.plan.volatility * common.agitation * std::exp(stock.log_volatility - 0.08);
    const double whole = common_return + volatility * rng.student_t(4);
    // The day in two parts: until its average price (the vwap), and from there to the close.
    const double bridge = 0.5 * volatility * rng.normal();
    const double to_vwap = 0.5 * whole + bridge + pull(s, d, 2);
    const double to_close = 0.5 * whole - bridge + pull(s, d, 1);
    const double at_open = 0.6 * to_vwap + 0.25 * volatility * rng.normal();
    double start = stock.level;
    if (d == stock.plan.first_day && d > 0) start += rng.uniform(0.1, 0.4);
    const double raw_price = std::exp(start) / stock.factor;
    if (raw_price < kLowestPrice) start += 0.003;

    const double reference = corporate_action(s, d, rng);
    const auto percent = limit_percent(stock.plan.code, market_.panel.calendar[d], stock.treated(d),
                                       stock.listed_day(d));
    double low_bound = 0.01, high_bound = 1e9;
    if (percent && stock.raw_close > 0) {
      high_bound = limit_price(reference, 1, *percent);
      low_bound = std::max(0.01, limit_price(reference, 1, -*percent));
    }
    const auto raw = [&](double level) {
      return std::clamp(std::exp(level) / stock.factor, low_bound, high_bound);
    };
    const double levels[] = {start + at_open, start + to_vwap, start + to_vwap + to_close};
    const auto [lowest, highest] = std::minmax({levels[0], levels[1], levels[2]});
    const double open = to_cents(raw(levels[0]));
    const double close = to_cents(raw(levels[2]));
    const double high = to_cents(raw(highest + 0.3 * volatility * std::abs(rng.normal())));
    const double low = to_cents(raw(lowest - 0.3 * volatility * std::abs(rng.normal())));
    const double vwap = std::clamp(std::round(raw(levels[1]) * 1000) / 1000, low, high);
    stock.level = levels[2];

    stock.log_turnover = 0.9 * stock.log_turnover + 0.2 * rng.normal();
    double log_turnover = std::log(stock.plan.turnover) + common.activity + stock.log_turnover +
                          0.35 * std::min(4.0, std::abs(whole) / stock.plan.volatility) +
                          0.25 * rng.normal();
    if (high == low) log_turnover -= 3;  // locked at a limit: few find a counterpart
    const double shares = std::min(0.5, std::exp(log_turnover)) * stock.float_shares;
    const double volume = std::max(100.0, std::round(shares / 100) * 100);

    const double row[] = {
        open, high, low, close, vwap, volume, stock.factor, stock.float_shares, stock.total_shares};
    static_assert(std::size(row) == std::size(kRowFields));
    for (std::size_t k = 0; k < std::size(row); ++k)
      (*grids_[k])(day, s) = static_cast<float>(row[k]);
    stock.raw_close = close;
    stock.age = 0;
    stock.closes[day] = static_cast<float>(close * stock.factor);
    stock.volumes[day] = static_cast<float>(volume / stock.factor);
  }

  /// Draws the start of a suspension; true while one lasts.
  static bool suspended(Stock& stock, int d, Rng& rng) {
    constexpr double kShort = 0.0015, kLong = 0.00008;
    if (d <= stock.suspended_until) return true;
    const double draw = rng.uniform();
    if (draw < kLong)
      stock.suspended_until = d + rng.between(60, 180);
    else if (draw < kLong + kShort)
      stock.suspended_until = d + rng.between(0, 9);
    return d <= stock.suspended_until;
  }

  /// Pays dividends and splits when due. Returns the exchange's reference price, 0 on the first
  /// day.
  double corporate_action(std::size_t s, int d, Rng& rng) {
    Stock& stock = stocks_[s];
    const double before = stock.raw_close;
    if (!stock.action_due || before == 0) return before;
    stock.action_due = false;
    const double cash = rng.chance(0.7) ? to_cents(before * rng.uniform(0.005, 0.03)) : 0;
    double split = 1;
    if (before > kHighestPrice)
      split = 2;
    else if (rng.chance(0.06))
      split = rng.chance(0.5) ? 1.5 : 1.3;
    const bool unlocks = rng.chance(0.15);
    const double reference = to_cents((before - cash) / split);
    // Six decimals, as data vendors give them.
    stock.factor = std::round(stock.factor * before / reference * 1e6) / 1e6;
    if (split > 1 || unlocks) {
      const double locked = stock.total_shares - stock.float_shares;
      stock.float_shares = std::round((stock.float_shares + (unlocks ? 0.3 * locked : 0)) * split);
      stock.total_shares = std::round(stock.total_shares * split);
      market_.shares.push_back(
          {static_cast<int>(s), market_.panel.calendar[d], stock.float_shares, stock.total_shares});
    }
    return reference;
  }

  /// Sets what today's signals will add to the days that follow.
  void plant(int d) {
    const auto day = static_cast<std::size_t>(d);
    std::array<std::vector<float>, kPlantedSignals> values;
    for (auto& column : values) column.assign(stocks_.size(), kMissing);
    for (std::size_t s = 0; s < stocks_.size(); ++s) {
      if (!market_.panel.traded(d, static_cast<int>(s))) continue;
      const auto today = planted_values(stocks_[s].closes, stocks_[s].volumes, day);
      for (std::size_t k = 0; k < kPlantedSignals; ++k) values[k][s] = today[k];
    }
    for (std::size_t k = 0; k < kPlantedSignals; ++k) {
      const auto ranks = scaled_ranks(values[k]);
      for (std::size_t s = 0; s < stocks_.size(); ++s)
        pull_(day, s) += market_.signals[k].strength[day] * ranks[s];
    }
  }

  /// Sum of the pulls of the kPlantedHorizon days that end `lag` days before d, each spread over
  /// the halves of as many days: the vwap to the close with lag 1, the close to the next vwap with
  /// lag 2, so that a signal's whole effect lies between the vwap of the day after it and that of
  /// kPlantedHorizon days later.
  [[nodiscard]] double pull(std::size_t s, int d, int lag) const {
    double sum = 0;
    for (int k = lag; k < lag + kPlantedHorizon && k <= d; ++k)
      sum += pull_(static_cast<std::size_t>(d - k), s);
    return sum / (2 * kPlantedHorizon);
  }

  void finish() {
    Panel& panel = market_.panel;
    const int n_days = panel.n_days();
    const auto rows = static_cast<std::size_t>(n_days);
    for (const char* name : {"csi300", "csi500", "csi800"})
      panel.universes[name] = Grid<std::uint8_t>(rows, stocks_.size(), 0);
    for (std::size_t s = 0; s < stocks_.size(); ++s) {
      int open_index = 0;
      for (std::size_t k = 0; k < rebalances_.size(); ++k) {
        const auto& [first, index_of] = rebalances_[k];
        const int next = k + 1 < rebalances_.size() ? rebalances_[k + 1].first : n_days;
        const int last = std::min(next - 1, stocks_[s].plan.last_day);
        const int index = last >= first ? index_of[s] : 0;
        if (index == 0) {
          open_index = 0;
          continue;
        }
        const Date end = panel.calendar[last];
        if (index == open_index)
          market_.members.back().end = end;
        else
          market_.members.push_back(
              {static_cast<int>(s), panel.calendar[first], end, index == 1 ? "000300" : "000905"});
        open_index = index;
        for (int d = first; d <= last; ++d) {
          panel.universes[index == 1 ? "csi300" : "csi500"](static_cast<std::size_t>(d), s) = 1;
          panel.universes["csi800"](static_cast<std::size_t>(d), s) = 1;
        }
      }
    }
    add_index_series(panel);
    fill_status(panel, market_.status);
    Hasher hasher;
    for (std::size_t d = 0; d < rows; ++d) hasher.add(panel.field("close").row(d));
    panel.fingerprint = hasher.add(std::string_view(panel.source)).value();
  }

  static constexpr int kCarriedDays = 60;
  SimulatedMarket market_;
  std::vector<Grid<float>*> grids_;  ///< of kRowFields, in market_.panel
  CommonFactors factors_;
  std::vector<Stock> stocks_;
  Grid<double> pull_;  ///< [D, N] whole effect of the day's signals on the returns after it
  std::vector<std::pair<int, std::vector<int>>>
      rebalances_;  ///< day; per stock 1 csi300, 2 csi500, 0 neither
};

SimulatedMarket simulate_prices(const SimulationSettings& settings) {
  Problems problems;
  if (settings.stocks < kMinStocks)
    problems.add("simulate: --stocks: expected at least {}, got {}", kMinStocks, settings.stocks);
  if (settings.universe < 2 || settings.universe > settings.stocks)
    problems.add("simulate: --universe: expected 2 to {} (the stocks), got {}", settings.stocks,
                 settings.universe);
  if (settings.days < kMinDays)
    problems.add("simulate: --days: expected at least {}, got {}", kMinDays, settings.days);
  problems.throw_if_any<ConfigError>();
  return Simulator(settings).run();
}

}  // namespace

SimulatedMarket simulate(const SimulationSettings& settings) {
  SimulatedMarket market = simulate_prices(settings);
  measure_signals(market);
  return market;
}

Panel simulate_panel(const SimulationSettings& settings) {
  return std::move(simulate_prices(settings).panel);
}

}  // namespace evofactor
