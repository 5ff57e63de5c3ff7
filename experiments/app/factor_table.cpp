#include "experiments/app/factor_table.hpp"

#include <arrow/api.h>

#include <cmath>

#include "engine/core/error.hpp"
#include "engine/store/table.hpp"

namespace evofactor::app {
namespace {

void check(const arrow::Status& status) {
  if (!status.ok()) throw StoreError(status.ToString());
}

template <class Builder, class Append>
std::shared_ptr<arrow::Array> column(Append append) {
  Builder builder;
  append(builder);
  std::shared_ptr<arrow::Array> array;
  check(builder.Finish(&array));
  return array;
}

}  // namespace

void negate(FactorValues& factor) {
  for (std::size_t r = 0; r < factor.values.rows(); ++r)
    for (float& value : factor.values.row(r)) value = -value;
}

void write_factors(const std::filesystem::path& file, const Market& market,
                   const Grid<std::uint8_t>& mask, const FactorTable& table) {
  const auto for_each_row = [&](auto&& visit) {
    for (int day = table.days.first; day < table.days.last; ++day) {
      const auto row = mask.row(static_cast<std::size_t>(day));
      for (std::size_t stock = 0; stock < row.size(); ++stock)
        if (row[stock] != 0) visit(day, stock);
    }
  };
  std::vector<std::shared_ptr<arrow::Field>> fields{arrow::field("date", arrow::date32()),
                                                    arrow::field("code", arrow::utf8())};
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  arrays.push_back(column<arrow::Date32Builder>([&](auto& builder) {
    for_each_row([&](int day, std::size_t) {
      check(builder.Append(days_since_epoch(market.calendar[day])));
    });
  }));
  arrays.push_back(column<arrow::StringBuilder>([&](auto& builder) {
    for_each_row([&](int, std::size_t stock) { check(builder.Append(market.stocks[stock])); });
  }));
  for (const auto& [name, values] : table.columns) {
    fields.push_back(arrow::field(name, arrow::float32()));
    arrays.push_back(column<arrow::FloatBuilder>([&, factor = values](auto& builder) {
      for_each_row([&](int day, std::size_t stock) {
        const float value = factor->day(day)[stock];
        check(std::isnan(value) ? builder.AppendNull() : builder.Append(value));
      });
    }));
  }
  write_table(file, *arrow::Table::Make(arrow::schema(fields), arrays));
}

}  // namespace evofactor::app
