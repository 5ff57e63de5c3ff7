#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "experiments/report/analysis.hpp"
#include "experiments/report/run_data.hpp"
#include "experiments/report/tables.hpp"

namespace evofactor::report {

/// (Re)builds RUN/report.html and RUN/tables/ from what the run stored. Values nothing again: test
/// days were scored once, by the run itself. @throws StoreError if `run` is no run folder or a file
/// cannot be written
void write_report(const std::filesystem::path& run);

/// The same for data already read.
void write_report(const RunData& run, const Analysis& analysis, const std::filesystem::path& out);

/// Several runs as one: arms keep their names where these are unique and become run/arm where they
/// clash; baselines are the first run's, with those of folds it lacks.
/// @throws ConfigError naming the differences if the runs differ in panel, universe, label, mask,
/// suspended days or the dates of a fold, unless `allow_differences`; they are notes of the result
/// then
[[nodiscard]] RunData merge_runs(std::span<const RunData> runs, bool allow_differences = false);

/// Reads, merges and writes `out`/report.html and `out`/tables/.
void write_comparison(std::span<const std::filesystem::path> runs, const std::filesystem::path& out,
                      bool allow_differences = false);

}  // namespace evofactor::report
