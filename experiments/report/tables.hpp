#pragma once
#include <filesystem>
#include <string>

#include "engine/core/json.hpp"
#include "experiments/report/analysis.hpp"

namespace evofactor::report {

/// The run's numbers as CSV files in `folder`: schemes, folds, baselines, paired_differences,
/// generations, daily, combinations, diversity, pool_<arm>. Values with six significant digits,
/// empty where unknown. @throws StoreError
void write_tables(const RunData& run, const Analysis& analysis,
                  const std::filesystem::path& folder);

/// Arms, random search, the composite and volatility side by side, aligned for a terminal, and one
/// line of verdict.
[[nodiscard]] std::string summary_table(const RunData& run, const Analysis& analysis);

/// The same as one JSON document: headline, schemes, paired differences, unfinished searches,
/// notes.
[[nodiscard]] Json summary_json(const RunData& run, const Analysis& analysis);

/// "pool_" + the arm with everything but letters, digits, '.', '_' and '-' replaced + ".csv".
[[nodiscard]] std::string pool_file_name(const std::string& arm);

/// Schemes that stand in every comparison: arms, random search, composite20 and vol60.
[[nodiscard]] std::vector<const Scheme*> compared_schemes(const Analysis& analysis);

}  // namespace evofactor::report
