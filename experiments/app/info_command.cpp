#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "data/market.hpp"
#include "data/panel_store.hpp"
#include "engine/core/ids.hpp"
#include "engine/core/json.hpp"
#include "experiments/app/commands.hpp"

namespace evofactor::app {
namespace {

/// One year of a panel, and of the universe that commands take by default.
struct Year {
  int days = 0;
  std::int64_t rows = 0;
  std::int64_t member_days = 0;
  std::int64_t members_with_row = 0;
  std::vector<char> stocks;  ///< [N] 1 = has a row in the year
};

std::map<int, Year> by_year(const Panel& panel, const Grid<std::uint8_t>* members) {
  std::map<int, Year> years;
  for (int d = 0; d < panel.n_days(); ++d) {
    Year& year = years[panel.calendar[d] / 10000];
    year.stocks.resize(panel.stocks.size(), 0);
    ++year.days;
    for (int s = 0; s < panel.n_stocks(); ++s) {
      const auto stock = static_cast<std::size_t>(s);
      const bool row = panel.traded(d, s);
      const bool member =
          members == nullptr ? row : (*members)(static_cast<std::size_t>(d), stock) != 0;
      year.rows += row ? 1 : 0;
      year.member_days += member ? 1 : 0;
      year.members_with_row += member && row ? 1 : 0;
      if (row) year.stocks[stock] = 1;
    }
  }
  return years;
}

/// Share of the panel's rows on which the field has a value.
double coverage(const Panel& panel, const Grid<float>& field, std::int64_t rows) {
  std::int64_t n = 0;
  for (int d = 0; d < panel.n_days(); ++d)
    for (int s = 0; s < panel.n_stocks(); ++s)
      if (panel.traded(d, s) &&
          !std::isnan(field(static_cast<std::size_t>(d), static_cast<std::size_t>(s))))
        ++n;
  return rows == 0 ? 0.0 : static_cast<double>(n) / static_cast<double>(rows);
}

/// Mean members a day, over days with any.
double mean_members(const Grid<std::uint8_t>& members) {
  std::int64_t total = 0, days = 0;
  for (std::size_t d = 0; d < members.rows(); ++d) {
    std::int64_t n = 0;
    for (const auto member : members.row(d)) n += member;
    total += n;
    days += n > 0 ? 1 : 0;
  }
  return days == 0 ? 0.0 : static_cast<double>(total) / static_cast<double>(days);
}

Json describe(const Panel& panel, const std::string& file) {
  std::vector<std::string> names;
  for (const auto& [name, members] : panel.universes) names.push_back(name);
  const std::string universe = choose_universe(names, "");
  const auto chosen = panel.universes.find(universe);
  const auto years = by_year(panel, chosen == panel.universes.end() ? nullptr : &chosen->second);
  std::int64_t rows = 0;
  for (const auto& [number, year] : years) rows += year.rows;

  Json json{{"panel", file},
            {"fingerprint", to_hex(panel.fingerprint)},
            {"source", panel.source},
            {"days", panel.n_days()},
            {"stocks", panel.n_stocks()},
            {"rows", rows}};
  json["from"] = panel.n_days() > 0 ? Json(to_string(panel.calendar[0])) : Json();
  json["to"] = panel.n_days() > 0 ? Json(to_string(panel.calendar[panel.n_days() - 1])) : Json();
  for (const auto& [name, field] : panel.fields)
    json["fields"][name] = {{"coverage", coverage(panel, field, rows)}};
  json["universes"] = Json::object();
  for (const auto& [name, members] : panel.universes)
    json["universes"][name] = {{"mean_members", mean_members(members)}};
  json["default_universe"] = universe;
  json["indices"] = Json::array();
  for (const auto& [code, series] : panel.indices) json["indices"].push_back(code);
  json["industries"] = panel.industry_names.size();
  json["years"] = Json::array();
  for (const auto& [number, year] : years)
    json["years"].push_back(
        {{"year", number},
         {"days", year.days},
         {"stocks", std::count(year.stocks.begin(), year.stocks.end(), 1)},
         {"rows", year.rows},
         {"mean_members", static_cast<double>(year.member_days) / year.days},
         {"mean_members_with_row", static_cast<double>(year.members_with_row) / year.days}});
  json["notes"] = panel.notes;
  return json;
}

void print(const Json& json) {
  fmt::print("{}: {} to {}, {} days, {} stocks, {} rows\n", json["panel"].get<std::string>(),
             json["from"].get<std::string>(), json["to"].get<std::string>(),
             json["days"].get<int>(), json["stocks"].get<int>(), json["rows"].get<std::int64_t>());
  fmt::print("source       {}\nfingerprint  {}\n", json["source"].get<std::string>(),
             json["fingerprint"].get<std::string>());
  fmt::print("\nfield         rows with a value\n");
  for (const auto& [name, field] : json["fields"].items())
    fmt::print("{:<13} {:6.2f} %\n", name, 100 * field["coverage"].get<double>());
  fmt::print("\nuniverse      members a day\n");
  for (const auto& [name, universe] : json["universes"].items())
    fmt::print("{:<13} {:8.1f}\n", name, universe["mean_members"].get<double>());
  fmt::print("{:<13} every stock with a row that day\n", "all");
  if (!json["indices"].empty()) {
    fmt::print("\nindices      ");
    for (const auto& code : json["indices"]) fmt::print(" {}", code.get<std::string>());
    fmt::print("\n");
  }
  const auto universe = json["default_universe"].get<std::string>();
  fmt::print("\nyear   days  stocks      rows  members of {}  with a row\n", universe);
  for (const auto& year : json["years"])
    fmt::print("{}  {:5}  {:6}  {:8}  {:>{}.1f}  {:10.1f}\n", year["year"].get<int>(),
               year["days"].get<int>(), year["stocks"].get<int>(), year["rows"].get<std::int64_t>(),
               year["mean_members"].get<double>(), universe.size() + 11,
               year["mean_members_with_row"].get<double>());
  for (const auto& note : json["notes"]) fmt::print("\nnote: {}", note.get<std::string>());
  fmt::print("\n");
}

}  // namespace

void add_info(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "info", "Calendar, fields, universes, coverage by year, notes and fingerprint of a panel.");
  auto file = std::make_shared<std::string>();
  command->add_option("panel", *file, "panel.h5")->required();
  command->add_flag("--json", context.json, "print one JSON document");
  command->callback([file, &context] {
    // Everything is read, so that every checksum is seen too.
    const Json json = describe(read_panel(*file), *file);
    if (context.json)
      fmt::print("{}\n", json.dump(2));
    else
      print(json);
  });
}

}  // namespace evofactor::app
