#include "engine/evolve/steady_loop.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/evolve/island.hpp"

namespace evofactor::evolve {
namespace {

/// Whether child k is the one that makes up a share of all children so far.
bool falls_to(double share, std::uint64_t k) {
  return std::floor(share * static_cast<double>(k + 1)) >
         std::floor(share * static_cast<double>(k));
}

bool is_exact(const Member& member) {
  const auto* evaluation = std::get_if<Evaluation>(&member.outcome);
  return evaluation != nullptr && evaluation->scoring != Scoring::kScreened;
}

}  // namespace

/// Candidates that one lane scores together.
struct SteadyLoop::Bucket {
  struct Place {
    Member member;
    Json genome;
    bool recalled = false;  ///< its outcome is known from the journal
    std::shared_ptr<const PoolView> view;
  };
  std::vector<Place> places;
  double elite = 0;  ///< of the hurdle, which is the one of the first bred
  std::shared_ptr<const PoolView> view;
};

SteadyLoop::SteadyLoop(const AnyProblem& problem, const SearchSettings& settings,
                       const PoolSettings& pool_settings, const Budget& budget,
                       const SearchContext& context)
    : SearchSession(problem, settings, pool_settings, budget, context),
      breeder_(problem_, settings_, context.root,
               [this](ContentHash hash) {
                 return in_flight_.contains(hash) || cache_.find(hash) != nullptr;
               }),
      view_(view_of(state_.pool)),
      lanes_(context.lanes, context.enter_lane) {
  const std::size_t useful = context.lanes.size() * scheduler_.bucket_cap();
  if (static_cast<std::size_t>(settings.lag) < useful)
    note(
        fmt::format("lag {}: at most so many of the {} candidates that the lanes could work on "
                    "are there at a time",
                    settings.lag, useful));
}

bool SteadyLoop::used_up() const { return used_up_ && state_.flight.empty(); }

void SteadyLoop::halt() {
  lanes_.drain();
  collect();
}

void SteadyLoop::restore(StartPoint& start) {
  taken_in_ = handed_out_ = static_cast<std::uint64_t>(state_.evaluations());
  for (const Member& member : state_.population)
    standings_.push_back(standing_of(member, settings_.parents_by));
  view_ = view_of(state_.pool);
  std::map<CandidateId, PoolEntry> entries;
  for (const PoolEntry& entry : state_.pool.entries()) entries.emplace(entry.member.id, entry);
  for (PoolEntry& entry : revalued(std::move(start.former), start.checkpoint.former))
    entries.emplace(entry.member.id, std::move(entry));
  const std::vector<StoredInFlight>& stored = start.checkpoint.flight;
  used_up_ = stored.size() < static_cast<std::size_t>(settings_.lag);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    in_flight_.insert(start.flight[i].hash);
    InFlight& one = state_.flight.emplace_back(
        InFlight{std::move(start.flight[i]), stored[i].elite, nullptr, std::nullopt});
    start_again(one, start.origins);
    if (i > 0 && stored[i].pool == stored[i - 1].pool) {
      one.view = state_.flight[i - 1].view;
      continue;
    }
    std::vector<PoolEntry> members;
    for (const CandidateId id : stored[i].pool) {
      const auto entry = entries.find(id);
      if (entry == entries.end())
        throw StoreError(fmt::format("a checkpoint lacks pool member {}", id.value));
      members.push_back(entry->second);
    }
    FactorPool pool(pool_settings_);
    pool.restore(std::move(members));
    one.view = view_of(std::move(pool));
  }
}

/// A checkpoint tells what a candidate in flight is, not its parent's weights.
void SteadyLoop::start_again(InFlight& one, std::span<const Member> origins) const {
  if (one.member.lineage.parents.empty()) return;
  const auto origin = std::ranges::find(origins, one.member.lineage.parents.front(), &Member::id);
  if (origin == origins.end()) return;
  AnyGenome heir = heir_of(problem_, one.member.genome, *origin);
  if (heir == nullptr || problem_.hash(heir) != one.member.hash) return;
  one.member.genome = std::move(heir);
  one.origin = *origin;
}

bool SteadyLoop::run_generation() {
  const auto generation = static_cast<std::uint64_t>(state_.history.size());
  end_ = (generation + 1) * size();
  const std::uint64_t last = (static_cast<std::uint64_t>(settings_.generations) + 1) * size();
  limit_ =
      budget_.evaluations ? std::min(last, static_cast<std::uint64_t>(*budget_.evaluations)) : last;
  newcomers_.clear();
  n_missed_ = 0;
  n_done_ = n_failed_ = 0;
  for (const auto& [id, scored] : scored_) {
    if (id.value >= end_) break;
    ++n_done_;
    if (!fitness_of(scored.member.outcome)) ++n_failed_;
  }
  const std::int64_t duplicates = breeder_.duplicates();
  for (breed_ahead(); taken_in_ < std::min(end_, bred()); breed_ahead()) {
    const CandidateId next = state_.flight.front().member.id;
    if (next.value >= limit_) break;
    if (!await(next)) return false;
    take_in();
  }
  state_.cut = taken_in_ < end_ && !used_up();
  GenerationRecord record;
  record.duplicates = breeder_.duplicates() - duplicates;
  record.missed = n_missed_;
  std::vector<const Member*> newcomers;
  for (const Member& member : newcomers_) newcomers.push_back(&member);
  conclude(std::move(record), newcomers);
  return true;
}

