#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace evofactor::app {

/// A finished search whose factors stand on a map with those of other arms.
struct MappedSearch {
  std::string arm;
  std::int64_t seed = 0;
  int fold = 0;
  std::filesystem::path folder;
  int min_stocks = 30;  ///< two factors must share on a day for it to count
};

/// Writes diversity.json (docs/run-folder.md) into a folder: for each seed and fold a map of
/// the 50 best factors of every arm, from the values on test days in their factors.parquet; an arm
/// without that file is left out. Maps whose pools are as they were stay as they are.
/// Deterministic.
/// @throws StoreError, DataError
void write_factor_maps(const std::filesystem::path& folder,
                       const std::vector<MappedSearch>& searches);

}  // namespace evofactor::app
