#include "data/import_cells.hpp"

#include <arrow/api.h>
#include <arrow/compute/cast.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "data/import_columns.hpp"
#include "engine/core/error.hpp"

namespace evofactor {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kMillisecondsPerDay = 86400000;

std::shared_ptr<arrow::Array> cast(const arrow::Array& array,
                                   const std::shared_ptr<arrow::DataType>& type) {
  auto result = arrow::compute::Cast(array, arrow::TypeHolder(type),
                                     arrow::compute::CastOptions::Unsafe(type));
  if (!result.ok())
    throw DataError(fmt::format("a column of type {} cannot be used as {}",
                                array.type()->ToString(), type->ToString()));
  return std::move(result).ValueUnsafe();
}

bool is_text(const arrow::Array& array) {
  const auto id = array.type_id();
  return id == arrow::Type::STRING || id == arrow::Type::LARGE_STRING ||
         id == arrow::Type::STRING_VIEW || id == arrow::Type::BINARY;
}

/// Calls visit(row, text) with the text of each cell, of a dictionary once a distinct value and
/// with the rows' indices after; empty for null.
template <class Visit>
void for_each_text(const arrow::Array& array, const Visit& visit) {
  const auto plain = array.type_id() == arrow::Type::STRING ? nullptr : cast(array, arrow::utf8());
  const auto& texts = static_cast<const arrow::StringArray&>(plain ? *plain : array);
  for (std::int64_t i = 0; i < texts.length(); ++i)
    visit(static_cast<std::size_t>(i), texts.IsNull(i) ? std::string_view() : texts.GetView(i));
}

/// out[row] = value of the row's text; a dictionary is looked into once a distinct value.
template <class T, class ValueOf>
void decode_by_text(const arrow::Array& array, std::vector<T>& out, T missing,
                    const ValueOf& value_of) {
  out.resize(static_cast<std::size_t>(array.length()));
  if (array.type_id() != arrow::Type::DICTIONARY) {
    std::string last;
    T last_value = missing;
    bool any = false;
    for_each_text(array, [&](std::size_t row, std::string_view text) {
      if (!any || text != last) {
        last = text;
        last_value = value_of(text);
        any = true;
      }
      out[row] = last_value;
    });
    return;
  }
  const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
  std::vector<T> values(static_cast<std::size_t>(dictionary.dictionary()->length()), missing);
  std::vector<char> known(values.size(), 0);
  std::vector<std::string> texts(values.size());
  for_each_text(*dictionary.dictionary(),
                [&](std::size_t i, std::string_view text) { texts[i] = text; });
  const auto wide = dictionary.indices()->type_id() == arrow::Type::INT32
                        ? dictionary.indices()
                        : cast(*dictionary.indices(), arrow::int32());
  const auto& indices = static_cast<const arrow::Int32Array&>(*wide);
  for (std::int64_t row = 0; row < indices.length(); ++row) {
    if (indices.IsNull(row)) {
      out[static_cast<std::size_t>(row)] = value_of(std::string_view());
      continue;
    }
    // Values are taken in the order of the rows, and only those in use: a slice shares the
    // dictionary of its file.
    const auto i = static_cast<std::size_t>(indices.Value(row));
    if (known[i] == 0) {
      values[i] = value_of(texts[i]);
      known[i] = 1;
    }
    out[static_cast<std::size_t>(row)] = values[i];
  }
}

std::string text_at(const arrow::Array& array, std::size_t row) {
  if (array.type_id() == arrow::Type::DICTIONARY && !array.IsNull(static_cast<std::int64_t>(row))) {
    const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
    return text_at(
        *dictionary.dictionary(),
        static_cast<std::size_t>(dictionary.GetValueIndex(static_cast<std::int64_t>(row))));
  }
  const auto scalar = array.GetScalar(static_cast<std::int64_t>(row));
  return scalar.ok() ? (*scalar)->ToString() : std::string();
}

Date date_of_days(std::int64_t days) {
  const std::chrono::year_month_day day{std::chrono::sys_days(std::chrono::days(days))};
  return static_cast<int>(day.year()) * 10000 +
         static_cast<int>(static_cast<unsigned>(day.month())) * 100 +
         static_cast<int>(static_cast<unsigned>(day.day()));
}

/// Milliseconds from UTC to the local time that a zone's dates are meant in.
std::int64_t zone_offset(const std::string& zone) {
  if (zone.empty() || zone == "UTC" || zone == "+00:00") return 0;
  for (const char* china : {"Asia/Shanghai", "Asia/Chongqing", "Asia/Hong_Kong", "PRC", "+08:00"})
    if (zone == china) return std::int64_t{8} * 3600 * 1000;
  throw DataError(fmt::format(
      "dates in time zone {} are not understood; expected dates, or times without a zone", zone));
}

/// Dates of a timestamp or date array; a time within the day is unfit.
void decode_times(const arrow::Array& array, std::vector<Date>& out, const BadCell& bad) {
  std::int64_t offset = 0;
  if (array.type_id() == arrow::Type::TIMESTAMP)
    offset = zone_offset(static_cast<const arrow::TimestampType&>(*array.type()).timezone());
  // Through whole milliseconds without a zone, so that all units are alike.
  const auto unzoned =
      array.type_id() == arrow::Type::TIMESTAMP
          ? cast(*cast(array,
                       arrow::timestamp(
                           arrow::TimeUnit::MILLI,
                           static_cast<const arrow::TimestampType&>(*array.type()).timezone())),
                 arrow::int64())
          : cast(*cast(array, arrow::date64()), arrow::int64());
  const auto& milliseconds = static_cast<const arrow::Int64Array&>(*unzoned);
  constexpr std::int64_t kClose = std::int64_t{15} * 3600 * 1000;
  for (std::int64_t i = 0; i < milliseconds.length(); ++i) {
    const auto row = static_cast<std::size_t>(i);
    const std::int64_t time = milliseconds.IsNull(i) ? 1 : milliseconds.Value(i) + offset;
    const std::int64_t days =
        (time >= 0 ? time : time - kMillisecondsPerDay + 1) / kMillisecondsPerDay;
    const std::int64_t within = time - days * kMillisecondsPerDay;
    out[row] = within == 0 || within == kClose ? date_of_days(days) : 0;
    if (out[row] == 0) bad(row, milliseconds.IsNull(i) ? "" : text_at(array, row));
  }
}

}  // namespace