/// Breeds all children whose results are in, and hands out what may be scored of them.
void SteadyLoop::breed_ahead() {
  while (!used_up_ && state_.flight.size() < static_cast<std::size_t>(settings_.lag)) {
    std::optional<Draft> draft = next_draft();
    if (!draft) {
      used_up_ = true;
      break;
    }
    in_flight_.insert(draft->hash);
    Member member{
        CandidateId{bred()}, draft->hash, std::move(draft->genome), std::move(draft->lineage), {}};
    state_.flight.push_back({std::move(member), elite_bar(), view_, std::move(draft->origin)});
  }
  hand_out();
}

/// The next child. Nothing if the space of genomes is used up.
std::optional<Draft> SteadyLoop::next_draft() {
  const std::uint64_t k = bred();
  const int generation = static_cast<int>(k / size());
  const std::size_t slot = k % size();
  Draft draft;
  if (generation == 0 && slot < problem_.initial.size()) {
    const AnyGenome& genome = problem_.initial[slot];
    draft = {genome, problem_.hash(genome), Lineage{{}, "initial", 0}};
  } else {
    draft = child_of_population(generation, slot);
  }
  const auto is_known = [&] {
    return in_flight_.contains(draft.hash) || cache_.find(draft.hash) != nullptr;
  };
  if (is_known())
    draft = breeder_.create(generation, slot,
                            static_cast<std::int64_t>(kBarrenGenerations) * settings_.population *
                                settings_.duplicate_attempts);
  if (is_known()) return std::nullopt;
  return draft;
}

Draft SteadyLoop::child_of_population(int generation, std::size_t slot) {
  const bool breeds = generation > 0 && !state_.population.empty() && !settings_.random &&
                      !problem_.variations.empty() && !falls_to(settings_.fresh, bred());
  if (breeds) {
    std::optional<Lexicase> lexicase;
    if (settings_.selection == Selection::kLexicase) lexicase.emplace(standings_);
    auto winner = [&](Rng& rng, std::vector<std::size_t>& chosen) -> const Member& {
      chosen.push_back(lexicase ? lexicase->pick(rng, chosen)
                                : tournament(rng, standings_, settings_.tournament, chosen));
      return state_.population[chosen.back()];
    };
    if (auto child = breeder_.breed(generation, slot, winner, state_.pool.entries(), rates()))
      return *std::move(child);
  }
  return breeder_.create(generation, slot, settings_.duplicate_attempts);
}

/// Hands out candidates in blocks, each when the last of it is bred, so that what is stacked
/// follows from the candidates' numbers. A device that stacks nothing has blocks of one.
void SteadyLoop::hand_out() {
  const auto lag = static_cast<std::uint64_t>(settings_.lag);
  const std::uint64_t width =
      scheduler_.bucket_cap() == 1 ? 1 : std::max<std::uint64_t>(lag / 4, 1);
  while (handed_out_ < std::min(bred(), limit_)) {
    const std::uint64_t generation_end = (handed_out_ / size() + 1) * size();
    const std::uint64_t last = std::min(handed_out_ + width, generation_end);
    if (last > bred() && !used_up_) return;
    const std::uint64_t there = std::min({last, bred(), limit_});
    hand_out(handed_out_, there);
    handed_out_ = there;
  }
}

void SteadyLoop::hand_out(std::uint64_t first, std::uint64_t last) {
  std::vector<Member> members;
  std::vector<std::size_t> all;
  for (std::uint64_t id = first; id < last; ++id) {
    all.push_back(members.size());
    members.push_back(state_.flight[id - taken_in_].member);
  }
  for (const auto& indices : make_buckets(problem_, members, all, scheduler_.bucket_cap())) {
    auto bucket = std::make_shared<Bucket>();
    const InFlight& oldest = state_.flight[first + std::ranges::min(indices) - taken_in_];
    bucket->elite = oldest.elite;
    bucket->view = oldest.view;
    for (const std::size_t i : indices) {
      Bucket::Place& place = bucket->places.emplace_back();
      place.member = std::move(members[i]);
      place.view = state_.flight[first + i - taken_in_].view;
      place.recalled = recall(place.member);
      if (!place.recalled) place.genome = problem_.to_json(place.member.genome);
    }
    lanes_.put([this, bucket](const Lane& lane) {
      if (!stopped()) score(*bucket, lane);
    });
  }
}

