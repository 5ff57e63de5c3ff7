#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/json.hpp"

namespace evofactor::app {

/// One search's folder within a run: RUN/<arm>/seed-<s>/fold-<k>.
struct SearchFolder {
  std::filesystem::path path;
  std::string arm;
  std::int64_t seed = 0;
  int fold = 0;
};

/// Which searches are meant; what is not given matches all.
struct SearchChoice {
  std::optional<std::string> arm;
  std::optional<std::int64_t> seed;
  std::optional<int> fold;
};

/// Searches of a run folder (or the one search whose folder is given), in order of arm, seed, fold.
/// @throws ConfigError if it is no run folder
[[nodiscard]] std::vector<SearchFolder> searches_of(const std::filesystem::path& run,
                                                    const SearchChoice& choice);

/// pool.json of a finished search. @throws ConfigError if it has none yet
[[nodiscard]] Json read_pool(const SearchFolder& search);

}  // namespace evofactor::app
