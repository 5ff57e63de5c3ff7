#include "data/import_sides.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "data/import_text_table.hpp"
#include "engine/core/error.hpp"

namespace evofactor {
namespace {

const ColumnSpec kCodeColumn = long_table_columns()[1];
const ColumnSpec kDateColumn = long_table_columns()[0];

std::optional<std::size_t> stock_index(const Panel& panel, const std::string& code) {
  const auto found = std::ranges::lower_bound(panel.stocks, code);
  if (found == panel.stocks.end() || *found != code) return std::nullopt;
  return static_cast<std::size_t>(found - panel.stocks.begin());
}

std::string joined(const std::set<std::string>& texts, std::size_t limit) {
  std::string all;
  std::size_t n = 0;
  for (const auto& text : texts) {
    if (n++ == limit) return all + fmt::format(" and {} more", texts.size() - limit);
    all += (all.empty() ? "" : ", ") + text;
  }
  return all;
}
constexpr std::size_t kNamed = 5;

}  // namespace

IndexTable read_index_daily(const std::filesystem::path& file, Issues& issues) {
  const TextTable rows(file,
                       {kDateColumn,
                        kCodeColumn,
                        long_table_columns()[2],
                        long_table_columns()[3],
                        long_table_columns()[4],
                        long_table_columns()[5],
                        {"volume", {"vol"}, false}},
                       issues);
  IndexTable table;
  std::set<Date> days;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto date = rows.date(row, 0);
    const auto code = rows.code(row, 1);
    std::array<double, 5> level{};
    for (std::size_t i = 0; i < level.size(); ++i) level[i] = rows.number(row, 2 + i);
    for (std::size_t i = 0; i < 4; ++i)
      if (level[i] <= 0) {
        issues.add(IssueKind::kPrice, "{}: {} {} is not positive", rows.place(row),
                   long_table_columns()[2 + i].name, level[i]);
        level[i] = std::numeric_limits<double>::quiet_NaN();
      }
    if (!date || !code) continue;
    if (!table.levels[*code].emplace(*date, level).second)
      issues.add(IssueKind::kDuplicate, "{}: a second row of {} on {}", rows.place(row), *code,
                 to_string(*date));
    days.insert(*date);
  }
  table.days.assign(days.begin(), days.end());
  return table;
}

void put_indices(Panel& panel, const IndexTable& table) {
  const auto days = static_cast<std::size_t>(panel.n_days());
  for (const auto& [code, levels] : table.levels) {
    IndexSeries series;
    const std::array<std::vector<double>*, 5> columns{&series.open, &series.high, &series.low,
                                                      &series.close, &series.volume};
    for (auto* column : columns) column->assign(days, std::numeric_limits<double>::quiet_NaN());
    for (std::size_t d = 0; d < days; ++d) {
      const auto level = levels.find(panel.calendar[static_cast<int>(d)]);
      if (level == levels.end()) continue;
      for (std::size_t i = 0; i < columns.size(); ++i) (*columns[i])[d] = level->second[i];
    }
    panel.indices[code] = std::move(series);
  }
}

std::string universe_name(std::string_view index) {
  const std::string code = normal_code(index);
  const std::string_view digits = std::string_view(code).substr(0, code.find('.'));
  for (const auto& [number, name] : {std::pair{"000300", "csi300"}, std::pair{"000905", "csi500"},
                                     std::pair{"000906", "csi800"}, std::pair{"000852", "csi1000"}})
    if (digits == number) return name;
  std::string name = code;
  std::ranges::replace(name, '/', '_');  // a name of a dataset
  return name;
}

void open_last_intervals(std::vector<Membership>& members, const std::string& source,
                         std::vector<std::string>& notes) {
  Date last = 0;
  for (const auto& member : members) last = std::max(last, member.end);
  std::map<std::string, int> opened;
  for (auto& member : members)
    if (member.end == last && last != 0) {
      member.end = 0;
      ++opened[member.universe];
    }
  if (opened.empty()) return;
  std::string counts;
  for (const auto& [universe, n] : opened)
    counts += fmt::format("{}{} of {}", counts.empty() ? "" : ", ", n, universe);
  notes.push_back(
      fmt::format("memberships that end on {}, the last date of {}, are taken as still open: {}",
                  to_string(last), source, counts));
}

