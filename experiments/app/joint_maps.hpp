#pragma once
#include <filesystem>

#include "experiments/report/run_data.hpp"

namespace evofactor::app {

/// Puts the pools of several runs on common maps: for each seed and fold that several of them have
/// finished, one map of all their arms takes the place of the runs' own. Written into
/// OUT/diversity.json, which a later call with the same pools reads instead of making it again.
/// Where runs differ in panel, universe or test days, or one alone has such a search, their own
/// maps stay and a note of `merged` says why.
/// @param merged of several runs (report::merge_runs)
/// @throws StoreError, DataError
void join_maps(report::RunData& merged, const std::filesystem::path& out);

}  // namespace evofactor::app
