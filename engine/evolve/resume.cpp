#include "engine/evolve/resume.hpp"

#include "engine/core/error.hpp"
#include "engine/evolve/state.hpp"

namespace evofactor::evolve {

StartPoint find_start(const std::filesystem::path& folder, const Identity& identity,
                      const AnyProblem& problem, const Budget& budget, Journal& journal,
                      const std::function<void(std::string_view)>& note) {
  StartPoint start;
  bool is_ours = false;
  try {
    if (const std::optional<Identity> there = read_identity(folder)) {
      require_same_search(folder, *there, identity);
      is_ours = true;
      start.identity_current = *there == identity;
    }
  } catch (const StoreError& error) {
    note(fmt::format("{}; looking into the checkpoints instead", error.what()));
  }
  for (const std::filesystem::path& file : CheckpointFolder(folder).candidates()) {
    try {
      Checkpoint checkpoint = read_checkpoint(file);
      require_same_search(folder, checkpoint.identity, identity);
      is_ours = true;
      const double effort = checkpoint.history.back().effort;
      if (checkpoint.cut &&
          (!budget.evaluations || static_cast<double>(*budget.evaluations) > effort))
        continue;
      const auto mark = journal.mark_after(checkpoint.journal.lines);
      if (!mark)
        throw StoreError(fmt::format("{}: was written after {} evaluations, the journal holds {}",
                                     file.string(), checkpoint.journal.lines,
                                     journal.entries().size()));
      if (*mark != checkpoint.journal)
        throw StoreError(
            fmt::format("{}: the journal was changed since it was written", file.string()));
      start.population = to_members(checkpoint.population, problem);
      start.pool = to_members(checkpoint.pool, problem);
      start.former = to_members(checkpoint.former, problem);
      start.origins = to_members(checkpoint.origins, problem);
      std::vector<StoredMember> flight;
      for (const StoredInFlight& one : checkpoint.flight) flight.push_back(one.member);
      start.flight = to_members(flight, problem);
      start.checkpoint = std::move(checkpoint);
      start.journal = *mark;
      start.from = file.filename().string();
      start.resumed = true;
      return start;
    } catch (const StoreError& error) {
      note(fmt::format("skipped a checkpoint: {}", error.what()));
    } catch (const Json::exception& error) {
      note(fmt::format("skipped a checkpoint: {}: {}", file.string(), error.what()));
    }
  }
  const std::size_t lines = journal.entries().size() + journal.pending().size();
  if (lines > 0 && is_ours) {
    note(
        fmt::format("{}: no checkpoint to go on from; starting over, with the outcomes of {} "
                    "candidates from the journal",
                    folder.string(), lines));
  } else if (lines > 0) {
    note(fmt::format("{}: nothing tells which search the journal belongs to; starting over",
                     folder.string()));
    journal.clear();
  }
  start.resumed = is_ours || lines > 0;
  return start;
}

}  // namespace evofactor::evolve
