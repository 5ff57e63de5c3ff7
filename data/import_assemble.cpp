#include "data/import_assemble.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_set>

#include "engine/core/error.hpp"

namespace evofactor {
namespace {

constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();

/// Days that have a row, ascending.
std::vector<Date> days_of(const std::vector<RowBlock>& blocks) {
  std::unordered_set<Date> seen;
  for (const auto& block : blocks) {
    Date last = 0;
    for (const Date date : block.dates)
      if (date != last) seen.insert(last = date);
  }
  std::vector<Date> days(seen.begin(), seen.end());
  std::ranges::sort(days);
  return days;
}

std::vector<Date> cut(const GivenCalendar& calendar, const std::vector<Date>& row_days) {
  if (row_days.empty()) return {};
  std::vector<Date> days = calendar.days;
  std::erase_if(days, [&](Date day) { return day < row_days.front() || day > row_days.back(); });
  return days;
}

std::vector<std::string> stocks_of(const std::vector<RowBlock>& blocks) {
  std::vector<std::string> stocks;
  for (const auto& block : blocks) {
    std::vector<char> used(block.codes.size(), 0);
    for (const std::int32_t code : block.code) used[static_cast<std::size_t>(code)] = 1;
    for (std::size_t c = 0; c < used.size(); ++c)
      if (used[c] != 0) stocks.push_back(block.codes[c]);
  }
  std::ranges::sort(stocks);
  stocks.erase(std::unique(stocks.begin(), stocks.end()), stocks.end());
  return stocks;
}

/// Finds the place of each row in the panel's grids, and rows that have none or share one.
class Placer {
 public:
  Placer(const std::vector<RowBlock>& blocks, const Panel& panel,
         const std::optional<GivenCalendar>& calendar, Issues& issues)
      : blocks_(blocks),
        panel_(panel),
        calendar_(calendar),
        issues_(issues),
        first_row_(panel.calendar.days().size(), panel.stocks.size()) {}

  /// Index into the grids of each row of the block, kNowhere for rows that are left out.
  std::vector<std::uint32_t> place(std::size_t b) {
    const RowBlock& block = blocks_[b];
    const auto& days = panel_.calendar.days();
    std::vector<std::size_t> stock_of(block.codes.size());
    for (std::size_t c = 0; c < block.codes.size(); ++c)
      stock_of[c] = static_cast<std::size_t>(
          std::ranges::lower_bound(panel_.stocks, block.codes[c]) - panel_.stocks.begin());
    std::vector<std::uint32_t> cells(block.size(), kNowhere);
    std::map<Date, std::pair<std::size_t, std::size_t>> outside;  // first row and count of each day
    Date date = 0;
    std::size_t day = days.size();
    for (std::size_t i = 0; i < block.size(); ++i, ++ordinal_) {
      if (block.dates[i] != date) {
        date = block.dates[i];
        const auto found = std::ranges::lower_bound(days, date);
        day = found != days.end() && *found == date ? static_cast<std::size_t>(found - days.begin())
                                                    : days.size();
      }
      if (day == days.size()) {
        ++outside.try_emplace(date, i, 0).first->second.second;
        continue;
      }
      const std::size_t stock = stock_of[static_cast<std::size_t>(block.code[i])];
      std::uint32_t& first = first_row_(day, stock);
      const auto cell = static_cast<std::uint32_t>(day * first_row_.stride() + stock);
      if (first != 0) {
        issues_.add(IssueKind::kDuplicate, "{}: a second row of {} on {}; the first is at {}",
                    block.place(i), panel_.stocks[stock], to_string(date), place_of(first - 1));
        doubled_.push_back(cell);
        continue;
      }
      first = static_cast<std::uint32_t>(ordinal_ + 1);
      cells[i] = cell;
    }
    for (const auto& [day_outside, rows] : outside)
      issues_.add(IssueKind::kDate, "{}: {} is no trading day of {}{}", block.place(rows.first),
                  to_string(day_outside), calendar_ ? calendar_->source : "the calendar",
                  rows.second > 1
                      ? fmt::format(" ({} more rows of that day in this file)", rows.second - 1)
                      : "");
    return cells;
  }
  /// Cells that more than one row claims; known once every block is placed.
  [[nodiscard]] const std::vector<std::uint32_t>& doubled() const { return doubled_; }

 private:
  [[nodiscard]] std::string place_of(std::size_t ordinal) const {
    std::size_t b = 0;
    for (; ordinal >= blocks_[b].size(); ++b) ordinal -= blocks_[b].size();
    return blocks_[b].place(ordinal);
  }
  const std::vector<RowBlock>& blocks_;
  const Panel& panel_;
  const std::optional<GivenCalendar>& calendar_;
  Issues& issues_;
  Grid<std::uint32_t>
      first_row_;  ///< 1 + number of the row that lies there, over all blocks; 0: none yet
  std::size_t ordinal_ = 0;
  std::vector<std::uint32_t> doubled_;
};

void warn_of_partial_fields(const std::vector<RowBlock>& blocks,
                            std::vector<std::string>& warnings) {
  for (std::size_t f = 0; f < kFieldCount; ++f) {
    std::size_t with = 0, rows = 0;
    const RowBlock* without = nullptr;
    for (const auto& block : blocks) {
      if (block.size() == 0) continue;
      ++rows;
      if (!block.fields[f].empty())
        ++with;
      else
        without = &block;
    }
    if (with > 0 && with < rows)
      warnings.push_back(fmt::format("{} is missing in {} of {} sources, such as {}",
                                     kFieldNames[f], rows - with, rows, without->source));
  }
}

}  // namespace

Panel assemble(std::vector<RowBlock>& blocks, const std::optional<GivenCalendar>& calendar,
               Issues& issues, std::vector<std::string>& warnings) {
  Panel panel;
  const auto row_days = days_of(blocks);
  panel.calendar = Calendar(calendar ? cut(*calendar, row_days) : row_days);
  panel.stocks = stocks_of(blocks);
  const auto days = panel.calendar.days().size();
  const auto stocks = panel.stocks.size();
  if (days * Grid<float>(1, stocks).stride() >= kNowhere)
    throw DataError(
        fmt::format("{} days of {} stocks are more than a panel can hold", days, stocks));
  warn_of_partial_fields(blocks, warnings);

  Placer placer(blocks, panel, calendar, issues);
  std::vector<std::vector<std::uint32_t>> cells;
  cells.reserve(blocks.size());
  for (std::size_t b = 0; b < blocks.size(); ++b) cells.push_back(placer.place(b));

  std::vector<std::size_t> present;
  for (std::size_t f = 0; f < kFieldCount; ++f) {
    const bool wanted = f <= kVolume || std::ranges::any_of(blocks, [f](const RowBlock& block) {
                          return !block.fields[f].empty();
                        });
    if (!wanted) continue;
    present.push_back(f);
    panel.fields[std::string(kFieldNames[f])];
  }
  tbb::parallel_for(std::size_t{0}, present.size(), [&](std::size_t p) {
    const std::size_t f = present[p];
    Grid<float> grid(days, stocks, kMissing);
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      auto& values = blocks[b].fields[f];
      for (std::size_t i = 0; i < values.size(); ++i)
        if (cells[b][i] != kNowhere) grid.data()[cells[b][i]] = values[i];
      std::vector<float>().swap(values);
    }
    for (const std::uint32_t cell : placer.doubled()) grid.data()[cell] = kMissing;
    panel.fields.find(std::string(kFieldNames[f]))->second = std::move(grid);
  });
  return panel;
}

}  // namespace evofactor