/// On a lane. A bucket of which some are known is evaluated whole, since stacked training need not
/// give each candidate the same bits in other company.
void SteadyLoop::score(Bucket& bucket, const Lane& lane) {
  if (!std::ranges::all_of(bucket.places, &Bucket::Place::recalled)) {
    std::vector<Candidate<AnyGenome>> batch;
    for (const Bucket::Place& place : bucket.places)
      batch.push_back({place.member.id, place.member.genome, place.member.lineage});
    std::vector<Outcome> outcomes =
        evaluate_bucket(problem_, batch, lane, bucket.view->hurdle(bucket.elite));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      Bucket::Place& place = bucket.places[i];
      if (place.recalled) continue;
      place.member.outcome = std::move(outcomes[i]);
      journal_.finish(place.member, place.genome);
    }
  }
  for (Bucket::Place& place : bucket.places) {
    Scored scored{std::move(place.member), std::nullopt};
    const FactorPool& pool = place.view->pool();
    if (is_exact(scored.member) && pool.may_enter(*fitness_of(scored.member.outcome))) {
      scored.contender = contender(scored.member);
      if (scored.contender) pool.compare(std::vector{&*scored.contender});
    }
    const std::lock_guard lock(mailbox_mutex_);
    mailbox_.push_back(std::move(scored));
  }
}

/// False if it was stopped before that candidate was scored.
bool SteadyLoop::await(CandidateId id) {
  while (true) {
    collect();
    if (scored_.contains(id)) return true;
    if (stopped()) {
      halt();
      if (!scored_.contains(id)) return false;
      continue;
    }
    lanes_.wait();
  }
}

void SteadyLoop::collect() {
  std::vector<Scored> arrived;
  {
    const std::lock_guard lock(mailbox_mutex_);
    arrived = std::exchange(mailbox_, {});
  }
  for (Scored& scored : arrived) {
    const CandidateId id = scored.member.id;
    if (id.value < end_) {
      ++n_done_;
      if (!fitness_of(scored.member.outcome)) ++n_failed_;
    }
    scored_.emplace(id, std::move(scored));
    if (context_.on_progress)
      context_.on_progress(n_done_,
                           static_cast<std::int64_t>(std::min(end_, limit_) - (end_ - size())),
                           static_cast<int>(n_failed_));
  }
}

/// Makes the result of the first candidate in flight known to the state.
void SteadyLoop::take_in() {
  Scored scored = std::move(scored_.extract(scored_.begin()).mapped());
  Member& member = scored.member;
  state_.flight.pop_front();
  in_flight_.erase(member.hash);
  ++taken_in_;
  know(member.hash, {member.id, member.lineage, member.outcome});
  if (is_exact(member)) offer(scored);
  n_missed_ += was_missed(member) ? 1 : 0;
  leave_to_pool(member);
  newcomers_.push_back(member);
  if (fitness_of(member.outcome)) join_population(std::move(member));
}

void SteadyLoop::offer(Scored& scored) {
  if (!state_.pool.may_enter(*fitness_of(scored.member.outcome))) return;
  std::optional<Contender> contender = std::move(scored.contender);
  if (!contender) {
    // The pool was harder to enter when it was bred.
    struct Late {
      std::optional<Contender> contender;
      std::atomic<bool> done{false};
    };
    auto late = std::make_shared<Late>();
    lanes_.put_first([this, late, member = scored.member](const Lane&) {
      late->contender = this->contender(member);
      late->done = true;
    });
    while (!late->done) lanes_.wait();
    contender = std::move(late->contender);
  }
  if (!contender || !state_.pool.offer(*std::move(contender))) return;
  // What it does follows from its members alone, as after a resume.
  state_.pool.begin_generation();
  view_ = view_of(state_.pool);
}

/// Whether it is one of the best members, which stay whatever their age.
bool SteadyLoop::is_elite(const Member& member) const {
  if (settings_.selection == Selection::kAging) return false;
  const Standing own{fitness_of(member.outcome), member.id};
  const auto n_better = std::ranges::count_if(state_.population, [&](const Member& other) {
    return ranks_before({fitness_of(other.outcome), other.id}, own);
  });
  return n_better < settings_.elites;
}

void SteadyLoop::join_population(Member member) {
  std::vector<Member>& members = state_.population;
  standings_.push_back(standing_of(member, settings_.parents_by));
  members.push_back(std::move(member));
  if (members.size() <= size()) return;
  std::size_t leaving = 0;
  while (is_elite(members[leaving])) ++leaving;
  members.erase(members.begin() + static_cast<std::ptrdiff_t>(leaving));
  standings_.erase(standings_.begin() + static_cast<std::ptrdiff_t>(leaving));
}

}  // namespace evofactor::evolve
