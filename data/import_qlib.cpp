#include "data/import_qlib.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <sstream>

#include "engine/core/error.hpp"
#include "engine/store/atomic_file.hpp"

namespace evofactor {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
/// Relative error of a quotient of two f32 numbers, with room.
constexpr double kQuotientError = 4e-7;

struct SourceField {
  Field field;
  const char* file;
};
constexpr std::array<SourceField, kFieldCount> kFiles{{{kOpen, "open"},
                                                       {kHigh, "high"},
                                                       {kLow, "low"},
                                                       {kClose, "close"},
                                                       {kVolume, "volume"},
                                                       {kVwap, "vwap"},
                                                       {kAmount, "amount"},
                                                       {kAdjFactor, "factor"},
                                                       {kFloatShares, "float_shares"},
                                                       {kTotalShares, "total_shares"}}};

bool is_exchange_code(const std::string& code) {
  return code.ends_with(".SH") || code.ends_with(".SZ") || code.ends_with(".BJ");
}
/// Codes of Shanghai's and Shenzhen's indices.
bool is_index_code(const std::string& code) {
  return (code.starts_with("000") && code.ends_with(".SH")) ||
         (code.starts_with("399") && code.ends_with(".SZ"));
}

/// The whole cent that a quotient of f32 numbers stands for, if it does.
double to_cent(double price) {
  const double cent = std::round(price * 100) / 100;
  return std::abs(price - cent) <= price * kQuotientError ? cent : price;
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::istringstream in(read_text(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}
std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

/// A field of one stock: value of day start + i of the calendar.
struct Series {
  std::size_t start = 0;
  std::vector<float> values;
  [[nodiscard]] double at(std::size_t day) const {
    if (day < start || day - start >= values.size()) return kNaN;
    return static_cast<double>(values[day - start]);
  }
};

std::optional<Series> read_series(const std::filesystem::path& file, std::size_t days,
                                  Issues& issues) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return std::nullopt;
  const std::string bytes = read_text(file);
  if (bytes.size() % sizeof(float) != 0 || bytes.empty()) {
    issues.add(IssueKind::kCell,
               "{}: {} bytes are not a start index and values of 4 bytes each; is the file torn?",
               file.string(), bytes.size());
    return std::nullopt;
  }
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  const float start = values.front();
  if (!(start >= 0) || start != std::floor(start) || start > static_cast<float>(days)) {
    issues.add(IssueKind::kCell,
               "{}: starts at index {}; expected a whole number below the calendar's {} days",
               file.string(), start, days);
    return std::nullopt;
  }
  values.erase(values.begin());
  Series series{static_cast<std::size_t>(start), std::move(values)};
  if (series.start + series.values.size() > days) {
    issues.add(IssueKind::kDate,
               "{}: its {} values from day {} on reach beyond the calendar's {} days",
               file.string(), series.values.size(), series.start, days);
    series.values.resize(days - series.start);
  }
  return series;
}

class StockReader {
 public:
  StockReader(const std::vector<Date>& days, const ImportOptions& options)
      : days_(days), options_(options) {}

  RowBlock read(const std::filesystem::path& folder, const std::string& code) const {
    RowBlock block(options_.lenient);
    block.source = folder.string();
    block.codes = {code};
    std::array<std::optional<Series>, kFieldCount> series;
    for (const auto& [field, name] : kFiles)
      series[field] =
          read_series(folder / (std::string(name) + ".day.bin"), days_.size(), block.issues);
    for (const Field f : {kOpen, kHigh, kLow, kClose, kVolume})
      if (!series[f] && !is_index_code(code))
        block.issues.add(IssueKind::kColumn, "{}: no usable {}.day.bin", block.source,
                         kFieldNames[f]);
    const bool derive_vwap = !series[kVwap] && series[kAmount];
    const bool derive_amount = series[kVwap] && !series[kAmount];
    for (std::size_t day = 0; day < days_.size(); ++day) {
      RowValues raw;
      for (std::size_t f = 0; f < kFieldCount; ++f) raw[f] = series[f] ? series[f]->at(day) : kNaN;
      if (std::isnan(raw[kOpen]) && std::isnan(raw[kHigh]) && std::isnan(raw[kLow]) &&
          std::isnan(raw[kClose]))
        continue;
      block.dates.push_back(days_[day]);
      block.code.push_back(0);
      const std::size_t i = block.size() - 1;
      unadjust(raw, series[kAdjFactor].has_value(), block, i, code);
      if (derive_vwap) raw[kVwap] = raw[kVolume] > 0 ? raw[kAmount] / raw[kVolume] : kNaN;
      if (derive_amount) raw[kAmount] = raw[kVwap] * raw[kVolume];
      for (std::size_t f = 0; f < kFieldCount; ++f)
        if (series[f] || (f == kVwap && derive_vwap) || (f == kAmount && derive_amount))
          block.fields[f].push_back(std::isnan(raw[f]) ? kMissing : static_cast<float>(raw[f]));
    }
    return block;
  }

 private:
  void unadjust(RowValues& values, bool has_factor, RowBlock& block, std::size_t i,
                const std::string& code) const {
    for (const Field f : {kOpen, kHigh, kLow, kClose, kVolume, kVwap, kAmount})
      if (std::isinf(values[f])) {
        block.issues.add(IssueKind::kCell, "{}: {} is infinite", block.place(i), kFieldNames[f]);
        values[f] = kNaN;
      }
    if (has_factor) {
      const double factor = values[kAdjFactor];
      if (!(factor > 0) || std::isinf(factor)) {
        block.issues.add(IssueKind::kPrice,
                         "{}: factor {} is not positive, so prices cannot be told", block.place(i),
                         factor);
        values.fill(kNaN);
        return;
      }
      for (const Field f : {kOpen, kHigh, kLow, kClose, kVwap}) values[f] /= factor;
      values[kVolume] *= factor;
    }
    if (is_exchange_code(code) && !is_index_code(code))
      for (const Field f : {kOpen, kHigh, kLow, kClose}) values[f] = to_cent(values[f]);
    if (options_.volume_unit == VolumeUnit::kLots) values[kVolume] *= kSharesPerLot;
    if (options_.amount_unit == AmountUnit::kThousandCny) values[kAmount] *= kCnyPerThousand;
    check_row(
        values, [&] { return block.place(i); }, block.issues);
  }

  const std::vector<Date>& days_;
  const ImportOptions& options_;
};

std::vector<Date> read_calendar(const std::filesystem::path& file, Issues& issues) {
  std::vector<Date> days;
  const auto lines = lines_of(file);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (trimmed(lines[i]).empty()) continue;
    const auto date = date_of_text(lines[i]);
    if (!date || (!days.empty() && *date <= days.back()))
      issues.add(IssueKind::kCell, "{}:{}: \"{}\" is not a date after the one before it",
                 file.string(), i + 1, trimmed(lines[i]));
    else
      days.push_back(*date);
  }
  if (days.empty()) throw DataError(fmt::format("{}: holds no trading day", file.string()));
  return days;
}

/// Members by lines of code, start and end, set apart by tabs, blanks or commas.
std::vector<Membership> read_instruments(const std::filesystem::path& file, Issues& issues,
                                         std::vector<std::string>& notes) {
  std::vector<Membership> members;
  const auto lines = lines_of(file);
  const std::string universe = universe_name(file.stem().string());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string line(trimmed(lines[i]));
    if (line.empty()) continue;
    std::ranges::replace(line, ',', '\t');
    if (line.find('\t') == std::string::npos) std::ranges::replace(line, ' ', '\t');
    std::istringstream cells(line);
    std::string code, start, end;
    std::getline(cells, code, '\t');
    std::getline(cells, start, '\t');
    std::getline(cells, end, '\t');
    const auto first = date_of_text(start);
    const auto last = end.empty() ? std::optional<Date>(0) : date_of_text(end);
    if (code.empty() || !first || !last)
      issues.add(IssueKind::kCell, "{}:{}: \"{}\" is not a code, a first and a last day",
                 file.string(), i + 1, lines[i]);
    else if (*last != 0 && *last < *first)
      issues.add(IssueKind::kDate, "{}:{}: the end {} lies before the start {}", file.string(),
                 i + 1, to_string(*last), to_string(*first));
    else
      members.push_back({universe, normal_code(code), *first, *last});
  }
  open_last_intervals(members, file.filename().string(), notes);
  return members;
}

