#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <mutex>
#include <new>
#include <unordered_map>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/evolve/cache.hpp"
#include "engine/evolve/credit.hpp"
#include "engine/evolve/events.hpp"
#include "engine/evolve/island.hpp"
#include "engine/evolve/resume.hpp"
#include "engine/evolve/state.hpp"
#include "engine/evolve/statistics.hpp"
#include "engine/evolve/variation.hpp"

namespace evofactor::evolve {
namespace {

/// Generations in a row that find nothing new before the space of genomes is taken to be used up.
constexpr std::size_t kBarrenGenerations = 10;

/// Whether the generation after these begins anew: `patience` of them in a row, since the last
/// time, had no better best member than those before.
bool begins_anew(std::span<const GenerationRecord> history, int patience) {
  if (patience == 0) return false;
  double best = -std::numeric_limits<double>::infinity();
  int stale = 0;
  for (const GenerationRecord& record : history) {
    if (stale == patience) {
      best = -std::numeric_limits<double>::infinity();
      stale = 0;
    }
    stale = record.best > best ? 0 : stale + 1;
    best = std::max(best, std::isnan(record.best) ? best : record.best);
  }
  return stale == patience;
}

class SearchLoop {
 public:
  SearchLoop(const AnyProblem& problem, const SearchSettings& settings,
             const PoolSettings& pool_settings, const Budget& budget, const SearchContext& context)
      : problem_(problem),
        settings_(settings),
        budget_(budget),
        context_(context),
        identity_{problem.kind, context.root, context.data_fingerprint, context.identity},
        scheduler_(context.lanes, context.enter_lane),
        journal_(context.folder),
        events_(context.folder),
        checkpoints_(context.folder),
        state_{{}, {}, FactorPool(pool_settings), false, std::nullopt} {}

  SearchResult<AnyGenome> run() {
    const bool untouched = start();
    std::optional<StopReason> reason = reason_to_end();
    // A run killed between its last checkpoint and its end may have left some.
    if (reason) journal_.drop_weights();
    if (reason && untouched && events_.ended_with(*reason)) return result(*reason);
    if (resumed_) events_.resume(state_.history, from_, journal_.entries().size());
    while (!reason) {
      if (stopped() || !run_generation())
        reason = StopReason::kSignal;
      else
        reason = reason_to_end();
    }
    events_.stop(*reason);
    return result(*reason);
  }

 private:
  void note(std::string_view text) const {
    if (context_.on_note) context_.on_note(text);
  }
  void pass_on_notes() {
    for (const std::string& text : journal_.take_notes()) note(text);
  }
  [[nodiscard]] bool stopped() const { return context_.stop != nullptr && *context_.stop; }
  [[nodiscard]] double seconds() const {
    const std::chrono::duration<double> here = std::chrono::steady_clock::now() - began_;
    return seconds_before_ + here.count();
  }

  /// Finds and restores the state to go on from. @returns false if it is not the end of what the
  /// folder holds
  bool start() {
    pass_on_notes();
    checkpoints_.remove_temporaries();
    StartPoint start = find_start(context_.folder, identity_, problem_, budget_, journal_,
                                  [this](std::string_view text) { note(text); });
    if (!start.identity_current) write_identity(context_.folder, identity_);
    resumed_ = start.resumed;
    from_ = start.from;
    if (start.from) {
      state_.history = std::move(start.checkpoint.history);
      state_.population = std::move(start.population);
      state_.cut = start.checkpoint.cut;
      state_.ended = start.checkpoint.ended;
      seconds_before_ = state_.seconds();
      restore_pool(std::move(start.pool), start.checkpoint.pool);
    }
    journal_.start_at(start.journal);
    const std::vector<JournalEntry>& entries = journal_.entries();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i < start.journal.lines)
        know(entries[i].hash, {entries[i].id, entries[i].lineage, entries[i].outcome});
      else
        replays_.emplace(entries[i].hash, &entries[i]);
    }
    for (const JournalEntry& entry : journal_.pending()) replays_.emplace(entry.hash, &entry);
    return start.from.has_value();
  }

  void restore_pool(std::vector<Member> members, const std::vector<StoredMember>& stored) {
    std::vector<PoolEntry> entries(members.size());
    scheduler_.run(members.size(), [&](std::size_t i, const Lane&) {
      const auto& evaluation = std::get<Evaluation>(members[i].outcome);
      entries[i].values = problem_.pool_values(members[i].genome, evaluation);
      entries[i].unit = unit_rows(entries[i].values);
      entries[i].member = members[i];
    });
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (hash_of_values(entries[i].values) != stored[i].values_hash)
        note(
            fmt::format("pool member {}: its values are not those of the run before; the result "
                        "may depend on this interruption (another machine or version?)",
                        members[i].id.value));
    state_.pool.restore(std::move(entries));
  }

