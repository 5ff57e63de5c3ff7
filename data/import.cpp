#include "data/import.hpp"

#include <fmt/ranges.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <mutex>
#include <numeric>

#include "data/import_assemble.hpp"
#include "data/import_checks.hpp"
#include "data/import_issues.hpp"
#include "data/import_qlib.hpp"
#include "data/import_rows.hpp"
#include "data/import_sides.hpp"
#include "data/status.hpp"
#include "engine/core/error.hpp"
#include "engine/store/table_file.hpp"

namespace evofactor {
namespace {

/// What there is to read.
struct Sources {
  std::vector<std::filesystem::path> rows;
  std::optional<std::filesystem::path> qlib;
  SideFiles sides;
  std::vector<std::string> warnings;
};

/// File name without its table extensions: index_daily of index_daily.csv.gz.
std::string bare_name(const std::filesystem::path& file) {
  const std::filesystem::path name = file.filename();
  return (is_compressed(name) ? name.stem() : name).stem().string();
}

/// Keeps the file as a side file if it has the name of one.
bool take_side(const std::filesystem::path& file, Sources& sources) {
  const std::string name = bare_name(file);
  auto& sides = sources.sides;
  if (name == "constituents")
    sides.constituents = file;
  else if (name == "index_daily")
    sides.index_daily = file;
  else if (name == "shares")
    sides.shares = file;
  else if (name == "names")
    sides.names = file;
  else if (name == "industry")
    sides.industry = file;
  else if (name == "fundamentals")
    sources.warnings.push_back(fmt::format("{}: fundamentals are not imported", file.string()));
  else
    return false;
  return true;
}

bool wanted_format(const std::filesystem::path& file, ImportFormat format) {
  const auto kind = table_format(file);
  if (!kind) return false;
  if (format == ImportFormat::kCsv) return *kind == TableFormat::kCsv;
  if (format == ImportFormat::kParquet) return *kind != TableFormat::kCsv;
  return true;
}

void take_folder(const std::filesystem::path& folder, ImportFormat format, Sources& sources) {
  if (format == ImportFormat::kQlib || (format == ImportFormat::kAuto && is_qlib(folder)))
    sources.qlib = folder;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_regular_file() && !entry.path().filename().string().starts_with('.'))
      files.push_back(entry.path());
  std::ranges::sort(files);
  for (const auto& file : files) {
    // Notes beside the data may be .txt; tables of rows are not.
    if (!table_format(file) || file.extension() == ".txt" || take_side(file, sources)) continue;
    if (!sources.qlib && wanted_format(file, format)) sources.rows.push_back(file);
  }
}

Sources find_sources(const ImportOptions& options) {
  Problems problems;
  Sources sources;
  if (options.inputs.empty()) problems.add("nothing to import: give a directory or files");
  for (const auto& input : options.inputs) {
    std::error_code error;
    if (std::filesystem::is_directory(input, error))
      take_folder(input, options.format, sources);
    else if (!std::filesystem::exists(input, error))
      problems.add("{}: there is no such file or directory", input.string());
    else if (options.format == ImportFormat::kQlib)
      problems.add("{}: is a file; a qlib directory is expected", input.string());
    else if (!take_side(input, sources))
      sources.rows.push_back(input);
  }
  if (sources.qlib && (options.inputs.size() > 1 || !sources.rows.empty()))
    problems.add("{}: a qlib directory is imported alone", sources.qlib->string());
  const auto choose = [&](auto& side, const auto& given) {
    if (!given) return;
    std::error_code error;
    if (!std::filesystem::exists(*given, error))
      problems.add("{}: there is no such file", given->string());
    side = given;
  };
  choose(sources.sides.constituents, options.constituents);
  choose(sources.sides.index_daily, options.index_daily);
  choose(sources.sides.shares, options.shares);
  choose(sources.sides.names, options.names);
  choose(sources.sides.industry, options.industry);
  problems.throw_if_any<ConfigError>();
  if (sources.rows.empty() && !sources.qlib)
    throw ConfigError(
        fmt::format("{}: no table of prices there; expected .csv, .csv.gz, .csv.zst, .parquet or "
                    ".feather files, or a qlib directory",
                    options.inputs.front().string()));
  return sources;
}

/// Tells the caller how far each stage is; threads may report at once.
class Progress {
 public:
  explicit Progress(const ImportOptions& options) : callback_(options.progress) {}
  void operator()(std::string_view stage, double fraction) const {
    if (!callback_) return;
    const std::lock_guard lock(mutex_);
    callback_(stage, fraction);
  }

