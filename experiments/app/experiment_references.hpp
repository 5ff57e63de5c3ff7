#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/core/json.hpp"

namespace evofactor::app {

// What an experiment file refers to: files of formulas and of genomes, relative to it.

/// Puts the formulas of a file in the place of "@FILE" among a search's initial formulas.
/// @param arm keys of an arm, or those above the arms @param file of the experiment
void expand_formula_files(Json& arm, const std::filesystem::path& file, Problems& problems);

/// Puts the layers and inputs of a genome's file in the place of its name in "architecture".
void expand_architecture(Json& arm, const std::filesystem::path& file, Problems& problems);

/// Names and formulas of `baselines.library`.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> read_library(
    const std::vector<std::string>& entries, const std::filesystem::path& file, Problems& problems);

}  // namespace evofactor::app
