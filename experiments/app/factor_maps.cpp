#include "experiments/app/factor_maps.hpp"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "data/panel.hpp"
#include "engine/core/hash.hpp"
#include "engine/core/ids.hpp"
#include "engine/core/json.hpp"
#include "engine/store/atomic_file.hpp"
#include "engine/store/table.hpp"
#include "fitness/factor_distance.hpp"
#include "fitness/factor_map.hpp"
#include "fitness/json.hpp"

namespace evofactor::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFormat = "evofactor.diversity";
constexpr int kVersion = 1;
/// Of a pool, best first: what is drawn stays legible, and time grows with the square of it.
constexpr std::size_t kMostOfAnArm = 50;

/// One search's pool and its test days.
struct Pool {
  const MappedSearch* search = nullptr;
  Json members;  ///< of pool.json, at most kMostOfAnArm
  std::string fingerprint;
  int first = 0, last = 0;  ///< test days, days since 1970
};

fs::path file_of(const MappedSearch& search) { return search.folder / "factors.parquet"; }

int days_of(const Json& date) { return days_since_epoch(parse_date(date.get<std::string>())); }

Pool read_pool(const MappedSearch& search) {
  Json pool = Json::parse(read_text(search.folder / "pool.json"));
  auto& members = pool["members"].get_ref<Json::array_t&>();
  if (members.size() > kMostOfAnArm) members.resize(kMostOfAnArm);
  const Json results = Json::parse(read_text(search.folder / "results.json"));
  const Json& test = results["split"]["test"];
  return {.search = &search,
          .members = pool["members"],
          .fingerprint = pool["panel_fingerprint"],
          .first = days_of(test[0]),
          .last = days_of(test[1])};
}

/// Changes if and only if the map may.
std::uint64_t key_of(const std::vector<Pool>& pools) {
  Hasher hasher;
  hasher.add(kVersion);
  for (const Pool& pool : pools) {
    hasher.add(pool.search->arm).add(pool.fingerprint).add(pool.first).add(pool.last);
    hasher.add(pool.search->min_stocks).add(pool.members.size());
    for (const Json& member : pool.members)
      hasher.add(member["id"].get<std::int64_t>()).add(member["hash"].get<std::string>());
  }
  return hasher.value();
}

/// The only array of a column. @throws DataError if it is not there or of another type
template <class Array>
std::shared_ptr<Array> column(const arrow::Table& table, const std::string& name,
                              const fs::path& file) {
  const auto chunks = table.GetColumnByName(name);
  auto array = chunks && chunks->num_chunks() == 1
                   ? std::dynamic_pointer_cast<Array>(chunks->chunk(0))
                   : nullptr;
  if (!array) throw DataError(fmt::format("{}: no readable column {}", file.string(), name));
  return array;
}

/// Values of the factors of several pools on one grid of days and stocks.
class Values {
 public:
  explicit Values(const std::vector<Pool>& pools) {
    std::vector<Table> tables;
    tables.reserve(pools.size());
    for (const Pool& pool : pools) tables.push_back(read(pool));
    for (auto& [_, place] : days_) place = n_days_++;
    for (auto& [_, place] : stocks_) place = n_stocks_++;
    mask_ = Grid<std::uint8_t>(n_days_, n_stocks_);
    for (std::size_t p = 0; p < pools.size(); ++p) add(pools[p], tables[p]);
  }
  [[nodiscard]] const Grid<std::uint8_t>& mask() const { return mask_; }
  [[nodiscard]] DayRange days() const { return {0, static_cast<int>(n_days_)}; }
  /// [factors of all pools]
  [[nodiscard]] std::vector<FactorView> factors() const {
    std::vector<FactorView> views;
    for (const Grid<float>& grid : values_)
      views.emplace_back(days(), grid.data(), grid.stride(), grid.columns());
    return views;
  }

 private:
  struct Table {
    std::shared_ptr<arrow::Table> table;
    std::shared_ptr<arrow::Date32Array> dates;
    std::shared_ptr<arrow::StringArray> codes;
  };

  static bool is_test(const Pool& pool, int day) { return day >= pool.first && day <= pool.last; }

  Table read(const Pool& pool) {
    const fs::path file = file_of(*pool.search);
    const auto whole = read_table(file)->CombineChunks();
    if (!whole.ok()) throw StoreError(whole.status().ToString());
    Table table{*whole, column<arrow::Date32Array>(**whole, "date", file),
                column<arrow::StringArray>(**whole, "code", file)};
    for (std::int64_t row = 0; row < table.dates->length(); ++row)
      if (is_test(pool, table.dates->Value(row))) {
        days_.try_emplace(table.dates->Value(row), 0);
        stocks_.try_emplace(table.codes->GetString(row), 0);
      }
    return table;
  }