std::vector<Membership> read_constituents(const std::filesystem::path& file, Issues& issues,
                                          std::vector<std::string>& notes) {
  const TextTable rows(file,
                       {kCodeColumn,
                        {"start", {"start_date", "in_date", "from"}, true},
                        {"end", {"end_date", "out_date", "to"}, true},
                        {"index", {"index_code", "universe"}, true}},
                       issues);
  std::vector<Membership> members;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto code = rows.code(row, 0);
    const auto start = rows.date(row, 1);
    const auto end = rows.date(row, 2, Date{0});
    if (rows.text(row, 3).empty()) {
      issues.add(IssueKind::kCell, "{}: index is empty; a name like 000300 is expected",
                 rows.place(row));
      continue;
    }
    if (!code || !start || !end) continue;
    if (*end != 0 && *end < *start) {
      issues.add(IssueKind::kDate, "{}: the end {} lies before the start {}", rows.place(row),
                 to_string(*end), to_string(*start));
      continue;
    }
    members.push_back({universe_name(rows.text(row, 3)), *code, *start, *end});
  }
  open_last_intervals(members, file.filename().string(), notes);
  return members;
}

void put_universes(Panel& panel, const std::vector<Membership>& members,
                   std::vector<std::string>& warnings) {
  const auto days = static_cast<std::size_t>(panel.n_days());
  const auto stocks = panel.stocks.size();
  std::map<std::string, std::set<std::string>> unknown;
  for (const auto& member : members) {
    auto& grid = panel.universes.try_emplace(member.universe, days, stocks).first->second;
    const int first = panel.calendar.at_or_after(member.start);
    const int last = member.end == 0 ? panel.n_days() - 1 : panel.calendar.at_or_before(member.end);
    const auto stock = stock_index(panel, member.code);
    if (!stock && first <= last) unknown[member.universe].insert(member.code);
    if (!stock) continue;
    for (int d = first; d <= last; ++d) grid(static_cast<std::size_t>(d), *stock) = 1;
  }
  for (const auto& [universe, codes] : unknown)
    warnings.push_back(
        fmt::format("{} members of {} within the calendar have no row at all and are left out: {}",
                    codes.size(), universe, joined(codes, kNamed)));
  if (panel.universes.erase("all") > 0)
    warnings.emplace_back(
        "the universe \"all\" is every stock with a row that day; the given one is not kept");
  if (panel.universes.contains("csi800") || !panel.universes.contains("csi300") ||
      !panel.universes.contains("csi500"))
    return;
  Grid<std::uint8_t> both = panel.universes["csi300"];
  const auto& other = panel.universes["csi500"];
  for (std::size_t d = 0; d < days; ++d)
    for (std::size_t s = 0; s < stocks; ++s) both(d, s) |= other(d, s);
  panel.universes["csi800"] = std::move(both);
}

