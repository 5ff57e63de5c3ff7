#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/evolve/checkpoint.hpp"
#include "engine/evolve/journal.hpp"
#include "engine/evolve/member.hpp"

namespace evofactor::evolve {

/// Where a search in a folder goes on.
// NOLINTNEXTLINE(bugprone-exception-escape): moving Json does not throw
struct StartPoint {
  std::optional<std::string> from;  ///< name of the checkpoint; nothing: from the start
  Checkpoint checkpoint;            ///< its content, if there is one
  std::vector<Member> population, pool, flight, former, origins;  ///< those of `checkpoint`
  Journal::Mark journal;                                          ///< where the journal goes on
  bool identity_current = false;  ///< search.json is there and says what this run is
  bool resumed = false;           ///< the folder held something of this search
};

/// Finds the newest checkpoint that is whole, of this search and in line with the journal, telling
/// `note` which were skipped and why. A checkpoint of a generation that an evaluation budget cut
/// short is passed over when the budget is now larger, so that the result is that of the larger
/// budget. A journal whose search cannot be told is emptied.
/// @throws ConfigError if the folder holds another search
[[nodiscard]] StartPoint find_start(const std::filesystem::path& folder, const Identity& identity,
                                    const AnyProblem& problem, const Budget& budget,
                                    Journal& journal,
                                    const std::function<void(std::string_view)>& note);

}  // namespace evofactor::evolve
