#pragma once
#include <filesystem>

#include "experiments/report/run_data.hpp"

namespace evofactor::app {

/// Writes page and tables of `data` into `out`; says on stderr where, on stdout what they hold (a
/// table, or with `json` one document).
void publish(const report::RunData& data, const std::filesystem::path& out, bool json);

}  // namespace evofactor::app
