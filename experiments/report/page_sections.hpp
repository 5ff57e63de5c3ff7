#pragma once
#include <string>

#include "experiments/report/analysis.hpp"

namespace evofactor::report {

// The sections of the page that are tables and words, as HTML without their titles.

/// Headline, the best arm against its yardsticks, facts of the run and notices.
[[nodiscard]] std::string first_screen(const RunData& run, const Analysis& analysis);
/// All methods in one table, and the arms against the plain ones.
[[nodiscard]] std::string schemes_section(const Analysis& analysis);
[[nodiscard]] std::string paired_section(const Analysis& analysis);
[[nodiscard]] std::string folds_section(const Analysis& analysis);
/// Methods that need no search.
[[nodiscard]] std::string baselines_section(const Analysis& analysis);
/// The factors that every search kept, and ways to combine them.
[[nodiscard]] std::string pools_section(const RunData& run, const Analysis& analysis);
[[nodiscard]] std::string unfinished_section(const RunData& run);
/// Days, counts, program and experiment.
[[nodiscard]] std::string method_section(const RunData& run, const Analysis& analysis);
[[nodiscard]] std::string glossary();

}  // namespace evofactor::report
