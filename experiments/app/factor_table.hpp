#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "data/market.hpp"

namespace evofactor::app {

/// Factors to write side by side. The values outlive the table and cover `days`.
struct FactorTable {
  DayRange days;
  std::vector<std::pair<std::string, const FactorValues*>> columns;
};

/// Turns a factor around: one whose sign is -1 is used, written and scored so.
void negate(FactorValues& factor);

/// Writes date, code and a column per factor, one row per day and stock of `mask`, ordered by day
/// then stock; NaN is null. Format by extension (.parquet, .csv, .csv.gz). @throws StoreError
void write_factors(const std::filesystem::path& file, const Market& market,
                   const Grid<std::uint8_t>& mask, const FactorTable& table);

}  // namespace evofactor::app
