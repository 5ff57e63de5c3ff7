#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/formula/program.hpp"

namespace evofactor::app {

/// A formula the user gave, and where.
struct ListedFormula {
  std::string place;  ///< "--formula 2" or "FILE:3", for messages
  std::string name;   ///< empty if none was given
  std::string text;   ///< as given
  formula::Program program;
};

/// Formulas of the command line, then those of `file`: one a line, `formula` or `name<TAB>formula`;
/// empty lines and lines that begin with # are skipped. What does not parse and names given twice
/// become problems.
/// @throws StoreError if the file cannot be read
[[nodiscard]] std::vector<ListedFormula> list_formulas(
    const std::vector<std::string>& texts, const std::optional<std::filesystem::path>& file,
    Problems& problems);

/// A heading for each formula, no two alike: its name, else its canonical text.
[[nodiscard]] std::vector<std::string> headings(const std::vector<ListedFormula>& formulas);

}  // namespace evofactor::app
