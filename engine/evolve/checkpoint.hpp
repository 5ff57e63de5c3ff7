#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/evolve/identity.hpp"
#include "engine/evolve/journal.hpp"
#include "engine/evolve/search.hpp"

namespace evofactor::evolve {

/// A Member in the form it is stored in.
struct StoredMember {
  CandidateId id;
  ContentHash hash;
  Json genome;
  Lineage lineage;
  Outcome outcome;  ///< with its weights, in the pool and where a child may start from them
  std::uint64_t values_hash =
      0;  ///< in the pool: of its values, which are computed again on resume
};

/// A candidate bred and not yet admitted (steady state), with what it has to beat.
// NOLINTNEXTLINE(bugprone-exception-escape): moving Json does not throw
struct StoredInFlight {
  StoredMember member;            ///< its outcome is not known
  double elite = 0;               ///< fitness that made an elite when it was bred
  std::vector<CandidateId> pool;  ///< members of the pool when it was bred
};

/// Everything a search needs to go on after a generation, except what its journal holds. With
/// derived seeds, root seed and generation are the whole random state.
// NOLINTNEXTLINE(bugprone-exception-escape): moving Json does not throw
struct Checkpoint {
  Identity identity;
  std::vector<GenerationRecord> history;  ///< generations 0, 1, ...; at least one
  std::vector<StoredMember> population;
  std::vector<StoredMember> pool;
  Journal::Mark journal;
  bool cut = false;                      ///< the budget cut the last generation short
  std::optional<StopReason> ended{};     ///< why the search ended with it
  std::vector<StoredInFlight> flight{};  ///< in the order of their ids
  std::vector<StoredMember> former{};    ///< of flight's pools, those no longer in the pool
  std::vector<StoredMember> origins{};   ///< parents that flight starts from
};

/// Writes, reads back and compares, then puts the file in its place. @throws StoreError
void write_checkpoint(const std::filesystem::path& file, const Checkpoint& checkpoint);
/// @throws StoreError if it is damaged, unfinished or of an unknown version
[[nodiscard]] Checkpoint read_checkpoint(const std::filesystem::path& file);

/// FOLDER/checkpoint: ckpt_<generation>.h5 of the last three generations and of every tenth, and
/// `latest`, which names the newest.
class CheckpointFolder {
 public:
  explicit CheckpointFolder(const std::filesystem::path& search_folder)
      : folder_(search_folder / "checkpoint") {}
  void save(const Checkpoint& checkpoint);
  /// Files to try on resume: the one `latest` names, then the others, newest first.
  [[nodiscard]] std::vector<std::filesystem::path> candidates() const;
  /// Removes what an interrupted save left.
  void remove_temporaries() const;

 private:
  std::filesystem::path folder_;
};

}  // namespace evofactor::evolve
