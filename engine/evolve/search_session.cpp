#include "engine/evolve/search_session.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <new>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/evolve/halving.hpp"
#include "engine/evolve/island.hpp"
#include "engine/evolve/statistics.hpp"

namespace evofactor::evolve {

SearchSession::SearchSession(const AnyProblem& problem, const SearchSettings& settings,
                             const PoolSettings& pool_settings, const Budget& budget,
                             const SearchContext& context)
    : problem_(problem),
      settings_(settings),
      pool_settings_(pool_settings),
      budget_(budget),
      context_(context),
      scheduler_(context.lanes, context.enter_lane),
      journal_(context.folder),
      state_{{}, {}, FactorPool(pool_settings)},
      identity_{problem.kind, context.root, context.data_fingerprint, context.identity},
      events_(context.folder),
      checkpoints_(context.folder) {}

SearchResult<AnyGenome> SearchSession::run() {
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
  halt();
  journal_.sync();
  pass_on_notes();
  if (*reason != StopReason::kSignal) journal_.drop_weights();
  events_.stop(*reason);
  return result(*reason);
}

void SearchSession::note(std::string_view text) const {
  if (context_.on_note) context_.on_note(text);
}

void SearchSession::pass_on_notes() {
  for (const std::string& text : journal_.take_notes()) note(text);
  std::vector<std::string> notes;
  {
    const std::lock_guard lock(notes_mutex_);
    notes = std::exchange(pool_notes_, {});
  }
  for (const std::string& text : notes) note(text);
}

double SearchSession::seconds() const {
  const std::chrono::duration<double> here = std::chrono::steady_clock::now() - began_;
  return seconds_before_ + here.count();
}

double SearchSession::effort_left() const {
  return budget_.evaluations ? static_cast<double>(*budget_.evaluations) - state_.effort()
                             : std::numeric_limits<double>::infinity();
}

/// Finds and restores the state to go on from. @returns false if it is not the end of what the
/// folder holds
bool SearchSession::start() {
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
    state_.pool.restore(revalued(std::move(start.pool), start.checkpoint.pool));
    restore(start);
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

std::vector<PoolEntry> SearchSession::revalued(std::vector<Member> members,
                                               const std::vector<StoredMember>& stored) {
  std::vector<PoolEntry> entries(members.size());
  scheduler_.run(members.size(), [&](std::size_t i, const Lane&) {
    const auto& evaluation = std::get<Evaluation>(members[i].outcome);
    Grid<float> values = problem_.pool_values(members[i].genome, evaluation);
    entries[i] = PoolEntry(members[i], std::move(values));
  });
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (hash_of_values(*entries[i].values) != stored[i].values_hash)
      note(
          fmt::format("pool member {}: its values are not those of the run before; the result "
                      "may depend on this interruption (another machine or version?)",
                      members[i].id.value));
  return entries;
}

std::optional<StopReason> SearchSession::reason_to_end() const {
  if (state_.history.empty()) return std::nullopt;
  if (state_.ended == StopReason::kTooManyFailures) return state_.ended;
  if (affordable(settings_.halving, effort_left(), 1) == 0) return StopReason::kEvaluations;
  if (state_.history.back().generation >= settings_.generations) return StopReason::kGenerations;
  if (budget_.seconds && state_.seconds() >= *budget_.seconds) return StopReason::kSeconds;
  if (used_up()) return StopReason::kGenerations;
  return std::nullopt;
}

void SearchSession::know(ContentHash hash, FitnessCache::Known known) {
  credit_.learn(known.id, known.lineage, known.outcome);
  cache_.add(hash, std::move(known));
}

std::vector<double> SearchSession::rates() const {
  if (settings_.adapt_rates) return credit_.rates(problem_.variations);
  std::vector<double> fixed;
  for (const AnyVariation& variation : problem_.variations) fixed.push_back(variation.rate);
  return fixed;
}

std::shared_ptr<const PoolView> SearchSession::view_of(FactorPool pool) const {
  const bool weighs =
      pool.admission() == Admission::kContribution || uses(settings_, Objective::kContribution);
  return std::make_shared<const PoolView>(std::move(pool), weighs);
}

double SearchSession::elite_bar() const {
  std::vector<std::vector<double>> fitness(static_cast<std::size_t>(settings_.islands));
  for (const Member& member : state_.population)
    if (const auto value = fitness_of(member.outcome))
      fitness[island_of(member, settings_.islands)].push_back(*value);
  double bar = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < fitness.size(); ++k) {
    const auto kept = static_cast<std::size_t>(
        share_of(settings_.elites, static_cast<int>(k), settings_.islands));
    if (fitness[k].size() <= kept) return -std::numeric_limits<double>::infinity();
    if (kept == 0) continue;
    const auto last = fitness[k].begin() + static_cast<std::ptrdiff_t>(kept - 1);
    std::ranges::nth_element(fitness[k], last, std::greater<>());
    bar = std::min(bar, *last);
  }
  return bar;
}

bool SearchSession::recall(Member& member, std::int64_t among) {
  const auto it = replays_.find(member.hash);
  if (it == replays_.end()) return false;
  const JournalEntry& entry = *it->second;
  if (entry.id != member.id || (entry.climb && entry.climb->among != among)) return false;
  Outcome outcome = entry.outcome;
  if (auto* evaluation = std::get_if<Evaluation>(&outcome); evaluation && entry.weights_hash) {
    evaluation->weights = journal_.weights(member.id, *entry.weights_hash);
    // Only a factor that asks to enter the pool needs them, and one that others may start from.
    const bool needed = problem_.inherit || state_.pool.reaches_bar(evaluation->fitness);
    if (!evaluation->weights && needed) return false;
  }
  member.outcome = std::move(outcome);
  member.climb = entry.climb;
  journal_.replay(entry);
  return true;
}

std::optional<Contender> SearchSession::contender(const Member& member) {
  try {
    const auto& evaluation = std::get<Evaluation>(member.outcome);
    return Contender{PoolEntry(member, problem_.pool_values(member.genome, evaluation)), {}, {}};
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    const std::lock_guard lock(notes_mutex_);
    pool_notes_.push_back(
        fmt::format("candidate {} was kept out of the pool: {}", member.id.value, error.what()));
    return std::nullopt;
  }
}

void SearchSession::leave_to_pool(Member& member) const {
  if (problem_.inherit) return;
  if (auto* evaluation = std::get_if<Evaluation>(&member.outcome)) evaluation->weights = nullptr;
}

bool SearchSession::was_missed(const Member& member) const {
  const auto* evaluation = std::get_if<Evaluation>(&member.outcome);
  if (evaluation == nullptr || evaluation->scoring != Scoring::kChecked) return false;
  return evaluation->fitness > elite_bar() || state_.pool.contains(member.id);
}

void SearchSession::conclude(GenerationRecord record, std::span<const Member* const> newcomers) {
  record.generation = static_cast<int>(state_.history.size());
  record.generations = settings_.generations;
  summarise(record, state_.population);
  summarise(record, newcomers);
  summarise(record, state_.pool);
  if (problem_.probes) {
    const Probes probes = problem_.probes();
    record.probes.insert(record.probes.end(), probes.begin(), probes.end());
  }
  record.evaluations = state_.evaluations() + record.created;
  record.effort = state_.effort();
  for (const Member* member : newcomers)
    record.effort += cost_to(settings_.halving, member->climb.value_or(Climb{}).rung);
  record.seconds = seconds();
  state_.history.push_back(record);
  judge_failures(record, newcomers);
  if (!state_.ended) state_.ended = reason_to_end();

  const auto scored = static_cast<std::uint64_t>(record.evaluations);
  journal_.end_generation(CandidateId{scored});
  pass_on_notes();
  checkpoints_.save(to_checkpoint(state_, problem_, identity_, *journal_.mark_after(scored)));
  journal_.drop_weights(CandidateId{scored});
  events_.generation(record);
  if (context_.on_generation) context_.on_generation(record);
}

void SearchSession::judge_failures(const GenerationRecord& record,
                                   std::span<const Member* const> newcomers) {
  // A share of a few candidates says nothing, e.g. in a generation the budget cut short.
  const bool enough = record.generation == 0 || 2 * record.created >= settings_.population;
  if (record.created == 0 || !enough) return;
  const double share = static_cast<double>(record.failed) / static_cast<double>(record.created);
  if (share <= settings_.max_failure_share) return;
  state_.ended = StopReason::kTooManyFailures;
  note(fmt::format(
      "generation {}: {} of {} new candidates failed, more than the share {} allowed:\n{}",
      record.generation, record.failed, record.created, settings_.max_failure_share,
      failure_table(newcomers)));
}

SearchResult<AnyGenome> SearchSession::result(StopReason reason) const {
  SearchResult<AnyGenome> found;
  for (const PoolEntry& entry : state_.pool.entries())
    found.pool.push_back({{entry.member.id, entry.member.genome, entry.member.lineage},
                          std::get<Evaluation>(entry.member.outcome),
                          *entry.values});
  found.reason = reason;
  for (const GenerationRecord& record : state_.history) {
    found.cached += record.cached;
    found.duplicates += record.duplicates;
    found.failed += record.failed;
  }
  found.evaluations = state_.evaluations();
  found.effort = state_.effort();
  found.generations = state_.history.empty() ? 0 : state_.history.back().generation;
  found.seconds = state_.seconds();
  return found;
}

}  // namespace evofactor::evolve