void decode_numbers(const arrow::Array& array, std::vector<double>& out, const BadCell& bad) {
  const auto n = static_cast<std::size_t>(array.length());
  out.resize(n);
  if (array.type_id() == arrow::Type::NA) {
    std::fill(out.begin(), out.end(), kNaN);
    return;
  }
  if (array.type_id() == arrow::Type::DICTIONARY) {
    decode_numbers(
        *cast(array, static_cast<const arrow::DictionaryType&>(*array.type()).value_type()), out,
        bad);
    return;
  }
  if (is_text(array)) {
    for_each_text(array, [&](std::size_t row, std::string_view text) {
      const auto value = number_of_text(text);
      out[row] = value.value_or(kNaN);
      if (!value) bad(row, text);
    });
    return;
  }
  if (!arrow::is_numeric(array.type_id()) && !arrow::is_decimal(array.type_id()))
    throw DataError(
        fmt::format("numbers are expected in a column of type {}", array.type()->ToString()));
  const auto wide =
      array.type_id() == arrow::Type::DOUBLE ? nullptr : cast(array, arrow::float64());
  const auto& numbers = static_cast<const arrow::DoubleArray&>(wide ? *wide : array);
  const double* values = numbers.raw_values();
  const bool nulls = numbers.null_count() > 0;
  for (std::size_t row = 0; row < n; ++row) {
    const bool null = nulls && numbers.IsNull(static_cast<std::int64_t>(row));
    out[row] = null ? kNaN : values[row];
    if (std::isinf(out[row])) {
      bad(row, out[row] > 0 ? "inf" : "-inf");
      out[row] = kNaN;
    }
  }
}

void decode_texts(const arrow::Array& array, std::vector<std::string>& out) {
  out.clear();
  out.reserve(static_cast<std::size_t>(array.length()));
  for_each_text(array, [&](std::size_t, std::string_view text) { out.emplace_back(text); });
}

Date DateDecoder::date_of(std::string_view text) {
  const auto [entry, fresh] = known_.try_emplace(std::string(text), 0);
  if (fresh) entry->second = date_of_text(text).value_or(0);
  return entry->second;
}

void DateDecoder::decode(const arrow::Array& array, std::vector<Date>& out, const BadCell& bad) {
  out.resize(static_cast<std::size_t>(array.length()));
  const auto id = array.type_id();
  if (id == arrow::Type::TIMESTAMP || id == arrow::Type::DATE32 || id == arrow::Type::DATE64) {
    decode_times(array, out, bad);
    return;
  }
  decode_by_text<Date>(array, out, 0, [&](std::string_view text) { return date_of(text); });
  for (std::size_t row = 0; row < out.size(); ++row)
    if (out[row] == 0) bad(row, text_at(array, row));
}

std::int32_t CodeDecoder::number_of(std::string_view text) {
  const auto [entry, fresh] = number_of_text_.try_emplace(std::string(text), -1);
  if (!fresh) return entry->second;
  std::string code = normal_code(text);
  if (code.empty()) return -1;
  const auto [by_code, new_code] =
      number_of_code_.try_emplace(code, static_cast<std::int32_t>(codes_.size()));
  if (new_code) codes_.push_back(std::move(code));
  return entry->second = by_code->second;
}

void CodeDecoder::decode(const arrow::Array& array, std::vector<std::int32_t>& out,
                         const BadCell& bad) {
  decode_by_text<std::int32_t>(array, out, -1,
                               [&](std::string_view text) { return number_of(text); });
  for (std::size_t row = 0; row < out.size(); ++row)
    if (out[row] < 0) bad(row, "");
}

}  // namespace evofactor
