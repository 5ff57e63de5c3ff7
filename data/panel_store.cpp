#include "data/panel_store.hpp"

#include <fmt/ranges.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

#include "data/panel_chunks.hpp"
#include "engine/core/error.hpp"
#include "engine/core/hash.hpp"
#include "engine/core/ids.hpp"
#include "engine/store/atomic_file.hpp"
#include "engine/store/h5.hpp"

namespace evofactor {
namespace {

constexpr std::string_view kFormat = "evofactor.panel";
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kChunkDays = 64;

/// Calls visit(path, grid) for every [D, N] grid of the panel, in a fixed order.
template <class PanelType, class Visit>
void for_each_grid(PanelType& panel, const Visit& visit) {
  for (auto& [name, grid] : panel.fields) visit("fields/" + name, grid);
  for (auto& [name, grid] : panel.universes) visit("universe/" + name, grid);
  visit("status/st", panel.st);
  visit("status/listed_days", panel.listed_days);
  visit("status/limit_up", panel.limit_up);
  visit("status/limit_down", panel.limit_down);
}
/// Calls visit(name, values) for the five series of an index.
template <class Series, class Visit>
void for_each_series(Series& series, const Visit& visit) {
  visit("open", series.open);
  visit("high", series.high);
  visit("low", series.low);
  visit("close", series.close);
  visit("volume", series.volume);
}

void require_consistent(const Panel& panel) {
  const auto days = static_cast<std::size_t>(panel.n_days());
  const auto stocks = static_cast<std::size_t>(panel.n_stocks());
  for_each_grid(panel, [&](const std::string& path, const auto& grid) {
    EVOFACTOR_CHECK(grid.rows() == days && grid.columns() == stocks,
                    "{} is {} x {}, the panel has {} days and {} stocks", path, grid.rows(),
                    grid.columns(), days, stocks);
  });
  EVOFACTOR_CHECK(panel.industry.empty() || panel.industry.size() == stocks,
                  "industries of {} of {} stocks", panel.industry.size(), stocks);
  for (const auto& [code, series] : panel.indices)
    for_each_series(series, [&, &index = code](const char* name, const auto& values) {
      EVOFACTOR_CHECK(values.size() == days, "index {} {}: {} values for {} days", index, name,
                      values.size(), days);
    });
}

template <class T>
std::uint64_t hash_of(const Grid<T>& grid) {
  std::vector<std::uint64_t> rows(grid.rows());
  tbb::parallel_for(std::size_t{0}, rows.size(), [&](std::size_t r) {
    rows[r] = hash_bytes(grid.row(r).data(), grid.row(r).size_bytes());
  });
  return hash_bytes(rows.data(), rows.size() * sizeof rows[0]);
}

std::uint64_t fingerprint_of(const Panel& panel) {
  Hasher hasher;
  hasher.add(kFormat).add(std::span<const Date>(panel.calendar.days()));
  for (const auto& stock : panel.stocks) hasher.add(stock);
  for_each_grid(panel, [&](const std::string& path, const auto& grid) {
    hasher.add(path).add(hash_of(grid));
  });
  hasher.add(std::span<const std::int16_t>(panel.industry));
  for (const auto& name : panel.industry_names) hasher.add(name);
  for (const auto& [code, series] : panel.indices) {
    hasher.add(code);
    for_each_series(series, [&](const char*, const auto& values) {
      hasher.add(std::span<const double>(values));
    });
  }
  return hasher.value();
}

template <class T>
void write_grid(h5::File& file, const std::string& path, const Grid<T>& grid) {
  if (grid.rows() == 0 || grid.columns() == 0) {
    file.write(path, grid);
    return;
  }
  const std::size_t columns = grid.columns();
  const std::size_t chunk_days = std::min(kChunkDays, grid.rows());
  auto dataset = file.make_dataset<T>(path, grid.rows(), columns, chunk_days, columns);
  std::vector<std::vector<std::byte>> packed((grid.rows() + chunk_days - 1) / chunk_days);
  tbb::parallel_for(std::size_t{0}, packed.size(), [&](std::size_t c) {
    std::vector<T> chunk(chunk_days * columns);
    const std::size_t first = c * chunk_days, last = std::min(first + chunk_days, grid.rows());
    for (std::size_t r = first; r < last; ++r)
      std::ranges::copy(grid.row(r),
                        chunk.begin() + static_cast<std::ptrdiff_t>((r - first) * columns));
    packed[c] = pack_chunk(std::as_bytes(std::span<const T>(chunk)), sizeof(T));
  });
  for (std::size_t c = 0; c < packed.size(); ++c)
    dataset.write_filtered_chunk(std::array<std::size_t, 2>{c * chunk_days, 0}, packed[c]);
}

[[noreturn]] void damaged(const std::filesystem::path& file, const std::string& what) {
  throw StoreError(
      fmt::format("{}: the panel is damaged: {}; import it again", file.string(), what));
}

/// Rows of the range of a [D, N] dataset.
template <class T>
Grid<T> read_grid(const h5::File& file, const std::filesystem::path& name, const std::string& path,
                  std::size_t days, std::size_t stocks, DayRange range) {
  const auto dataset = file.dataset(path);
  const auto shape = dataset.shape();
  if (shape != std::vector<std::size_t>{days, stocks})
    damaged(name, fmt::format("{} has the shape {}, expected {} x {}", path,
                              fmt::join(shape, " x "), days, stocks));
  Grid<T> grid(static_cast<std::size_t>(range.size()), stocks);
  if (grid.rows() == 0 || stocks == 0) return grid;
  const auto chunk = dataset.chunk_shape();
  if (!dataset.holds<T>() || !dataset.has_standard_filters() || chunk[1] != stocks) {
    dataset.read_rows(range, h5::Block<T>{grid.data(), grid.rows(), stocks, grid.stride()});
    return grid;
  }
  const auto first_day = static_cast<std::size_t>(range.first);
  const auto last_day = static_cast<std::size_t>(range.last);
  const std::size_t chunk_days = chunk[0];
  const std::size_t first_chunk = first_day / chunk_days;
  std::vector<std::vector<std::byte>> packed((last_day - 1) / chunk_days + 1 - first_chunk);
  for (std::size_t c = 0; c < packed.size(); ++c)
    packed[c] =
        dataset.read_filtered_chunk(std::array<std::size_t, 2>{(first_chunk + c) * chunk_days, 0});
  std::atomic<bool> bad{false};
  tbb::parallel_for(std::size_t{0}, packed.size(), [&](std::size_t c) {
    std::vector<T> raw(chunk_days * stocks);
    if (!unpack_chunk(packed[c], sizeof(T), std::as_writable_bytes(std::span<T>(raw)))) {
      bad = true;
      return;
    }
    const std::size_t start = (first_chunk + c) * chunk_days;
    for (std::size_t day = std::max(start, first_day); day < std::min(start + chunk_days, last_day);
         ++day)
      std::copy_n(raw.begin() + static_cast<std::ptrdiff_t>((day - start) * stocks), stocks,
                  grid.row(day - first_day).begin());
  });
  if (bad) damaged(name, fmt::format("a checksum of {} does not fit", path));
  return grid;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// Opens the file and makes sure that it is a panel this program can read.
h5::File open_panel(const std::filesystem::path& name) {
  auto file = h5::File::open(name);
  if (!file.has_attribute("format") || file.text_attribute("format") != kFormat)
    throw StoreError(
        fmt::format("{}: is no panel (its attribute format is not \"{}\"); panels are made by "
                    "`evofactor import`",
                    name.string(), kFormat));
  const std::int64_t version = file.integer_attribute("version");
  if (version > kVersion)
    throw StoreError(fmt::format(
        "{}: written in panel format {} by a newer evofactor; this one reads up to {}. Update it, "
        "or import the data again",
        name.string(), version, kVersion));
  return file;
}

PanelHeader header_of(const h5::File& file) {
  PanelHeader header;
  header.calendar = Calendar(file.read<Date>("calendar"));
  header.stocks = file.read_texts("stocks");
  header.fields = file.group("fields").children();
  header.universes = file.group("universe").children();
  header.fingerprint = from_hex(file.text_attribute("fingerprint"));
  header.source = file.text_attribute("source");
  header.notes = lines_of(file.text_attribute("notes"));
  return header;
}

}  // namespace

void write_panel(const std::filesystem::path& file, Panel& panel) {
  require_consistent(panel);
  panel.fingerprint = fingerprint_of(panel);
  std::string notes;
  for (const auto& note : panel.notes) {
    notes += notes.empty() ? "" : "\n";
    for (const char c : note) notes += c == '\n' ? ' ' : c;
  }
  replace_file(file, [&](const std::filesystem::path& temporary) {
    auto out = h5::File::create(temporary);
    out.set_attribute("format", kFormat);
    out.set_attribute("version", kVersion);
    out.set_attribute("fingerprint", to_hex(panel.fingerprint));
    out.set_attribute("source", panel.source);
    out.set_attribute("notes", notes);
    out.write("calendar", panel.calendar.days());
    out.write_texts("stocks", panel.stocks);
    for (const char* group : {"fields", "universe", "status", "groups", "index"})
      out.make_group(group);
    for_each_grid(panel,
                  [&](const std::string& path, const auto& grid) { write_grid(out, path, grid); });
    out.write("groups/industry", panel.industry);
    out.write_texts("groups/industry_names", panel.industry_names);
    for (const auto& [code, series] : panel.indices)
      for_each_series(series, [&, &index = code](const char* name, const auto& values) {
        out.write(fmt::format("index/{}/{}", index, name), values);
      });
    out.close();

    const auto written = open_panel(temporary);
    const auto header = header_of(written);
    if (header.calendar != panel.calendar || header.stocks != panel.stocks ||
        header.fields.size() != panel.fields.size() ||
        header.universes.size() != panel.universes.size() ||
        header.fingerprint != panel.fingerprint)
      throw StoreError(fmt::format("{}: what was written does not read back", file.string()));
  });
}

PanelHeader read_panel_header(const std::filesystem::path& file) {
  return header_of(open_panel(file));
}

Panel read_panel(const std::filesystem::path& name, std::optional<DayRange> range) {
  const auto file = open_panel(name);
  PanelHeader header = header_of(file);
  const auto days = static_cast<std::size_t>(header.calendar.size());
  const auto stocks = header.stocks.size();
  const DayRange rows = range.value_or(DayRange{0, header.calendar.size()});
  EVOFACTOR_CHECK(0 <= rows.first && rows.first <= rows.last && rows.last <= header.calendar.size(),
                  "days [{}, {}) of a panel of {}", rows.first, rows.last, days);

  Panel panel;
  const auto slice = [&](auto values) {
    if (values.size() != days)
      damaged(name, fmt::format("an index has {} values for {} days", values.size(), days));
    values.erase(values.begin() + rows.last, values.end());
    values.erase(values.begin(), values.begin() + rows.first);
    return values;
  };
  panel.calendar = Calendar(slice(header.calendar.days()));
  for (const auto& field : header.fields) panel.fields[field];
  for (const auto& universe : header.universes) panel.universes[universe];
  for_each_grid(panel, [&]<class T>(const std::string& path, Grid<T>& grid) {
    grid = read_grid<T>(file, name, path, days, stocks, rows);
  });
  panel.industry = file.read<std::int16_t>("groups/industry");
  panel.industry_names = file.read_texts("groups/industry_names");
  if (!panel.industry.empty() && panel.industry.size() != stocks)
    damaged(name, fmt::format("industries of {} of {} stocks", panel.industry.size(), stocks));
  for (const auto& code : file.group("index").children())
    for_each_series(panel.indices[code], [&](const char* series, auto& values) {
      values = slice(file.read<double>(fmt::format("index/{}/{}", code, series)));
    });
  panel.stocks = std::move(header.stocks);
  panel.fingerprint = header.fingerprint;
  panel.source = std::move(header.source);
  panel.notes = std::move(header.notes);
  return panel;
}

}  // namespace evofactor
