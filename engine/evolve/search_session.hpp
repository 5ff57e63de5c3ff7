#pragma once
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/evolve/cache.hpp"
#include "engine/evolve/credit.hpp"
#include "engine/evolve/events.hpp"
#include "engine/evolve/resume.hpp"
#include "engine/evolve/scheduler.hpp"
#include "engine/evolve/state.hpp"

namespace evofactor::evolve {

/// Generations in a row that find nothing new before the space of genomes is taken to be used up.
inline constexpr std::size_t kBarrenGenerations = 10;

/// A search in its folder: its state, what is known of every candidate so far, and the files that
/// keep both. How candidates follow each other is for the loops that derive from it.
class SearchSession {
 public:
  SearchSession(const AnyProblem& problem, const SearchSettings& settings,
                const PoolSettings& pool_settings, const Budget& budget,
                const SearchContext& context);
  virtual ~SearchSession() = default;
  SearchSession(const SearchSession&) = delete;
  SearchSession& operator=(const SearchSession&) = delete;

  SearchResult<AnyGenome> run();

 protected:
  /// Scores the next generation's candidates and concludes it. False if it was stopped before
  /// every candidate had finished; nothing but the journal keeps what was done then.
  virtual bool run_generation() = 0;
  /// Takes up what only this loop keeps in a checkpoint. The pool and the population are there.
  virtual void restore(StartPoint& start) = 0;
  /// Whether nothing new is to be found.
  [[nodiscard]] virtual bool used_up() const = 0;
  /// Lets go of all that is under way, and waits for it.
  virtual void halt() = 0;

  void note(std::string_view text) const;
  void pass_on_notes();
  [[nodiscard]] bool stopped() const { return context_.stop != nullptr && *context_.stop; }
  /// Evaluations of whole effort that the budget leaves.
  [[nodiscard]] double effort_left() const;

  void know(ContentHash hash, FitnessCache::Known known);
  [[nodiscard]] std::vector<double> rates() const;
  /// The pool as it is now, for hurdles.
  [[nodiscard]] std::shared_ptr<const PoolView> view_of(FactorPool pool) const;
  /// Fitness that may make an elite of an island; minus infinity if any may.
  [[nodiscard]] double elite_bar() const;
  /// Takes a candidate's outcome from the journal's lines beyond the checkpoint. False if it has to
  /// be evaluated.
  /// @param among new candidates of its generation, where they are ranked with each other
  bool recall(Member& member, std::int64_t among = 0);
  /// A candidate whose values are known to the pool. Nothing if they cannot be computed. Any
  /// thread, on a lane.
  std::optional<Contender> contender(const Member& member);
  /// Drops a member's weights, which the pool has where it needs them; unless children may start
  /// from them.
  void leave_to_pool(Member& member) const;
  /// Whether a newcomer that the screen put too low entered the pool or would be an elite.
  [[nodiscard]] bool was_missed(const Member& member) const;
  /// Pool members of a checkpoint with their values.
  [[nodiscard]] std::vector<PoolEntry> revalued(std::vector<Member> members,
                                                const std::vector<StoredMember>& stored);

  /// Ends a generation whose newcomers have all been scored and offered to the pool, with the
  /// population that follows it in place: figures, checkpoint, event.
  /// @param record with what only the loop can tell: cached, duplicates, missed
  void conclude(GenerationRecord record, std::span<const Member* const> newcomers);

  const AnyProblem& problem_;
  const SearchSettings& settings_;
  const PoolSettings& pool_settings_;
  const Budget& budget_;
  const SearchContext& context_;
  Scheduler scheduler_;
  Journal journal_;
  SearchState state_;
  FitnessCache cache_;

 private:
  bool start();
  [[nodiscard]] std::optional<StopReason> reason_to_end() const;
  void judge_failures(const GenerationRecord& record, std::span<const Member* const> newcomers);
  [[nodiscard]] double seconds() const;
  [[nodiscard]] SearchResult<AnyGenome> result(StopReason reason) const;

  Identity identity_;
  EventLog events_;
  CheckpointFolder checkpoints_;
  OperatorCredit credit_;
  std::unordered_map<ContentHash, const JournalEntry*> replays_;
  std::optional<std::string> from_;
  bool resumed_ = false;
  std::mutex notes_mutex_;
  std::vector<std::string> pool_notes_;
  double seconds_before_ = 0;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace evofactor::evolve
