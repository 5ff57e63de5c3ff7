#pragma once
#include <filesystem>
#include <functional>
#include <map>

#include "engine/evolve/journal.hpp"

namespace evofactor::app {

/// Trainings of known number as they finish, kept in a folder, so that who goes on with an
/// interrupted run does none of them again. Holds the folder against other processes.
class TrainingRecord {
 public:
  /// @throws StoreError
  explicit TrainingRecord(const std::filesystem::path& folder);

  /// The outcome that the folder holds of this training, else what `train` gives, recorded. Any
  /// thread, any order, each training once.
  /// @param of stands in the record, its outcome aside: its id is the training's number, its hash
  /// that of all that the outcome depends on
  [[nodiscard]] Outcome outcome(evolve::Member of, const Json& genome,
                                const std::function<Outcome()>& train);
  /// Forces what is recorded to the disk. @throws StoreError
  void sync() { journal_.sync(); }

 private:
  evolve::Journal journal_;
  std::map<CandidateId, const evolve::JournalEntry*> found_;
};

}  // namespace evofactor::app
