#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/ids.hpp"
#include "engine/core/json.hpp"

namespace evofactor::evolve {

/// What must be equal for two runs to be the same search.
// NOLINTNEXTLINE(bugprone-exception-escape): moving Json does not throw
struct Identity {
  std::string kind;  ///< of genome
  Seed root;
  std::uint64_t data_fingerprint = 0;
  Json settings;
  bool operator==(const Identity&) const = default;
};

/// "POINTER: OLD there, NEW here" for every value that differs. How long a search runs is no part
/// of what it is: keys below /budget, and the key `generations` of /search, are not compared.
[[nodiscard]] std::vector<std::string> differences(const Identity& there, const Identity& here);

/// @throws ConfigError with the differences, if there are any
void require_same_search(const std::filesystem::path& folder, const Identity& there,
                         const Identity& here);

/// FOLDER/search.json: whose folder this is, written before anything else in it. @throws StoreError
void write_identity(const std::filesystem::path& folder, const Identity& identity);
/// Nothing if there is no such file. @throws StoreError if it cannot be read
[[nodiscard]] std::optional<Identity> read_identity(const std::filesystem::path& folder);

}  // namespace evofactor::evolve