  [[nodiscard]] std::optional<StopReason> reason_to_end() const {
    if (state_.history.empty()) return std::nullopt;
    if (state_.ended == StopReason::kTooManyFailures) return state_.ended;
    if (budget_.evaluations && state_.evaluations() >= *budget_.evaluations)
      return StopReason::kEvaluations;
    if (state_.history.back().generation >= settings_.generations) return StopReason::kGenerations;
    if (budget_.seconds && state_.seconds() >= *budget_.seconds) return StopReason::kSeconds;
    const std::size_t n = state_.history.size();
    if (n >= kBarrenGenerations &&
        std::all_of(state_.history.end() - kBarrenGenerations, state_.history.end(),
                    [](const GenerationRecord& record) { return record.created == 0; }))
      return StopReason::kGenerations;
    return std::nullopt;
  }

  void know(ContentHash hash, FitnessCache::Known known) {
    credit_.learn(known.id, known.lineage, known.outcome);
    cache_.add(hash, std::move(known));
  }
  [[nodiscard]] std::vector<double> rates() const {
    if (settings_.adapt_rates) return credit_.rates(problem_.variations);
    std::vector<double> fixed;
    for (const AnyVariation& variation : problem_.variations) fixed.push_back(variation.rate);
    return fixed;
  }

  /// False if it was stopped before every candidate had finished; nothing but the journal keeps
  /// what was done then.
  bool run_generation() {
    const int generation = static_cast<int>(state_.history.size());
    const std::int64_t evaluations = state_.evaluations();
    const std::int64_t left = budget_.evaluations ? *budget_.evaluations - evaluations
                                                  : std::numeric_limits<std::int64_t>::max();
    if (state_.pool.admission() == Admission::kContribution ||
        uses(settings_, Objective::kContribution))
      combination_ = state_.pool.combination();
    if (begins_anew(state_.history, settings_.restart_after)) state_.population.clear();
    GenerationPlan plan = plan_generation(problem_, settings_, context_.root, generation,
                                          state_.population, state_.pool.entries(), rates(), cache_,
                                          static_cast<std::uint64_t>(evaluations), left);
    if (!evaluate(plan)) {
      journal_.sync();
      pass_on_notes();
      return false;
    }
    journal_.end_generation();
    pass_on_notes();
    for (const std::size_t i : plan.newcomers) {
      const Member& member = plan.members[i];
      know(member.hash, {member.id, member.lineage, member.outcome});
    }
    offer_to_pool(plan);
    for (Member& member : plan.members)
      if (auto* evaluation = std::get_if<Evaluation>(&member.outcome))
        evaluation->weights = nullptr;

    GenerationRecord record;
    record.generation = generation;
    record.generations = settings_.generations;
    record.cached = plan.cached;
    record.duplicates = plan.duplicates;
    summarise(record, plan.members, plan.newcomers);
    summarise(record, state_.pool);
    record.missed = n_missed(plan);
    if (problem_.probes) {
      const Probes probes = problem_.probes();
      record.probes.insert(record.probes.end(), probes.begin(), probes.end());
    }
    record.evaluations = evaluations + record.created;
    record.seconds = seconds();
    state_.history.push_back(record);
    state_.population = std::move(plan.members);
    state_.cut = plan.cut;
    judge_failures(record, plan);
    if (!state_.ended) state_.ended = reason_to_end();

    checkpoints_.save(to_checkpoint(state_, problem_, identity_, journal_.mark()));
    journal_.drop_weights();
    events_.generation(record);
    if (context_.on_generation) context_.on_generation(record);
    return true;
  }

