#include "data/synthetic.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "data/import.hpp"
#include "data/market.hpp"
#include "test/support/temporary_folder.hpp"

namespace evofactor {
namespace {

const SimulationSettings kSmall{.stocks = 300, .universe = 240, .days = 500, .seed = Seed{5}};

const SimulatedMarket& small() {
  static const SimulatedMarket market = simulate(kSmall);
  return market;
}

bool same(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }
bool same(const Grid<float>& a, const Grid<float>& b) {
  if (a.rows() != b.rows() || a.columns() != b.columns()) return false;
  for (std::size_t d = 0; d < a.rows(); ++d)
    for (std::size_t s = 0; s < a.columns(); ++s)
      if (!same(a(d, s), b(d, s))) return false;
  return true;
}

/// Adjusted daily log returns of stocks that traded on both days, stock by stock.
std::vector<std::vector<double>> log_returns(const Panel& panel) {
  const auto& close = panel.field("close");
  const auto& factor = panel.field("adj_factor");
  std::vector<std::vector<double>> all(panel.stocks.size());
  for (std::size_t s = 0; s < panel.stocks.size(); ++s)
    for (std::size_t d = 1; d < close.rows(); ++d) {
      const double growth = static_cast<double>(close(d, s) * factor(d, s)) /
                            static_cast<double>(close(d - 1, s) * factor(d - 1, s));
      if (std::isfinite(growth) && panel.listed_days(d, s) > 1) all[s].push_back(std::log(growth));
    }
  return all;
}

BOOST_AUTO_TEST_SUITE(synthetic)

BOOST_AUTO_TEST_CASE(equal_seeds_give_equal_markets_and_others_do_not) {
  const SimulationSettings settings{.stocks = 40, .universe = 30, .days = 120, .seed = Seed{7}};
  const Panel first = simulate_panel(settings), second = simulate_panel(settings);
  for (const auto& [name, grid] : first.fields) BOOST_TEST(same(grid, second.field(name)), name);
  BOOST_TEST(first.fingerprint == second.fingerprint);
  const Panel other = simulate_panel({.stocks = 40, .universe = 30, .days = 120, .seed = Seed{8}});
  BOOST_TEST(!same(first.field("close"), other.field("close")));
  BOOST_TEST(first.fingerprint != other.fingerprint);
}

BOOST_AUTO_TEST_CASE(the_written_market_imports_as_the_panel_it_was_written_from) {
  const SimulatedMarket market =
      simulate({.stocks = 60, .universe = 45, .days = 300, .seed = Seed{3}});
  const test::TemporaryFolder folder;
  write_simulation(market, folder.path());
  ImportReport report;
  ImportOptions options;
  options.inputs = {folder.path()};
  const Panel panel = import_panel(options, report);
  BOOST_TEST(report.made_missing.empty());
  BOOST_TEST((panel.calendar == market.panel.calendar));
  BOOST_TEST((panel.stocks == market.panel.stocks));
  for (const auto& [name, grid] : market.panel.fields) {
    BOOST_TEST_REQUIRE(panel.has(name), name);
    if (!name.ends_with("_shares")) {
      BOOST_TEST(same(grid, panel.field(name)), name);
      continue;
    }
    for (std::size_t d = 0; d < grid.rows(); ++d)  // shares may be known on days without a row too
      for (std::size_t s = 0; s < grid.columns(); ++s)
        BOOST_TEST((std::isnan(grid(d, s)) || grid(d, s) == panel.field(name)(d, s)));
  }
  for (const char* universe : {"csi300", "csi500", "csi800"})
    for (std::size_t d = 0; d < 300; ++d)
      for (std::size_t s = 0; s < 60; ++s)
        if (market.panel.traded(static_cast<int>(d), static_cast<int>(s)))
          BOOST_TEST(panel.universes.at(universe)(d, s) ==
                     market.panel.universes.at(universe)(d, s));
  BOOST_TEST((panel.st == market.panel.st));
  BOOST_TEST(same(panel.limit_up, market.panel.limit_up));
  BOOST_TEST(same(panel.limit_down, market.panel.limit_down));
  for (std::size_t s = 0; s < 60; ++s)
    BOOST_TEST(panel.industry_names[static_cast<std::size_t>(panel.industry[s])] ==
               market.panel.industry_names[static_cast<std::size_t>(market.panel.industry[s])]);
  BOOST_TEST(panel.indices.size() == 3U);
}

BOOST_AUTO_TEST_CASE(no_price_lies_beyond_its_limits_and_some_days_are_locked) {
  const Panel& panel = small().panel;
  int at_limit_days = 0, locked = 0;
  for (std::size_t d = 0; d < static_cast<std::size_t>(panel.n_days()); ++d)
    for (std::size_t s = 0; s < panel.stocks.size(); ++s) {
      const float open = panel.field("open")(d, s), high = panel.field("high")(d, s),
                  low = panel.field("low")(d, s), close = panel.field("close")(d, s),
                  vwap = panel.field("vwap")(d, s);
      if (std::isnan(close)) continue;
      BOOST_TEST_REQUIRE(
          (low > 0 && low <= std::min(open, close) && high >= std::max(open, close)));
      BOOST_TEST_REQUIRE((low <= vwap && vwap <= high));
      BOOST_TEST_REQUIRE(panel.field("volume")(d, s) > 0);
      const float up = panel.limit_up(d, s), down = panel.limit_down(d, s);
      BOOST_TEST_REQUIRE((std::isnan(up) || (high < up + 0.005F && low > down - 0.005F)));
      if (at_limit(close, up) || at_limit(close, down)) {
        ++at_limit_days;
        locked += high == low;
      }
    }
  BOOST_TEST(at_limit_days > 50);
  BOOST_TEST(locked > 5);
}

BOOST_AUTO_TEST_CASE(returns_have_heavy_tails_and_volatility_clusters) {
  double n = 0, second = 0, fourth = 0, lagged = 0, size = 0, size_squared = 0, pairs = 0;
  for (const auto& column : log_returns(small().panel)) {
    for (const double r : column) {
      ++n;
      second += r * r;
      fourth += r * r * r * r;
      size += std::abs(r);
      size_squared += r * r;
    }
  }
  const double mean_size = size / n, variance = size_squared / n - mean_size * mean_size;
  for (const auto& column : log_returns(small().panel))
    for (std::size_t i = 5; i < column.size(); ++i) {
      lagged += (std::abs(column[i]) - mean_size) * (std::abs(column[i - 5]) - mean_size);
      ++pairs;
    }
  BOOST_TEST(fourth / n / (second / n * second / n) > 4);  // normal: 3; price limits cut the tails
  BOOST_TEST(lagged / pairs / variance > 0.05);
  BOOST_TEST(std::sqrt(second / n) > 0.015);
  BOOST_TEST(std::sqrt(second / n) < 0.04);
}

BOOST_AUTO_TEST_CASE(stocks_are_suspended_listed_delisted_treated_split_and_change_index) {
  const SimulatedMarket& market = small();
  const Panel& panel = market.panel;
  const int last = panel.n_days() - 1;
  int suspensions = 0, listed = 0, delisted = 0, treated = 0, splits = 0;
  for (int s = 0; s < panel.n_stocks(); ++s) {
    listed += panel.listed_days(0, static_cast<std::size_t>(s)) == 0;
    int first_row = -1, last_row = -1;
    for (int d = 0; d <= last; ++d) {
      const auto day = static_cast<std::size_t>(d), stock = static_cast<std::size_t>(s);
      treated += panel.st(day, stock);
      if (!panel.traded(d, s)) continue;
      if (first_row >= 0 && last_row < d - 1) ++suspensions;
      if (first_row < 0) first_row = d;
      if (last_row == d - 1 && d > first_row)
        splits +=
            panel.field("adj_factor")(day, stock) / panel.field("adj_factor")(day - 1, stock) >
            1.2F;
      last_row = d;
    }
    delisted += last_row < last - 200;
  }
  BOOST_TEST(suspensions > 20);
  BOOST_TEST(listed > 5);
  BOOST_TEST(delisted >= 1);
  BOOST_TEST(treated > 100);
  BOOST_TEST(splits > 3);
  int joined = 0, members = 0;
  for (const auto& stay : market.members) joined += stay.start > panel.calendar[0];
  for (std::size_t s = 0; s < panel.stocks.size(); ++s)
    members += panel.universes.at("csi800")(0, s);
  BOOST_TEST(joined > 5);
  BOOST_TEST(members == 240);
}

BOOST_AUTO_TEST_CASE(planted_signals_predict_as_stated) {
  const SimulatedMarket& market = small();
  BOOST_TEST_REQUIRE(market.signals.size() == 3U);
  const auto by_year = [](const PlantedSignal& signal, int year) {
    for (const auto& [y, ic] : signal.rank_ic_by_year)
      if (y == year) return ic;
    return 0.0;
  };
  // Two years of 240 members leave a standard error of about 0.01.
  BOOST_TEST(market.signals[0].mean_rank_ic > 0.02);
  BOOST_TEST(market.signals[0].mean_rank_ic < 0.08);
  BOOST_TEST(market.signals[1].mean_rank_ic > 0.02);
  BOOST_TEST(market.signals[1].mean_rank_ic < 0.08);
  BOOST_TEST(by_year(market.signals[2], 2015) > 0.03);
  BOOST_TEST(by_year(market.signals[2], 2016) < by_year(market.signals[2], 2015));
  BOOST_TEST(market.signals[2].strength.back() == 0);
  BOOST_TEST(market.combined.mean_rank_ic > 0.04);
  BOOST_TEST(market.combined.mean_rank_ic < 0.12);
}

BOOST_AUTO_TEST_CASE(the_truth_states_formulas_and_rank_ics) {
  const SimulatedMarket& market = small();
  const Json truth = truth_json(market);
  BOOST_TEST(truth["signals"].size() == 3U);
  BOOST_TEST(truth["signals"][0]["formula"] == "neg(ts_return(close, 5))");
  BOOST_TEST(truth["signals"][1]["rank_ic"]["mean"] == market.signals[1].mean_rank_ic);
  BOOST_TEST(truth["settings"]["seed"] == 5U);
}

BOOST_AUTO_TEST_CASE(impossible_sizes_are_refused) {
  BOOST_CHECK_EXCEPTION(
      simulate_panel({.stocks = 10, .universe = 30, .days = 5, .seed = Seed{1}}), ConfigError,
      [](const auto& e) {
        return test::contains(e.what(), "--stocks: expected at least 20, got 10") &&
               test::contains(e.what(), "--universe") && test::contains(e.what(), "--days");
      });
}

BOOST_AUTO_TEST_CASE(the_default_market_has_the_stated_strength, *boost::unit_test::label("slow")) {
  const SimulatedMarket market = simulate({});
  for (const std::size_t k : {0U, 1U}) {
    BOOST_TEST(market.signals[k].mean_rank_ic > 0.03);
    BOOST_TEST(market.signals[k].mean_rank_ic < 0.055);
  }
  BOOST_TEST(market.signals[2].mean_rank_ic > 0.02);
  BOOST_TEST(market.combined.mean_rank_ic > 0.055);
  BOOST_TEST(market.combined.mean_rank_ic < 0.10);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor
