#include "data/market.hpp"

#include <fmt/ranges.h>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>

#include "data/vwap.hpp"
#include "engine/core/settings.hpp"

namespace evofactor {
namespace {

constexpr const char* kDefaultUniverse = "csi800";
constexpr const char* kEveryStock = "all";

/// What a field a formula may name needs from the panel beside prices and volume; nullptr for what
/// always exists.
struct Need {
  const char* field;
  const char* from;
};
constexpr Need kNeeds[] = {
    {"vwap", "vwap or amount"},
    {"raw_vwap", "vwap or amount"},
    {"amount", "amount or vwap"},
    {"turnover", "float_shares"},
    {"float_cap", "float_shares"},
    {"total_cap", "total_shares"},
    {"float_shares", "a field of shares; formulas see float_cap and turnover"},
    {"total_shares", "a field of shares; formulas see total_cap"}};

/// What a field holds on a suspended day.
enum class Carried { kAdjustedClose, kRawClose, kItself, kZero };

/// Days since the last row, 0 = traded; kNever before the first.
constexpr std::int32_t kNever = -1;
Grid<std::int32_t> days_since_row(const Grid<float>& close) {
  Grid<std::int32_t> age(close.rows(), close.columns(), kNever);
  for (std::size_t d = 0; d < close.rows(); ++d)
    for (std::size_t s = 0; s < close.columns(); ++s) {
      if (close(d, s) == close(d, s))
        age(d, s) = 0;
      else if (d > 0 && age(d - 1, s) != kNever)
        age(d, s) = age(d - 1, s) + 1;
    }
  return age;
}

class FieldMaker {
 public:
  FieldMaker(const Panel& panel, Market& market)
      : panel_(panel), market_(market), age_(days_since_row(panel.field("close"))) {}

  /// Adds a field: `value(d, s)` on days with a row, what `carried` says on suspended ones.
  template <class Value>
  void add(const char* name, Carried carried, const Value& value) {
    Grid<float>& out = market_.fields[name];
    out = Grid<float>(age_.rows(), age_.columns(), kMissing);
    const Grid<float>* last = nullptr;
    if (carried == Carried::kItself) last = &out;
    if (carried == Carried::kAdjustedClose) last = &market_.fields.at("close");
    if (carried == Carried::kRawClose) last = &market_.fields.at("raw_close");
    const bool fills = market_.suspended == Suspended::kCarry;
    // Blocks of 64 stocks keep the day-major grids' cache lines to one thread.
    const std::size_t columns = age_.columns();
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, (columns + 63) / 64),
                      [&](const auto& blocks) {
                        const std::size_t end = std::min(columns, blocks.end() * 64);
                        for (std::size_t d = 0; d < age_.rows(); ++d)
                          for (std::size_t s = blocks.begin() * 64; s < end; ++s) {
                            const std::int32_t age = age_(d, s);
                            if (age == 0)
                              out(d, s) = value(d, s);
                            else if (fills && age > 0 && age <= kMaxCarriedDays)
                              out(d, s) = last ? (*last)(d - 1, s) : 0.0F;
                          }
                      });
  }

  [[nodiscard]] const Grid<float>* find(const char* name) const {
    const auto at = panel_.fields.find(name);
    return at == panel_.fields.end() ? nullptr : &at->second;
  }

 private:
  const Panel& panel_;
  Market& market_;
  Grid<std::int32_t> age_;
};

void add_fields(const Panel& panel, Market& market) {
  FieldMaker maker(panel, market);
  const Grid<float>* factors = maker.find("adj_factor");
  const auto factor = [factors](std::size_t d, std::size_t s) {
    return factors ? static_cast<double>((*factors)(d, s)) : 1.0;
  };
  const auto add_price = [&](const char* name, const char* raw_name, const auto& raw) {
    const bool close = std::string_view(name) == "close";
    maker.add(raw_name, close ? Carried::kItself : Carried::kRawClose, raw);
    maker.add(name, close ? Carried::kItself : Carried::kAdjustedClose,
              [&](std::size_t d, std::size_t s) {
                return static_cast<float>(static_cast<double>(raw(d, s)) * factor(d, s));
              });
  };
  const Grid<float>& close = panel.field("close");
  const Grid<float>& volume = panel.field("volume");
  add_price("close", "raw_close", close);  // first: the others carry it
  add_price("open", "raw_open", panel.field("open"));
  add_price("high", "raw_high", panel.field("high"));
  add_price("low", "raw_low", panel.field("low"));
  const VwapView vwap(panel);
  if (vwap.known()) add_price("vwap", "raw_vwap", vwap);

  maker.add("raw_volume", Carried::kZero, volume);
  maker.add("volume", Carried::kZero, [&](std::size_t d, std::size_t s) {
    return static_cast<float>(static_cast<double>(volume(d, s)) / factor(d, s));
  });
  if (const Grid<float>* amount = maker.find("amount"))
    maker.add("amount", Carried::kZero, *amount);
  else if (vwap.known())
    maker.add("amount", Carried::kZero,
              [&](std::size_t d, std::size_t s) { return vwap(d, s) * volume(d, s); });
  if (const Grid<float>* shares = maker.find("float_shares")) {
    maker.add("turnover", Carried::kZero,
              [&](std::size_t d, std::size_t s) { return volume(d, s) / (*shares)(d, s); });
    maker.add("float_cap", Carried::kItself,
              [&](std::size_t d, std::size_t s) { return close(d, s) * (*shares)(d, s); });
  }
  if (const Grid<float>* shares = maker.find("total_shares"))
    maker.add("total_cap", Carried::kItself,
              [&](std::size_t d, std::size_t s) { return close(d, s) * (*shares)(d, s); });
}

}  // namespace

const Grid<float>& Market::field(const std::string& name) const {
  if (const auto at = fields.find(name); at != fields.end()) return at->second;
  std::vector<std::string_view> known;
  for (const auto& entry : fields) known.push_back(entry.first);
  std::string why;
  for (const Need& need : kNeeds)
    if (name == need.field) why = fmt::format(": the panel lacks {}", need.from);
  const std::string_view similar = nearest(name, known);
  if (why.empty() && !similar.empty()) why = fmt::format(" (did you mean \"{}\"?)", similar);
  throw DataError(
      fmt::format("no field \"{}\"{}; there are {}", name, why, fmt::join(known, ", ")));
}

std::string choose_universe(const std::vector<std::string>& available, const std::string& wanted) {
  std::vector<std::string> named;
  for (const auto& name : available)
    if (name != kEveryStock) named.push_back(name);
  const auto has = [&](const std::string& name) { return std::ranges::count(named, name) > 0; };
  if (wanted.empty()) {
    if (has(kDefaultUniverse)) return kDefaultUniverse;
    return named.size() == 1 ? named.front() : kEveryStock;
  }
  if (wanted == kEveryStock || has(wanted)) return wanted;
  named.emplace_back(kEveryStock);
  throw ConfigError(
      fmt::format("no universe \"{}\" in the panel; there are {}", wanted, fmt::join(named, ", ")));
}

Market make_market(const Panel& panel, const MarketSettings& settings) {
  std::vector<std::string> available;
  for (const auto& entry : panel.universes) available.push_back(entry.first);

  Market market;
  market.universe = choose_universe(available, settings.universe);
  market.calendar = panel.calendar;
  market.stocks = panel.stocks;
  market.industry = panel.industry;
  market.suspended = settings.suspended;
  market.fingerprint = panel.fingerprint;
  const auto rows = static_cast<std::size_t>(panel.n_days());
  const auto columns = static_cast<std::size_t>(panel.n_stocks());
  if (market.industry.empty()) market.industry.assign(columns, -1);
  market.traded = Grid<std::uint8_t>(rows, columns, 0);
  for (std::size_t d = 0; d < rows; ++d)
    for (std::size_t s = 0; s < columns; ++s)
      market.traded(d, s) = panel.traded(static_cast<int>(d), static_cast<int>(s)) ? 1 : 0;
  const auto universe = panel.universes.find(market.universe);
  market.member = universe == panel.universes.end() ? market.traded : universe->second;
  market.cross_section = settings.cross_section == CrossSection::kUniverse
                             ? market.member
                             : Grid<std::uint8_t>(rows, columns, 1);
  add_fields(panel, market);
  return market;
}

namespace {

template <class T>
void keep_columns(Grid<T>& grid, const std::vector<std::size_t>& columns) {
  Grid<T> kept(grid.rows(), columns.size());
  for (std::size_t r = 0; r < grid.rows(); ++r)
    for (std::size_t c = 0; c < columns.size(); ++c) kept(r, c) = grid(r, columns[c]);
  grid = std::move(kept);
}

template <class T>
void keep_elements(std::vector<T>& all, const std::vector<std::size_t>& indices) {
  std::vector<T> kept;
  kept.reserve(indices.size());
  for (const std::size_t i : indices) kept.push_back(std::move(all[i]));
  all = std::move(kept);
}

}  // namespace

void keep_stocks_that_matter(Market& market, Labels& labels, std::span<Labels> others) {
  std::vector<std::uint8_t> matters(market.stocks.size(), 0);
  for (const Grid<std::uint8_t>* who : {&market.cross_section, &labels.mask})
    for (std::size_t d = 0; d < who->rows(); ++d)
      for (std::size_t i = 0; i < matters.size(); ++i) matters[i] |= (*who)(d, i);
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < matters.size(); ++i)
    if (matters[i] != 0) kept.push_back(i);
  for (auto& [name, values] : market.fields) keep_columns(values, kept);
  for (Grid<std::uint8_t>* who : {&market.cross_section, &market.member, &market.traded})
    keep_columns(*who, kept);
  const auto keep_labels = [&](Labels& of) {
    keep_columns(of.mask, kept);
    keep_columns(of.forward_return, kept);
  };
  keep_labels(labels);
  std::ranges::for_each(others, keep_labels);
  keep_elements(market.stocks, kept);
  keep_elements(market.industry, kept);
}

Market excerpt(const Market& market, DayRange days, const std::vector<std::size_t>& stocks) {
  const auto part = [&]<class T>(const Grid<T>& grid) {
    Grid<T> result(static_cast<std::size_t>(days.size()), stocks.size());
    for (std::size_t r = 0; r < result.rows(); ++r)
      for (std::size_t c = 0; c < stocks.size(); ++c)
        result(r, c) = grid(static_cast<std::size_t>(days.first) + r, stocks[c]);
    return result;
  };
  Market result;
  std::vector<Date> dates;
  for (int d = days.first; d < days.last; ++d) dates.push_back(market.calendar[d]);
  result.calendar = Calendar(std::move(dates));
  for (const std::size_t i : stocks) {
    result.stocks.push_back(market.stocks[i]);
    result.industry.push_back(market.industry[i]);
  }
  for (const auto& [name, values] : market.fields) result.fields.emplace(name, part(values));
  result.cross_section = part(market.cross_section);
  result.member = part(market.member);
  result.traded = part(market.traded);
  result.universe = market.universe;
  result.suspended = market.suspended;
  result.fingerprint = market.fingerprint;
  return result;
}

}  // namespace evofactor