  void add(const Pool& pool, const Table& table) {
    struct Cell {
      std::int64_t row;
      std::size_t day, stock;
    };
    std::vector<Cell> cells;
    for (std::int64_t row = 0; row < table.dates->length(); ++row)
      if (is_test(pool, table.dates->Value(row))) {
        cells.push_back(
            {row, days_.at(table.dates->Value(row)), stocks_.at(table.codes->GetString(row))});
        mask_(cells.back().day, cells.back().stock) = 1;
      }
    for (const Json& member : pool.members) {
      const auto array = column<arrow::FloatArray>(
          *table.table, fmt::format("f_{}", member["id"].get<std::int64_t>()),
          file_of(*pool.search));
      Grid<float>& grid = values_.emplace_back(n_days_, n_stocks_, kMissing);
      for (const Cell& cell : cells)
        if (!array->IsNull(cell.row)) grid(cell.day, cell.stock) = array->Value(cell.row);
    }
  }

  std::map<int, std::size_t> days_;  ///< since 1970, to rows
  std::map<std::string, std::size_t> stocks_;
  std::size_t n_days_ = 0, n_stocks_ = 0;
  Grid<std::uint8_t> mask_;
  std::vector<Grid<float>> values_;
};

Json place_json(const fitness::FactorMap::Place& place) {
  return {fitness::number_or_null(place.x), fitness::number_or_null(place.y)};
}

/// @param pools at least one factor together
Json map_of(const std::vector<Pool>& pools) {
  const Values values(pools);
  int min_stocks = 0;
  std::vector<int> family;
  for (std::size_t p = 0; p < pools.size(); ++p) {
    min_stocks = std::max(min_stocks, pools[p].search->min_stocks);
    family.insert(family.end(), pools[p].members.size(), static_cast<int>(p));
  }
  const fitness::FactorDistances distances =
      fitness::factor_distances(values.factors(), values.mask(), values.days(), min_stocks);
  const fitness::FactorMap map = fitness::map_factors(distances.distance, family);

  Json json = {{"seed", pools.front().search->seed},
               {"fold", pools.front().search->fold},
               {"key", to_hex(key_of(pools))},
               {"days", distances.days},
               {"k", fitness::kFactorGroups},
               {"value", fitness::number_or_null(map.diversity)},
               {"clusters", Json::array()},
               {"arms", Json::array()},
               {"factors", Json::array()}};
  for (std::size_t c = 0; c < map.centres.size(); ++c) {
    Json between = Json::array();
    for (const double distance : map.between.row(c)) between.push_back(distance);
    json["clusters"].push_back({{"factors", std::ranges::count(map.cluster, static_cast<int>(c))},
                                {"place", place_json(map.centres[c])},
                                {"spread", map.spread[c]},
                                {"distances", between}});
  }
  std::size_t factor = 0;
  for (std::size_t p = 0; p < pools.size(); ++p) {
    if (pools[p].members.empty()) continue;
    const fitness::FactorMap::Family& of_arm = map.families[p];
    json["arms"].push_back({{"arm", pools[p].search->arm},
                            {"factors", of_arm.factors},
                            {"spread", fitness::number_or_null(of_arm.spread)},
                            {"overlap", fitness::number_or_null(of_arm.overlap)}});
    for (const Json& member : pools[p].members) {
      const int cluster = map.cluster[factor];
      json["factors"].push_back({{"arm", pools[p].search->arm},
                                 {"id", member["id"]},
                                 {"cluster", cluster < 0 ? Json() : Json(cluster)},
                                 {"place", place_json(map.places[factor])}});
      ++factor;
    }
  }
  return json;
}

/// Maps of the file by their keys; none if there is no file that can be read.
std::map<std::string, Json> stored_maps(const fs::path& file) {
  std::map<std::string, Json> maps;
  if (!fs::exists(file)) return maps;
  const Json there = Json::parse(read_text(file), nullptr, false);
  if (there.is_object() && there.contains("maps") && there["maps"].is_array())
    for (const Json& map : there["maps"])
      if (map.is_object()) maps[map.value("key", "")] = map;
  return maps;
}

}  // namespace

void write_factor_maps(const fs::path& folder, const std::vector<MappedSearch>& searches) {
  const fs::path file = folder / "diversity.json";
  const std::map<std::string, Json> stored = stored_maps(file);
  std::map<std::pair<std::int64_t, int>, std::vector<Pool>> together;
  for (const MappedSearch& search : searches)
    if (fs::exists(file_of(search)))
      together[{search.seed, search.fold}].push_back(read_pool(search));
  Json maps = Json::array();
  for (const auto& [_, pools] : together) {
    if (std::ranges::all_of(pools, [](const Pool& p) { return p.members.empty(); })) continue;
    const auto found = stored.find(to_hex(key_of(pools)));
    maps.push_back(found != stored.end() ? found->second : map_of(pools));
  }
  write_text(file,
             Json({{"format", kFormat}, {"version", kVersion}, {"maps", maps}}).dump() + "\n");
}

}  // namespace evofactor::app