void put_shares(Panel& panel, const std::filesystem::path& file, Issues& issues) {
  const TextTable rows(file,
                       {kCodeColumn,
                        {"date", {"trade_date", "change_date", "日期", "变动日期"}, true},
                        {"float_shares", long_table_columns()[2 + kFloatShares].aliases, false},
                        {"total_shares", long_table_columns()[2 + kTotalShares].aliases, false}},
                       issues);
  const auto days = static_cast<std::size_t>(panel.n_days());
  std::vector<std::map<Date, std::array<double, 2>>> changes(panel.stocks.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto code = rows.code(row, 0);
    const auto date = rows.date(row, 1);
    std::array<double, 2> shares{rows.number(row, 2), rows.number(row, 3)};
    for (double& value : shares)
      if (value < 0) {
        issues.add(IssueKind::kVolume, "{}: {} shares are negative", rows.place(row), value);
        value = std::numeric_limits<double>::quiet_NaN();
      }
    if (!code || !date) continue;
    const auto stock = stock_index(panel, *code);
    if (!stock) continue;
    const auto [entry, fresh] = changes[*stock].emplace(*date, shares);
    if (fresh || entry->second == shares) continue;
    issues.add(IssueKind::kDuplicate, "{}: a second row of {} on {} that differs from the first",
               rows.place(row), *code, to_string(*date));
    entry->second.fill(std::numeric_limits<double>::quiet_NaN());
  }
  const std::array<const char*, 2> names{"float_shares", "total_shares"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!rows.has(2 + i) || panel.has(names[i])) continue;
    Grid<float> grid(days, panel.stocks.size(), kMissing);
    for (std::size_t s = 0; s < changes.size(); ++s)
      for (auto change = changes[s].begin(); change != changes[s].end(); ++change) {
        const auto next = std::next(change);
        const int last =
            next == changes[s].end() ? panel.n_days() : panel.calendar.at_or_after(next->first);
        for (int d = panel.calendar.at_or_after(change->first); d < last; ++d)
          grid(static_cast<std::size_t>(d), s) =
              std::isnan(change->second[i]) ? kMissing : static_cast<float>(change->second[i]);
      }
    panel.fields[names[i]] = std::move(grid);
  }
}

void read_names(const Panel& panel, const std::filesystem::path& file, StatusSources& sources,
                Issues& issues) {
  const TextTable rows(
      file, {kCodeColumn, {"start", {"start_date", "date"}, true}, {"name", {"名称"}, true}},
      issues);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto code = rows.code(row, 0);
    const auto start = rows.date(row, 1);
    if (!code || !start) continue;
    const auto stock = stock_index(panel, *code);
    if (stock) sources.names.push_back({static_cast<int>(*stock), *start, rows.text(row, 2)});
  }
}

void put_industry(Panel& panel, const std::filesystem::path& file, StatusSources& sources,
                  Issues& issues) {
  const TextTable rows(file,
                       {kCodeColumn,
                        {"industry", {"行业", "所属行业"}, true},
                        {"list_date", {"ipo_date", "listing_date", "上市日期"}, false},
                        {"source", {"date", "snapshot"}, false}},
                       issues);
  std::vector<std::string> labels(panel.stocks.size());
  std::set<std::string> names, snapshots;
  std::vector<char> seen(panel.stocks.size(), 0);
  sources.list_dates.assign(panel.stocks.size(), 0);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto code = rows.code(row, 0);
    const auto listed = rows.date(row, 2, Date{0});
    if (!code) continue;
    const auto stock = stock_index(panel, *code);
    if (!stock) continue;
    if (seen[*stock] != 0) {
      issues.add(IssueKind::kDuplicate, "{}: a second row of {}; one snapshot is expected",
                 rows.place(row), *code);
      labels[*stock].clear();
      continue;
    }
    seen[*stock] = 1;
    labels[*stock] = rows.text(row, 1);
    sources.list_dates[*stock] = listed.value_or(0);
    if (!labels[*stock].empty()) names.insert(labels[*stock]);
    if (!rows.text(row, 3).empty()) snapshots.insert(rows.text(row, 3));
  }
  if (names.size() > static_cast<std::size_t>(std::numeric_limits<std::int16_t>::max()))
    throw DataError(fmt::format("{}: {} industries are more than a panel can hold", file.string(),
                                names.size()));
  panel.industry_names.assign(names.begin(), names.end());
  panel.industry.assign(panel.stocks.size(), -1);
  for (std::size_t s = 0; s < labels.size(); ++s)
    if (!labels[s].empty())
      panel.industry[s] = static_cast<std::int16_t>(
          std::ranges::lower_bound(panel.industry_names, labels[s]) - panel.industry_names.begin());
  panel.notes.push_back(fmt::format(
      "industries are a single snapshot{}, not point in time: they may know of later changes",
      snapshots.empty() ? "" : " (" + joined(snapshots, kNamed) + ")"));
}

}  // namespace evofactor
