#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/table.h>
#include <tbb/parallel_for_each.h>

#include <algorithm>

#include "data/synthetic.hpp"
#include "data/synthetic_plan.hpp"
#include "engine/core/error.hpp"
#include "engine/store/atomic_file.hpp"
#include "engine/store/table.hpp"

namespace evofactor {
namespace {

void check(const arrow::Status& status) {
  if (!status.ok()) throw StoreError(fmt::format("simulated table: {}", status.message()));
}

/// Builds a table row by row; columns of text, dates, whole numbers (64 bit) and prices (f32, f64).
class TableWriter {
 public:
  void text(const char* name, const std::vector<std::string>& values) {
    arrow::StringBuilder builder;
    for (const auto& value : values) check(builder.Append(value));
    add(name, arrow::utf8(), builder);
  }
  void dates(const char* name, const std::vector<Date>& values) {
    arrow::Date32Builder builder;
    for (const Date value : values) check(builder.Append(days_since_epoch(value)));
    add(name, arrow::date32(), builder);
  }
  void whole(const char* name, const std::vector<double>& values) {
    arrow::Int64Builder builder;
    for (const double value : values) check(builder.Append(static_cast<std::int64_t>(value)));
    add(name, arrow::int64(), builder);
  }
  void numbers(const char* name, const std::vector<float>& values) {
    arrow::FloatBuilder builder;
    check(builder.AppendValues(values));
    add(name, arrow::float32(), builder);
  }
  void numbers(const char* name, const std::vector<double>& values) {
    arrow::DoubleBuilder builder;
    check(builder.AppendValues(values));
    add(name, arrow::float64(), builder);
  }
  void write(const std::filesystem::path& file) const {
    write_table(file, *arrow::Table::Make(arrow::schema(fields_), columns_));
  }

