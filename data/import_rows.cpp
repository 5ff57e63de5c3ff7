#include "data/import_rows.hpp"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/import_cells.hpp"
#include "data/import_table.hpp"
#include "engine/core/error.hpp"

namespace evofactor {
namespace {

constexpr std::size_t kTextColumns = 2;  // date, code
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

float stored(double value) { return std::isnan(value) ? kMissing : static_cast<float>(value); }

class RowReader {
 public:
  RowReader(const std::filesystem::path& file, const ImportOptions& options, CsvCells cells)
      : options_(options),
        block_(options.lenient),
        stream_(file, long_table_columns(), kTextColumns, cells, block_.issues) {
    block_.source = file.string();
    for (std::size_t f = 0; f < kFieldCount; ++f) present_[f] = stream_.has(kTextColumns + f);
    derive_vwap_ = !present_[kVwap] && present_[kAmount];
    derive_amount_ = present_[kVwap] && !present_[kAmount];
  }

  RowBlock read() {
    while (const auto batch = stream_.next()) take(*batch);
    block_.codes = std::move(codes_.codes());
    return std::move(block_);
  }

 private:
  /// Tells of a cell that cannot be converted.
  BadCell complain(std::size_t column, std::string_view what) {
    return [this, column, what](std::size_t row, std::string_view text) {
      if (!bad_[row] && column < kTextColumns) bad_[row] = 1;
      if (text.empty())
        block_.issues.add(IssueKind::kCell, "{}:{}: {} is empty; {} is expected", block_.source,
                          number_of(row), stream_.column_name(column), what);
      else
        block_.issues.add(IssueKind::kCell, "{}:{}: {} \"{}\" is not {}{}", block_.source,
                          number_of(row), stream_.column_name(column), text, what,
                          column < kTextColumns ? "" : "; use an empty cell for a missing value");
    };
  }
  [[nodiscard]] std::int64_t number_of(std::size_t row) const {
    return stream_.row_number(rows_before_ + static_cast<std::int64_t>(row));
  }

  void take(const arrow::RecordBatch& batch) {
    const auto n = static_cast<std::size_t>(batch.num_rows());
    bad_.assign(n, 0);
    dates_.decode(*stream_.column(batch, 0), batch_dates_,
                  complain(0, "a date like 2011-01-04 or 20110104"));
    codes_.decode(*stream_.column(batch, 1), batch_codes_, complain(1, "a code like 600519.SH"));
    for (std::size_t f = 0; f < kFieldCount; ++f)
      if (present_[f])
        decode_numbers(*stream_.column(batch, kTextColumns + f), columns_[f],
                       complain(kTextColumns + f, "a number"));
    reserve(n);
    RowValues values;
    for (std::size_t row = 0; row < n; ++row) {
      if (bad_[row] != 0) continue;
      for (std::size_t f = 0; f < kFieldCount; ++f)
        values[f] = present_[f] ? columns_[f][row] : kNaN;
      if (options_.volume_unit == VolumeUnit::kLots) values[kVolume] *= kSharesPerLot;
      if (options_.amount_unit == AmountUnit::kThousandCny) values[kAmount] *= kCnyPerThousand;
      check_row(
          values, [&] { return fmt::format("{}:{}", block_.source, number_of(row)); },
          block_.issues);
      if (derive_vwap_)
        values[kVwap] = values[kVolume] > 0 ? values[kAmount] / values[kVolume] : kNaN;
      if (derive_amount_) values[kAmount] = values[kVwap] * values[kVolume];
      block_.dates.push_back(batch_dates_[row]);
      block_.code.push_back(batch_codes_[row]);
      block_.row.push_back(static_cast<std::uint32_t>(number_of(row)));
      for (std::size_t f = 0; f < kFieldCount; ++f)
        if (kept(f)) block_.fields[f].push_back(stored(values[f]));
    }
    rows_before_ += batch.num_rows();
  }

  [[nodiscard]] bool kept(std::size_t field) const {
    return present_[field] || (field == kVwap && derive_vwap_) ||
           (field == kAmount && derive_amount_);
  }
  /// Grows by halves, not by batches.
  void reserve(std::size_t more) {
    const std::size_t needed = block_.size() + more;
    if (needed <= block_.dates.capacity()) return;
    const std::size_t capacity = std::max(needed, block_.size() + block_.size() / 2);
    block_.dates.reserve(capacity);
    block_.code.reserve(capacity);
    block_.row.reserve(capacity);
    for (std::size_t f = 0; f < kFieldCount; ++f)
      if (kept(f)) block_.fields[f].reserve(capacity);
  }

  const ImportOptions& options_;
  RowBlock block_;
  TableStream stream_;
  std::array<bool, kFieldCount> present_{};
  bool derive_vwap_ = false, derive_amount_ = false;
  DateDecoder dates_;
  CodeDecoder codes_;
  std::int64_t rows_before_ = 0;
  std::vector<char> bad_;  ///< rows of the batch that cannot be placed
  std::vector<Date> batch_dates_;
  std::vector<std::int32_t> batch_codes_;
  std::array<std::vector<double>, kFieldCount> columns_;
};

}  // namespace

std::string RowBlock::place(std::size_t i) const {
  return row.empty() ? fmt::format("{} {}", source, to_string(dates[i]))
                     : fmt::format("{}:{}", source, row[i]);
}

void check_row(RowValues& values, const std::function<std::string()>& place, Issues& issues) {
  for (const Field f : {kOpen, kHigh, kLow, kClose, kVwap, kAdjFactor})
    if (values[f] <= 0) {
      issues.add(IssueKind::kPrice, "{}: {} {} is not positive", place(), kFieldNames[f],
                 values[f]);
      values[f] = kNaN;
    }
  for (const Field f : {kVolume, kAmount, kFloatShares, kTotalShares})
    if (values[f] < 0) {
      issues.add(IssueKind::kVolume, "{}: {} {} is negative", place(), kFieldNames[f], values[f]);
      values[f] = kNaN;
    }
  if (values[kHigh] < values[kLow]) {
    issues.add(IssueKind::kHighLow, "{}: high {} is below low {}", place(), values[kHigh],
               values[kLow]);
    values[kHigh] = values[kLow] = kNaN;
  }
}

RowBlock read_rows(const std::filesystem::path& file, const ImportOptions& options) {
  try {
    return RowReader(file, options, CsvCells::kTyped).read();
  } catch (const TableStream::UnfitCell&) {
    return RowReader(file, options, CsvCells::kText).read();
  } catch (const DataError& error) {
    // Deep inside, a column's type is refused without the file's name.
    const std::string text = error.what();
    if (text.starts_with(file.string())) throw;
    throw DataError(fmt::format("{}: {}", file.string(), text));
  }
}

}  // namespace evofactor
