#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "data/panel.hpp"
#include "data/status.hpp"
#include "engine/core/ids.hpp"
#include "engine/core/json.hpp"

namespace evofactor {

struct SimulationSettings {
  int stocks = 900;    ///< all that are ever listed
  int universe = 800;  ///< members of csi800; 3/8 of them are csi300, the others csi500
  int days = 1250;     ///< trading days from 2015-01-05
  Seed seed{1};
};

/// A stay of a stock in an index, both dates included.
struct IndexStay {
  int stock = 0;
  Date start = 0, end = 0;
  std::string index;  ///< "000300" or "000905"
};
struct ShareChange {
  int stock = 0;
  Date date = 0;
  double float_shares = 0, total_shares = 0;
};

/// A signal that moves the returns of the days after it, and how well it can be seen.
struct PlantedSignal {
  std::string name;
  std::string formula;  ///< in the formula language; its cross-sectional rank is what moves prices
  std::string kind;     ///< "linear", "interaction" or "decaying"
  std::vector<double>
      strength;             ///< [D] 5-day return of a stock one standard deviation above the mean
  double mean_rank_ic = 0;  ///< over all days of the simulation, as `rank_ic_by_year`
  /// Against vwap_to_vwap labels of 5 days over the members of csi800 that traded.
  std::vector<std::pair<int, double>> rank_ic_by_year;
};

/// A CSI 800-like market with heavy tails, volatility clusters, industries, price limits,
/// suspensions, special treatment, listings and delistings, corporate actions, and planted signals.
struct SimulatedMarket {
  SimulationSettings settings;
  Panel panel;  ///< as an import of the written files gives it, status and universes included
  StatusSources status;  ///< what the panel's status was made from
  std::vector<IndexStay> members;
  std::vector<ShareChange> shares;
  std::vector<PlantedSignal> signals;
  /// Equal-weight mean of the signals' ranks, and the expected return itself: the best any search
  /// can find.
  PlantedSignal combined, ceiling;
};

/// Deterministic for a seed: every draw comes from a generator derived from it and the day or the
/// stock.
/// @throws ConfigError if there are fewer than 20 stocks, 40 days, or more members than stocks
[[nodiscard]] SimulatedMarket simulate(const SimulationSettings& settings);
/// The panel of simulate(), without measuring the signals: for tests.
[[nodiscard]] Panel simulate_panel(const SimulationSettings& settings);

/// truth.json: settings, and formula, strength and rank IC of each signal.
[[nodiscard]] Json truth_json(const SimulatedMarket& market);
/// Writes the market in the import format: csi_daily_<year>.csv.gz, constituents.csv,
/// index_daily.csv, shares.csv.gz, names.csv.gz, industry.csv and truth.json. Makes the folder.
/// @throws StoreError
void write_simulation(const SimulatedMarket& market, const std::filesystem::path& folder);

}  // namespace evofactor