  /// Fills the newcomers' outcomes, from the journal or by evaluation. False if a stop left some
  /// without.
  bool evaluate(GenerationPlan& plan) {
    std::vector<Member>& members = plan.members;
    std::vector<char> finished(members.size(), 0);
    std::vector<Json> genomes(members.size());
    std::atomic<std::int64_t> n_finished{0};
    std::atomic<int> n_failed{0};
    const auto n_newcomers = static_cast<std::int64_t>(plan.newcomers.size());
    const Hurdle to_beat = hurdle();
    auto count = [&](const Member& member) {
      if (!fitness_of(member.outcome)) ++n_failed;
      const std::int64_t done = ++n_finished;
      if (context_.on_progress) context_.on_progress(done, n_newcomers, n_failed);
    };
    for (const std::size_t i : plan.newcomers) {
      if (recall(members[i])) {
        finished[i] = 1;
        count(members[i]);
      } else {
        genomes[i] = problem_.to_json(members[i].genome);
      }
    }
    // A bucket of which some have finished is evaluated whole, since stacked training need not give
    // each candidate the same bits in other company.
    std::vector<std::vector<std::size_t>> buckets =
        make_buckets(problem_, members, plan.newcomers, scheduler_.bucket_cap());
    std::erase_if(buckets, [&](const std::vector<std::size_t>& bucket) {
      return std::all_of(bucket.begin(), bucket.end(),
                         [&](std::size_t i) { return finished[i] != 0; });
    });
    scheduler_.run(
        buckets.size(),
        [&](std::size_t b, const Lane& lane) {
          std::vector<Candidate<AnyGenome>> batch;
          for (const std::size_t i : buckets[b])
            batch.push_back({members[i].id, members[i].genome, members[i].lineage});
          std::vector<Outcome> outcomes = evaluate_bucket(problem_, batch, lane, to_beat);
          for (std::size_t k = 0; k < batch.size(); ++k) {
            const std::size_t i = buckets[b][k];
            if (finished[i] != 0) continue;
            members[i].outcome = std::move(outcomes[k]);
            journal_.finish(members[i], genomes[i]);
            finished[i] = 1;
            count(members[i]);
          }
        },
        context_.stop);
    return n_finished == n_newcomers;
  }

  [[nodiscard]] Hurdle hurdle() const {
    Hurdle result;
    result.elite = elite_bar();
    if (std::isinf(result.elite) && result.elite < 0) return result;
    result.pool = state_.pool.bar();
    result.max_correlation = state_.pool.max_correlation();
    for (const PoolEntry& entry : state_.pool.entries())
      result.rivals.push_back({entry.fitness(), &entry.unit});
    if (state_.pool.admission() == Admission::kContribution)
      result.contribution = state_.pool.least_contribution();
    result.combination = combination_.rows > 0 ? &combination_ : nullptr;
    return result;
  }

