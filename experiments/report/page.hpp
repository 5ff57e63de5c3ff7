#pragma once
#include <filesystem>
#include <string>

#include "experiments/report/analysis.hpp"

namespace evofactor::report {

/// The whole report as one HTML document that needs no network: style, script, Plotly and data are
/// inside it. All text from the run is escaped.
/// @throws StoreError if Plotly cannot be read (env EVOFACTOR_PLOTLY, then the copy known when the
/// program was built)
[[nodiscard]] std::string report_page(const RunData& run, const Analysis& analysis);

}  // namespace evofactor::report