 private:
  const std::function<void(std::string_view, double)>& callback_;
  mutable std::mutex mutex_;
};

std::vector<RowBlock> read_tables(const std::vector<std::filesystem::path>& files,
                                  const ImportOptions& options, const Progress& progress) {
  std::vector<RowBlock> blocks(files.size(), RowBlock(options.lenient));
  std::vector<std::uintmax_t> sizes(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::error_code error;
    sizes[i] = std::filesystem::file_size(files[i], error);
    if (error) sizes[i] = 0;
  }
  // Largest first, so that no thread is left with a large one at the end.
  std::vector<std::size_t> order(files.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return sizes[i]; });
  const double total = static_cast<double>(
      std::max<std::uintmax_t>(1, std::accumulate(sizes.begin(), sizes.end(), std::uintmax_t{0})));
  std::mutex mutex;
  std::uintmax_t done = 0;
  std::size_t next = 0;
  const auto take = [&] {
    const std::lock_guard lock(mutex);
    return next < order.size() ? std::optional(order[next++]) : std::nullopt;
  };
  tbb::parallel_for(
      std::size_t{0}, files.size(),
      [&](std::size_t) {
        const auto i = take();
        if (!i) return;
        try {
          blocks[*i] = read_rows(files[*i], options);
        } catch (const DataError& error) {
          blocks[*i].source = files[*i].string();
          blocks[*i].issues.refuse_file(error.what());
        }
        const std::lock_guard lock(mutex);
        done += sizes[*i];
        progress("reading", static_cast<double>(done) / total);
      },
      tbb::simple_partitioner());
  return blocks;
}

/// Runs the reading of a side file; one that cannot be read at all is a problem like others.
template <class Read>
void read_side(const std::optional<std::filesystem::path>& file, Issues& issues,
               ImportReport& report, const Read& read) {
  if (!file) return;
  report.files.push_back(file->string());
  try {
    read(*file);
  } catch (const DataError& error) {
    issues.refuse_file(error.what());
  }
}

void add_notes(Panel& panel, const ImportReport& report) {
  if (!panel.has("adj_factor"))
    panel.notes.emplace_back(
        "no adjustment factors: prices and volumes are used as they are, so splits and dividends "
        "show unless the source had adjusted them");
  for (const auto& [kind, finding] : report.made_missing)
    panel.notes.push_back(fmt::format("{} values were made missing for {}", finding.count, kind));
}

}  // namespace

Panel import_panel(const ImportOptions& options, ImportReport& report) {
  report = {};
  const Sources sources = find_sources(options);
  const Progress progress(options);
  Issues issues(options.lenient);
  report.warnings = sources.warnings;
  std::vector<std::string> notes;

  std::vector<RowBlock> blocks;
  std::optional<GivenCalendar> calendar;
  IndexTable indices;
  std::vector<Membership> members;
  progress("reading", 0);
  if (sources.qlib) {
    QlibData data = read_qlib(*sources.qlib, options, issues, notes,
                              [&](double fraction) { progress("reading", fraction); });
    blocks = std::move(data.blocks);
    calendar = std::move(data.calendar);
    indices = std::move(data.indices);
    members = std::move(data.members);
    for (const auto& file : data.files) report.files.push_back(file.string());
  } else {
    blocks = read_tables(sources.rows, options, progress);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      issues.merge(blocks[i].issues);
      report.files.push_back(sources.rows[i].string());
    }
  }
  read_side(sources.sides.index_daily, issues, report, [&](const auto& file) {
    indices = read_index_daily(file, issues);
    if (!sources.qlib && !indices.days.empty())
      calendar = GivenCalendar{indices.days, file.string()};
  });

  progress("assembling", 0);
  Panel panel = assemble(blocks, calendar, issues, report.warnings);
  blocks.clear();
  blocks.shrink_to_fit();
  panel.notes = std::move(notes);
  panel.industry.assign(panel.stocks.size(), -1);
  put_indices(panel, indices);

  progress("side files", 0);
  StatusSources status;
  read_side(sources.sides.constituents, issues, report, [&](const auto& file) {
    const auto listed = read_constituents(file, issues, panel.notes);
    members.insert(members.end(), listed.begin(), listed.end());
  });
  put_universes(panel, members, report.warnings);
  read_side(sources.sides.shares, issues, report,
            [&](const auto& file) { put_shares(panel, file, issues); });
  read_side(sources.sides.names, issues, report,
            [&](const auto& file) { read_names(panel, file, status, issues); });
  read_side(sources.sides.industry, issues, report,
            [&](const auto& file) { put_industry(panel, file, status, issues); });

  issues.throw_if_any();
  if (panel.stocks.empty() || panel.n_days() == 0)
    throw DataError(fmt::format("{}: holds no row of any stock", fmt::join(report.files, ", ")));
  progress("status", 0);
  fill_status(panel, status);
  progress("checking", 0);
  report.made_missing = issues.made_missing();
  describe_panel(panel, report);
  add_notes(panel, report);
  std::vector<std::string> inputs;
  for (const auto& input : options.inputs) inputs.push_back(input.string());
  panel.source = fmt::format("{}", fmt::join(inputs, ", "));
  return panel;
}

}  // namespace evofactor