 private:
  void add(const char* name, const std::shared_ptr<arrow::DataType>& type,
           arrow::ArrayBuilder& builder) {
    std::shared_ptr<arrow::Array> array;
    check(builder.Finish(&array));
    fields_.push_back(arrow::field(name, type));
    columns_.push_back(array);
  }
  std::vector<std::shared_ptr<arrow::Field>> fields_;
  std::vector<std::shared_ptr<arrow::Array>> columns_;
};

void write_prices(const Panel& panel, DayRange days, const std::filesystem::path& file) {
  std::vector<Date> dates;
  std::vector<std::string> codes;
  std::vector<std::pair<int, int>> cells;
  for (int d = days.first; d < days.last; ++d)
    for (int s = 0; s < panel.n_stocks(); ++s)
      if (panel.traded(d, s)) {
        cells.emplace_back(d, s);
        dates.push_back(panel.calendar[d]);
        codes.push_back(panel.stocks[static_cast<std::size_t>(s)]);
      }
  const auto column = [&](const char* field) {
    const Grid<float>& grid = panel.field(field);
    std::vector<float> values;
    values.reserve(cells.size());
    for (const auto& [d, s] : cells)
      values.push_back(grid(static_cast<std::size_t>(d), static_cast<std::size_t>(s)));
    return values;
  };
  TableWriter table;
  table.dates("date", dates);
  table.text("code", codes);
  for (const char* field : {"open", "high", "low", "close", "vwap"})
    table.numbers(field, column(field));
  const auto volume = column("volume");
  table.whole("volume", std::vector<double>(volume.begin(), volume.end()));
  table.numbers("adj_factor", column("adj_factor"));
  table.write(file);
}

void write_years(const Panel& panel, const std::filesystem::path& folder) {
  std::vector<DayRange> years;
  for (int first = 0; first < panel.n_days(); first = years.back().last)
    years.push_back(
        {first, panel.calendar.at_or_after((panel.calendar[first] / 10000 + 1) * 10000 + 101)});
  tbb::parallel_for_each(years, [&](DayRange year) {
    write_prices(panel, year,
                 folder / fmt::format("csi_daily_{}.csv.gz", panel.calendar[year.first] / 10000));
  });
}

void write_members(const SimulatedMarket& market, const std::filesystem::path& file) {
  std::vector<std::string> codes, indices;
  std::vector<Date> starts, ends;
  for (const auto& m : market.members) {
    codes.push_back(market.panel.stocks[static_cast<std::size_t>(m.stock)]);
    starts.push_back(m.start);
    ends.push_back(m.end);
    indices.push_back(m.index);
  }
  TableWriter table;
  table.text("code", codes);
  table.dates("start", starts);
  table.dates("end", ends);
  table.text("index", indices);
  table.write(file);
}

void write_indices(const Panel& panel, const std::filesystem::path& file) {
  std::vector<Date> dates;
  std::vector<std::string> codes;
  std::vector<double> open, high, low, close, volume;
  for (std::size_t d = 0; d < static_cast<std::size_t>(panel.n_days()); ++d)
    for (const auto& [code, series] : panel.indices) {
      dates.push_back(panel.calendar[static_cast<int>(d)]);
      codes.push_back(code);
      open.push_back(series.open[d]);
      high.push_back(series.high[d]);
      low.push_back(series.low[d]);
      close.push_back(series.close[d]);
      volume.push_back(series.volume[d]);
    }
  TableWriter table;
  table.dates("date", dates);
  table.text("code", codes);
  table.numbers("open", open);
  table.numbers("high", high);
  table.numbers("low", low);
  table.numbers("close", close);
  table.whole("volume", volume);
  table.write(file);
}

void write_shares(const SimulatedMarket& market, const std::filesystem::path& file) {
  auto changes = market.shares;
  std::ranges::stable_sort(changes, {},
                           [](const ShareChange& c) { return std::pair(c.stock, c.date); });
  std::vector<std::string> codes;
  std::vector<Date> dates;
  std::vector<double> float_shares, total_shares;
  for (const auto& c : changes) {
    codes.push_back(market.panel.stocks[static_cast<std::size_t>(c.stock)]);
    dates.push_back(c.date);
    float_shares.push_back(c.float_shares);
    total_shares.push_back(c.total_shares);
  }
  TableWriter table;
  table.text("code", codes);
  table.dates("date", dates);
  table.whole("float_shares", float_shares);
  table.whole("total_shares", total_shares);
  table.write(file);
}

void write_names(const SimulatedMarket& market, const std::filesystem::path& file) {
  std::vector<std::string> codes, names;
  std::vector<Date> starts;
  for (const auto& change : market.status.names) {
    codes.push_back(market.panel.stocks[static_cast<std::size_t>(change.stock)]);
    starts.push_back(change.start);
    names.push_back(change.name);
  }
  TableWriter table;
  table.text("code", codes);
  table.dates("start", starts);
  table.text("name", names);
  table.write(file);
}

void write_industries(const SimulatedMarket& market, const std::filesystem::path& file) {
  const Panel& panel = market.panel;
  std::vector<std::string> industries;
  for (const std::int16_t industry : panel.industry)
    industries.push_back(panel.industry_names[static_cast<std::size_t>(industry)]);
  TableWriter table;
  table.text("code", panel.stocks);
  table.text("industry", industries);
  table.dates("list_date", market.status.list_dates);
  table.text("source", std::vector<std::string>(panel.stocks.size(), "simulated"));
  table.write(file);
}

Json signal_json(const PlantedSignal& signal) {
  Json by_year;
  for (const auto& [year, value] : signal.rank_ic_by_year) by_year[std::to_string(year)] = value;
  return {{"rank_ic", {{"mean", signal.mean_rank_ic}, {"by_year", by_year}}}};
}

}  // namespace

Json truth_json(const SimulatedMarket& market) {
  Json signals = Json::array();
  for (const auto& signal : market.signals) {
    Json entry{{"name", signal.name}, {"formula", signal.formula}, {"kind", signal.kind}};
    Json strength;
    const int days = market.panel.n_days();
    for (int d = 0; d < days; ++d)
      if (d + 1 == days || market.panel.calendar[d] / 10000 != market.panel.calendar[d + 1] / 10000)
        strength[std::to_string(market.panel.calendar[d] / 10000)] =
            signal.strength[static_cast<std::size_t>(d)];
    entry["strength_at_year_end"] = strength;
    entry.update(signal_json(signal));
    signals.push_back(entry);
  }
  Json combined = signal_json(market.combined), ceiling = signal_json(market.ceiling);
  combined["what"] = "mean of the signals' ranks over the mask";
  ceiling["what"] = "the signals' ranks weighted by their strength of the day";
  return {{"settings",
           {{"stocks", market.settings.stocks},
            {"universe", market.settings.universe},
            {"days", market.settings.days},
            {"seed", market.settings.seed.value}}},
          {"measured",
           {{"label", "vwap_to_vwap"},
            {"horizon", 5},
            {"mask", "member"},
            {"universe", "csi800"},
            {"suspended", "carry"}}},
          {"signals", signals},
          {"combined", combined},
          {"ceiling", ceiling}};
}

void write_simulation(const SimulatedMarket& market, const std::filesystem::path& folder) {
  write_years(market.panel, folder);
  write_members(market, folder / "constituents.csv");
  write_indices(market.panel, folder / "index_daily.csv");
  write_shares(market, folder / "shares.csv.gz");
  write_names(market, folder / "names.csv.gz");
  write_industries(market, folder / "industry.csv");
  write_text(folder / "truth.json", truth_json(market).dump(2) + "\n");
}

}  // namespace evofactor