void add_index(const RowBlock& block, IndexTable& table) {
  auto& levels = table.levels[block.codes.front()];
  for (std::size_t i = 0; i < block.size(); ++i) {
    auto& level = levels[block.dates[i]];
    for (std::size_t f = 0; f < level.size(); ++f)
      level[f] = block.fields[f].empty() ? kNaN : static_cast<double>(block.fields[f][i]);
  }
}

std::vector<std::filesystem::path> sorted_entries(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> entries;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    entries.push_back(entry.path());
  std::ranges::sort(entries);
  return entries;
}

}  // namespace

bool is_qlib(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::exists(folder / "calendars" / "day.txt", error) &&
         std::filesystem::is_directory(folder / "features", error);
}

QlibData read_qlib(const std::filesystem::path& folder, const ImportOptions& options,
                   Issues& issues, std::vector<std::string>& notes,
                   const std::function<void(double)>& progress) {
  if (!is_qlib(folder))
    throw DataError(
        fmt::format("{}: is no qlib directory; expected calendars/day.txt and features/ in it",
                    folder.string()));
  QlibData data;
  const auto calendar_file = folder / "calendars" / "day.txt";
  data.calendar = {read_calendar(calendar_file, issues), calendar_file.string()};
  data.files.push_back(calendar_file);

  std::vector<std::filesystem::path> folders;
  for (const auto& entry : sorted_entries(folder / "features"))
    if (std::filesystem::is_directory(entry)) folders.push_back(entry);
  std::vector<std::optional<RowBlock>> blocks(folders.size());
  const StockReader reader(data.calendar.days, options);
  std::mutex mutex;
  std::size_t done = 0;
  tbb::parallel_for(std::size_t{0}, folders.size(), [&](std::size_t i) {
    RowBlock block(options.lenient);
    try {
      block = reader.read(folders[i], normal_code(folders[i].filename().string()));
    } catch (const StoreError& error) {
      block.issues.refuse_file(error.what());
    }
    blocks[i] = std::move(block);
    const std::lock_guard lock(mutex);
    progress(static_cast<double>(++done) / static_cast<double>(folders.size()));
  });
  for (auto& block : blocks) {
    issues.merge(block->issues);
    if (!block->codes.empty() && is_index_code(block->codes.front()))
      add_index(*block, data.indices);
    else
      data.blocks.push_back(std::move(*block));
  }
  data.indices.days = data.calendar.days;

  for (const auto& entry : sorted_entries(folder / "instruments")) {
    if (entry.extension() != ".txt" || entry.stem() == "all") continue;
    const auto members = read_instruments(entry, issues, notes);
    data.members.insert(data.members.end(), members.begin(), members.end());
    data.files.push_back(entry);
  }
  data.files.push_back(folder / "features");
  return data;
}

}  // namespace evofactor
