#include "data/import_table.hpp"

#include <arrow/buffer.h>
#include <arrow/csv/api.h>
#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "engine/core/error.hpp"
#include "engine/store/table_file.hpp"

namespace evofactor {

/// Rows of a CSV file with too few or too many cells; the parser's thread tells of them.
struct TableStream::SkippedRows {
  struct SkippedRow {
    std::int64_t number;
    int expected, got;
  };
  std::mutex mutex;
  std::vector<SkippedRow> rows;  ///< ascending
};

namespace {

constexpr std::int64_t kHeaderBytes = 1 << 16;
constexpr std::int32_t kBlockBytes = 1 << 20;

struct CsvHeader {
  std::vector<std::string> names;
  char delimiter = ',';
};

/// Names in the first line, by the separator that gives the most of them.
CsvHeader parse_header(std::string_view line) {
  if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  CsvHeader best;
  for (const char delimiter : {',', '\t', ';', '|'}) {
    std::vector<std::string> names(1);
    bool quoted = false;
    for (const char c : line) {
      if (c == '"')
        quoted = !quoted;
      else if (c == delimiter && !quoted)
        names.emplace_back();
      else
        names.back() += c;
    }
    if (names.size() > best.names.size()) best = {names, delimiter};
  }
  return best;
}

}  // namespace

TableStream::~TableStream() = default;

TableStream::TableStream(std::filesystem::path file, const std::vector<ColumnSpec>& wanted,
                         std::size_t text_columns, CsvCells cells, Issues& issues)
    : file_(std::move(file)), issues_(issues) {
  const auto format = table_format(file_);
  if (!format)
    throw DataError(fmt::format(
        "{}: unknown kind of table; expected .csv, .csv.gz, .csv.zst, .parquet or .feather",
        file_.string()));
  csv_ = *format == TableFormat::kCsv;
  typed_ = csv_ && cells == CsvCells::kTyped;
  if (csv_)
    open_csv(wanted, text_columns, cells);
  else
    open_columnar(wanted);
}

void TableStream::open_csv(const std::vector<ColumnSpec>& wanted, std::size_t text_columns,
                           CsvCells cells) {
  const auto start = open_decompressed(file_)->Read(kHeaderBytes);
  if (!start.ok())
    throw DataError(
        fmt::format("{}: cannot be read: {}", file_.string(), start.status().message()));
  const std::string first_bytes = (*start)->ToString();
  const std::string_view text = first_bytes;
  const auto line_end = text.find_first_of("\r\n");
  const CsvHeader header = parse_header(text.substr(0, line_end));
  if (text.empty())
    throw DataError(fmt::format("{}: is empty; a header is expected", file_.string()));
  header_ = header.names;
  place_ = find_columns(file_.string(), header_, wanted, issues_);
  batch_column_.resize(wanted.size());
  if (text.find_first_not_of("\r\n", std::min(line_end, text.size())) == std::string_view::npos) {
    empty_ = true;
    return;
  }

  auto read = arrow::csv::ReadOptions::Defaults();
  read.use_threads = false;  // files are read side by side; only so are rows numbered
  read.block_size = kBlockBytes;
  read.skip_rows = 1;
  for (std::size_t c = 0; c < header_.size(); ++c)
    read.column_names.push_back(fmt::format("c{}", c));
  auto convert = arrow::csv::ConvertOptions::Defaults();
  convert.null_values = {"", "nan", "NaN"};
  for (std::size_t w = 0; w < wanted.size(); ++w) {
    if (!place_[w]) continue;
    const std::string& name = read.column_names[*place_[w]];
    batch_column_[w] = convert.include_columns.size();
    convert.include_columns.push_back(name);
    convert.column_types[name] = cells == CsvCells::kText ? arrow::utf8()
                                 : w < text_columns
                                     ? arrow::dictionary(arrow::int32(), arrow::utf8())
                                     : arrow::float64();
  }
  auto parse = arrow::csv::ParseOptions::Defaults();
  parse.delimiter = header.delimiter;
  skipped_ = std::make_shared<SkippedRows>();
  parse.invalid_row_handler = [skipped = skipped_](const arrow::csv::InvalidRow& row) {
    const std::lock_guard lock(skipped->mutex);
    skipped->rows.push_back({row.number, row.expected_columns, row.actual_columns});
    return arrow::csv::InvalidRowResult::Skip;
  };
  auto reader = arrow::csv::StreamingReader::Make(arrow::io::default_io_context(),
                                                  open_decompressed(file_), read, parse, convert);
  if (!reader.ok()) {
    if (typed_) throw UnfitCell{};
    throw DataError(
        fmt::format("{}: cannot be read: {}", file_.string(), reader.status().message()));
  }
  reader_ = *reader;
}

void TableStream::open_columnar(const std::vector<ColumnSpec>& wanted) {
  table_ = read_columnar(file_);
  header_ = table_->schema()->field_names();
  place_ = find_columns(file_.string(), header_, wanted, issues_);
  std::vector<int> used;
  for (const auto& place : place_) {
    batch_column_.push_back(place ? std::optional(used.size()) : std::nullopt);
    if (place) used.push_back(static_cast<int>(*place));
  }
  const auto selected = table_->SelectColumns(used);
  if (!selected.ok())
    throw DataError(
        fmt::format("{}: cannot be read: {}", file_.string(), selected.status().message()));
  table_ = *selected;
  const auto batches = std::make_shared<arrow::TableBatchReader>(table_);
  batches->set_chunksize(std::int64_t{1} << 16);
  reader_ = batches;
}

std::shared_ptr<arrow::RecordBatch> TableStream::next() {
  if (empty_) return nullptr;
  std::shared_ptr<arrow::RecordBatch> batch;
  const auto status = reader_->ReadNext(&batch);
  if (!status.ok()) {
    if (typed_ && status.IsInvalid()) throw UnfitCell{};
    throw DataError(fmt::format("{}: cannot be read: {}", file_.string(), status.message()));
  }
  if (skipped_) {
    const std::lock_guard lock(skipped_->mutex);
    for (; known_skipped_.size() < skipped_->rows.size();) {
      const SkippedRows::SkippedRow& row = skipped_->rows[known_skipped_.size()];
      known_skipped_.push_back(row.number);
      issues_.add(IssueKind::kCell, "{}:{}: expected {} cells as in the header, got {}",
                  file_.string(), row.number, row.expected, row.got);
    }
  }
  return batch;
}

std::shared_ptr<arrow::Array> TableStream::column(const arrow::RecordBatch& batch,
                                                  std::size_t wanted) const {
  if (!batch_column_[wanted]) return nullptr;
  return batch.column(static_cast<int>(*batch_column_[wanted]));
}

std::int64_t TableStream::row_number(std::int64_t index) const {
  if (!csv_) return index + 1;
  std::int64_t number = index + 2;
  for (const std::int64_t skipped : known_skipped_)
    if (skipped <= number) ++number;
  return number;
}

}  // namespace evofactor