  /// Fitness that may make an elite of an island; minus infinity if any may.
  [[nodiscard]] double elite_bar() const {
    std::vector<std::vector<double>> fitness(static_cast<std::size_t>(settings_.islands));
    for (const Member& member : state_.population)
      if (const auto value = fitness_of(member.outcome))
        fitness[island_of(member, settings_.islands)].push_back(*value);
    double bar = std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < fitness.size(); ++k) {
      const auto kept = static_cast<std::size_t>(
          share_of(settings_.elites, static_cast<int>(k), settings_.islands));
      if (fitness[k].size() <= kept) return -std::numeric_limits<double>::infinity();
      std::ranges::sort(fitness[k], std::greater<>());
      if (kept > 0) bar = std::min(bar, fitness[k][kept - 1]);
    }
    return bar;
  }

  /// Takes a candidate's outcome from the journal's lines beyond the checkpoint. False if it has to
  /// be evaluated.
  bool recall(Member& member) {
    const auto it = replays_.find(member.hash);
    if (it == replays_.end()) return false;
    const JournalEntry& entry = *it->second;
    if (entry.id != member.id) return false;
    Outcome outcome = entry.outcome;
    if (auto* evaluation = std::get_if<Evaluation>(&outcome); evaluation && entry.weights_hash) {
      evaluation->weights = journal_.weights(member.id, *entry.weights_hash);
      // Only a factor that asks to enter the pool needs them.
      if (!evaluation->weights && state_.pool.reaches_bar(evaluation->fitness)) return false;
    }
    member.outcome = std::move(outcome);
    journal_.replay(entry);
    return true;
  }

  void offer_to_pool(const GenerationPlan& plan) {
    state_.pool.begin_generation();
    std::vector<std::size_t> order;
    for (const std::size_t i : plan.newcomers)
      if (const auto* evaluation = std::get_if<Evaluation>(&plan.members[i].outcome);
          evaluation != nullptr && evaluation->scoring != Scoring::kScreened)
        order.push_back(i);
    // Values and correlations of a few at a time are computed side by side, then they are offered
    // one by one.
    const std::size_t batch = std::max<std::size_t>(16, 4 * scheduler_.n_lanes());
    for (std::size_t first = 0; first < order.size(); first += batch) {
      const std::size_t n = std::min(batch, order.size() - first);
      std::vector<std::optional<Contender>> contenders(n);
      scheduler_.run(n, [&](std::size_t k, const Lane&) {
        const Member& member = plan.members[order[first + k]];
        if (state_.pool.may_enter(*fitness_of(member.outcome))) contenders[k] = contender(member);
      });
      std::vector<Contender*> there;
      for (auto& one : contenders)
        if (one) there.push_back(&*one);
      const std::size_t share = there.size() / scheduler_.n_lanes() + 1;
      scheduler_.run(scheduler_.n_lanes(), [&](std::size_t lane, const Lane&) {
        const std::size_t begin = std::min(lane * share, there.size());
        state_.pool.compare(std::span(there).subspan(begin, std::min(share, there.size() - begin)));
      });
      for (std::size_t k = 0; k < n; ++k) {
        const Member& member = plan.members[order[first + k]];
        if (!state_.pool.may_enter(*fitness_of(member.outcome))) continue;
        // An entry that left the pool in between can make room for one that had no chance when this
        // batch began.
        if (!contenders[k])
          scheduler_.run(1, [&](std::size_t, const Lane&) { contenders[k] = contender(member); });
        if (contenders[k]) state_.pool.offer(*std::move(contenders[k]));
      }
    }
    for (const std::string& text : std::exchange(pool_notes_, {})) note(text);
  }

  /// Newcomers that the screen put too low, and that entered the pool or would be elites.
  [[nodiscard]] std::int64_t n_missed(const GenerationPlan& plan) const {
    std::int64_t missed = 0;
    const double elite = elite_bar();
    for (const std::size_t i : plan.newcomers) {
      const Member& member = plan.members[i];
      const auto* evaluation = std::get_if<Evaluation>(&member.outcome);
      if (evaluation == nullptr || evaluation->scoring != Scoring::kChecked) continue;
      if (evaluation->fitness > elite || state_.pool.contains(member.id)) ++missed;
    }
    return missed;
  }

  /// Nothing if its values cannot be computed.
  std::optional<Contender> contender(const Member& member) {
    try {
      Contender made;
      made.entry.member = member;
      made.entry.values = problem_.pool_values(member.genome, std::get<Evaluation>(member.outcome));
      made.entry.unit = unit_rows(made.entry.values);
      return made;
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      const std::lock_guard lock(notes_mutex_);
      pool_notes_.push_back(
          fmt::format("candidate {} was kept out of the pool: {}", member.id.value, error.what()));
      return std::nullopt;
    }
  }

  void judge_failures(const GenerationRecord& record, const GenerationPlan& plan) {
    // A share of a few candidates says nothing, e.g. in a generation the budget cut short.
    const bool enough = record.generation == 0 || 2 * record.created >= settings_.population;
    if (record.created == 0 || !enough) return;
    const double share = static_cast<double>(record.failed) / static_cast<double>(record.created);
    if (share <= settings_.max_failure_share) return;
    state_.ended = StopReason::kTooManyFailures;
    note(fmt::format(
        "generation {}: {} of {} new candidates failed, more than the share {} allowed:\n{}",
        record.generation, record.failed, record.created, settings_.max_failure_share,
        failure_table(state_.population, plan.newcomers)));
  }

  SearchResult<AnyGenome> result(StopReason reason) const {
    SearchResult<AnyGenome> found;
    for (const PoolEntry& entry : state_.pool.entries())
      found.pool.push_back({{entry.member.id, entry.member.genome, entry.member.lineage},
                            std::get<Evaluation>(entry.member.outcome),
                            entry.values});
    found.reason = reason;
    for (const GenerationRecord& record : state_.history) {
      found.cached += record.cached;
      found.duplicates += record.duplicates;
      found.failed += record.failed;
    }
    found.evaluations = state_.evaluations();
    found.generations = state_.history.empty() ? 0 : state_.history.back().generation;
    found.seconds = state_.seconds();
    return found;
  }

  const AnyProblem& problem_;
  const SearchSettings& settings_;
  const Budget& budget_;
  const SearchContext& context_;
  Identity identity_;
  Scheduler scheduler_;
  Journal journal_;
  EventLog events_;
  CheckpointFolder checkpoints_;
  SearchState state_;
  FitnessCache cache_;
  OperatorCredit credit_;
  std::unordered_map<ContentHash, const JournalEntry*> replays_;
  std::optional<std::string> from_;
  bool resumed_ = false;
  UnitRows combination_;  ///< of the pool before this generation; no rows where nobody asks
  std::mutex notes_mutex_;
  std::vector<std::string> pool_notes_;
  double seconds_before_ = 0;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace

SearchResult<AnyGenome> run_any_search(const AnyProblem& problem, const SearchSettings& settings,
                                       const PoolSettings& pool, const Budget& budget,
                                       const SearchContext& context) {
  return SearchLoop(problem, settings, pool, budget, context).run();
}

}  // namespace evofactor::evolve
