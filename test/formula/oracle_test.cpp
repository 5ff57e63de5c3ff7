#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "data/import.hpp"
#include "data/market.hpp"
#include "engine/core/json.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "fitness/rank_ic.hpp"

namespace evofactor::formula {
namespace {

namespace fs = std::filesystem;

fs::path path_or(const char* variable, const char* otherwise) {
  const char* value = std::getenv(variable);
  return value != nullptr ? value : fs::path(EVOFACTOR_SOURCE_DIR) / otherwise;
}

/// Three years of the real data and their side files.
Panel read_real_panel(const fs::path& folder) {
  ImportOptions options;
  for (const char* year : {"2017", "2018", "2019"})
    options.inputs.push_back(folder / (std::string("csi800_daily_") + year + ".csv.gz"));
  options.constituents = folder / "constituents.csv";
  options.index_daily = folder / "index_daily.csv";
  options.shares = folder / "shares.csv.gz";
  options.names = folder / "names.csv.gz";
  options.industry = folder / "industry.csv";
  ImportReport report;
  return import_panel(options, report);
}

BOOST_AUTO_TEST_SUITE(oracle)

// Cells and rank ICs that another program computed in float64, cell by cell, from the same files.
// Prices in f32 move a few cells further than 1e-3: adjusted closes that differ by 5e-7 are equal
// or reversed (which moves a rank by half a stock), and a skewness near 0 is a difference of larger
// sums.
BOOST_AUTO_TEST_CASE(formulas_on_real_data_agree_with_an_independent_program,
                     *boost::unit_test::label("slow")) {
  const fs::path file = path_or("EVOFACTOR_ORACLE", "../shared/oracle/formulas.json");
  const fs::path data = path_or("EVOFACTOR_DATA", "../shared/data");
  if (!fs::exists(file) || !fs::exists(data / "constituents.csv")) {
    BOOST_TEST_MESSAGE("skipped: no reference values at " << file << " or no data at " << data);
    return;
  }
  std::ifstream stream(file);
  const Json oracle = Json::parse(stream);
  const Json& setup = oracle.at("panel");
  const Panel panel = read_real_panel(data);
  const Market market = make_market(panel, {.universe = "csi800",
                                            .suspended = Suspended::kMissing,
                                            .cross_section = CrossSection::kUniverse});
  const LabelSettings label{LabelKind::kVwapToVwap, setup.at("horizon").get<int>()};
  const Labels labels = make_labels(panel, market, label, {.kind = MaskKind::kMember});
  const fitness::RankIcScorer scorer(labels, label.horizon,
                                     {.min_stocks = setup.at("min_stocks").get<int>()});
  const Calendar& calendar = market.calendar;
  const DayRange days{calendar.at_or_after(parse_date(setup.at("first").get<std::string>())),
                      calendar.at_or_before(parse_date(setup.at("last").get<std::string>())) + 1};
  BOOST_REQUIRE_EQUAL(days.size(), setup.at("days").get<int>());
  std::map<std::string, std::size_t> stock_of;
  for (std::size_t s = 0; s < market.stocks.size(); ++s) stock_of[market.stocks[s]] = s;

  double worst_cell = 0;
  double worst_rank_ic = 0;
  int cells = 0;
  int far_cells = 0;
  for (const Json& entry : oracle.at("formulas")) {
    const auto text = entry.at("formula").get<std::string>();
    BOOST_TEST_CONTEXT(text) {
      const FactorValues factor = evaluate(parse_or_throw(text), market, days);
      double size = 0;
      int n = 0;
      for (const Json& cell : entry.at("cells"))
        if (!cell.at(2).is_null()) {
          size += std::abs(cell.at(2).get<double>());
          ++n;
        }
      size /= std::max(n, 1);
      for (const Json& cell : entry.at("cells")) {
        const int day = calendar.at_or_after(parse_date(cell.at(0).get<std::string>()));
        const auto got =
            static_cast<double>(factor.day(day)[stock_of.at(cell.at(1).get<std::string>())]);
        if (cell.at(2).is_null()) {
          BOOST_CHECK_MESSAGE(std::isnan(got), cell.dump() << ": got " << got);
          continue;
        }
        const auto want = cell.at(2).get<double>();
        const double error = std::abs(got - want);
        ++cells;
        const bool fine = error <= 1e-3 * std::abs(want) || error <= 1e-6 * size;
        if (!fine) {
          ++far_cells;
          BOOST_TEST_MESSAGE(text << ' ' << cell.dump() << ": got " << got);
        }
        BOOST_CHECK_MESSAGE(fine || error <= 1e-2 * std::abs(want), cell.dump() << ": got " << got);
        if (error > 1e-6 * size) worst_cell = std::max(worst_cell, error / std::abs(want));
      }
      const fitness::ScoreSummary score = scorer.score(factor, days);
      const double difference =
          std::abs(score.rank_ic.mean - entry.at("rank_ic_mean").get<double>());
      worst_rank_ic = std::max(worst_rank_ic, difference);
      BOOST_CHECK_LE(difference, 1e-4);
      BOOST_CHECK_CLOSE(score.rank_ic.std, entry.at("rank_ic_std").get<double>(), 1);
      BOOST_CHECK_EQUAL(score.days, entry.at("days").get<int>());
      BOOST_CHECK_CLOSE(score.mean_stocks, entry.at("mean_stocks").get<double>(), 0.1);
    }
  }
  BOOST_CHECK_LE(far_cells, cells / 200);
  BOOST_TEST_MESSAGE(far_cells << " of " << cells << " cells beyond 1e-3; worst cell " << worst_cell
                               << " relative, worst mean rank IC " << worst_rank_ic);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::formula
