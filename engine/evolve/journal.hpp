#pragma once
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "engine/evolve/append_file.hpp"
#include "engine/evolve/journal_line.hpp"

namespace evofactor::evolve {

/// The record of every candidate scored, in three places of a search's folder:
/// - `evaluations.ndjson`: whole lines in candidate order; line k is candidate k.
/// - `evaluations.pending.ndjson`: lines of candidates that finished before an earlier one did;
/// when a generation ends those stay that still wait. With it a crash costs only what was running.
/// - `weights/<candidate>.bin`: weights of candidates that no checkpoint holds yet, written before
/// the line. Lines reach the disk at least once a second of work and at the end of each generation.
class Journal {
 public:
  /// Opens and reads it, drops a torn last line and everything from a line on that cannot be read,
  /// and holds a lock that keeps a second process out. @throws StoreError
  explicit Journal(std::filesystem::path folder);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// State of the file after some number of lines: what a checkpoint remembers of it.
  struct Mark {
    std::uint64_t lines = 0, bytes = 0, chain = 0;  ///< chain: hash over all lines so far
    bool operator==(const Mark&) const = default;
  };
  /// Lines of evaluations.ndjson found on opening.
  [[nodiscard]] const std::vector<JournalEntry>& entries() const { return entries_; }
  /// Lines of evaluations.pending.ndjson found on opening.
  [[nodiscard]] const std::vector<JournalEntry>& pending() const { return pending_; }
  /// Nothing if the file is shorter. Any thread.
  [[nodiscard]] std::optional<Mark> mark_after(std::uint64_t lines) const;
  /// Removes everything.
  void clear();

  /// Writing goes on after so many lines. Lines beyond stay as long as the candidates that finish
  /// are theirs.
  void start_at(const Mark& mark);
  /// Records a finished candidate, its weights first. Any thread, any order of candidates; each
  /// candidate once.
  /// @throws StoreError
  void finish(const Member& member, const Json& genome);
  /// The same for a candidate that one of entries() or pending() records.
  void replay(const JournalEntry& entry);
  /// Every candidate before `end` has finished: forces all to the disk and drops the pending lines
  /// that are in the other file. @throws StoreError
  void end_generation(CandidateId end);
  /// Forces all to the disk. @throws StoreError
  void sync();

  /// Bytes of weights/<candidate>.bin; null unless they are there with that hash.
  [[nodiscard]] std::shared_ptr<const std::vector<std::byte>> weights(CandidateId id,
                                                                      std::uint64_t hash) const;
  /// Removes the weights files of candidates before `end`: a checkpoint holds what is needed of
  /// them.
  void drop_weights(CandidateId end);
  /// Removes all of them.
  void drop_weights();
  /// What a person should know, since last asked.
  [[nodiscard]] std::vector<std::string> take_notes();

 private:
  struct Waiting {
    ContentHash hash;
    std::optional<Climb> climb;
    std::string line;
  };
  void read_entries();
  void read_pending();
  void enqueue(CandidateId id, Waiting finished);
  void accept(const Waiting& finished);
  void sync_now();
  [[nodiscard]] std::filesystem::path weights_file(CandidateId id) const;

  std::filesystem::path folder_;
  AppendFile file_;
  AppendFile pending_file_;
  std::vector<JournalEntry> entries_, pending_;
  std::vector<Mark> marks_;  ///< marks_[k]: after k lines
  std::uint64_t kept_ = 0;   ///< lines in the file that were there on opening
  mutable std::mutex mutex_;
  Mark mark_;  ///< where writing has come to
  std::map<CandidateId, Waiting> waiting_;
  std::unordered_set<CandidateId> in_pending_file_;
  std::chrono::steady_clock::time_point synced_;
  std::vector<std::string> notes_;
};

}  // namespace evofactor::evolve
