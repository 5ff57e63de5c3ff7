#include "engine/evolve/variation.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <unordered_set>
#include <utility>

#include "engine/evolve/breeding.hpp"
#include "engine/evolve/island.hpp"

namespace evofactor::evolve {
namespace {

/// Fills one generation island by island, slot by slot.
class Planner {
 public:
  Planner(const AnyProblem& problem, const SearchSettings& settings, Seed root, int generation,
          const std::vector<Member>& before, std::span<const PoolEntry> pool,
          std::span<const double> rates, const FitnessCache& cache, std::uint64_t next_id)
      : problem_(problem),
        settings_(settings),
        generation_(generation),
        pool_(pool),
        rates_(rates),
        cache_(cache),
        next_id_(next_id),
        breeder_(problem, settings, root, [this](ContentHash hash) { return is_known(hash); }) {
    settle(before);
  }

  GenerationPlan plan(std::int64_t max_new) {
    for (const Island& island : islands_)
      for (const Member* member : island.survivors())
        if (present_.insert(member->hash).second) plan_.members.push_back(*member);
    find_neighbours();
    std::size_t first_slot = 0;
    for (island_ = 0; island_ < static_cast<int>(islands_.size()) && !plan_.cut; ++island_) {
      fill(islands_[static_cast<std::size_t>(island_)], first_slot, max_new);
      first_slot += static_cast<std::size_t>(size_of(island_));
    }
    plan_.duplicates = breeder_.duplicates();
    return std::move(plan_);
  }

 private:
  [[nodiscard]] int size_of(int island) const {
    return share_of(settings_.population, island, settings_.islands);
  }

  void settle(const std::vector<Member>& before) {
    const auto n = static_cast<std::size_t>(settings_.islands);
    std::vector<std::vector<const Member*>> members(n), guests(n);
    for (const Member& member : before)
      members[island_of(member, settings_.islands)].push_back(&member);
    if (n > 1 && generation_ % settings_.migrate_every == 0)
      for (std::size_t k = 0; k < n; ++k)
        guests[(k + 1) % n] = best_of(members[k], static_cast<std::size_t>(settings_.migrants));
    for (std::size_t k = 0; k < n; ++k) {
      const int island = static_cast<int>(k);
      islands_.emplace_back(std::move(members[k]), guests[k], size_of(island),
                            share_of(settings_.elites, island, settings_.islands), settings_);
    }
  }

  [[nodiscard]] std::size_t n_bred(const Island& island) const {
    if (!island.may_breed() || settings_.random || problem_.variations.empty()) return 0;
    const std::size_t slots = island.n_slots();
    const bool few = settings_.selection == Selection::kAging;
    const double size =
        few ? static_cast<double>(slots) : static_cast<double>(slots + island.survivors().size());
    return slots - std::min(static_cast<std::size_t>(std::llround(settings_.fresh * size)), slots);
  }
  /// How many of an island's bred members are neighbours of the pool's best.
  [[nodiscard]] std::size_t n_tuned(const Island& island) const {
    const auto wanted = static_cast<std::size_t>(
        std::llround(settings_.local_search * static_cast<double>(island.n_slots())));
    return std::min(wanted, n_bred(island));
  }

  /// New neighbours of the pool's members, the best one's first, as many as are wanted.
  void find_neighbours() {
    std::size_t wanted = 0;
    for (const Island& island : islands_) wanted += n_tuned(island);
    if (wanted == 0 || !problem_.neighbours) return;
    std::unordered_set<ContentHash> found;
    for (const PoolEntry& entry : pool_)
      for (AnyGenome& genome : problem_.neighbours(entry.member.genome)) {
        const ContentHash hash = problem_.hash(genome);
        if (is_known(hash) || !found.insert(hash).second) continue;
        neighbours_.push_back(
            {std::move(genome), hash, Lineage{{entry.member.id}, "tune", generation_}});
        if (neighbours_.size() == wanted) {
          std::ranges::reverse(neighbours_);
          return;
        }
      }
    std::ranges::reverse(neighbours_);
  }

  void fill(const Island& island, std::size_t first_slot, std::int64_t max_new) {
    const std::size_t slots = island.n_slots();
    const std::size_t bred = n_bred(island);
    const std::size_t tuned = n_tuned(island);
    for (std::size_t k = 0; k < slots; ++k) {
      const std::size_t slot = first_slot + k;
      if (static_cast<std::int64_t>(plan_.newcomers.size()) >= max_new) {
        plan_.cut = true;
        return;
      }
      if (generation_ == 0 && slot < problem_.initial.size()) {
        const AnyGenome& genome = problem_.initial[slot];
        place({genome, problem_.hash(genome), Lineage{{}, "initial", 0}});
      } else if (k < tuned && !neighbours_.empty()) {
        place(std::move(neighbours_.back()));
        neighbours_.pop_back();
      } else if (k >= bred || !breed(island, slot)) {
        place(breeder_.create(generation_, slot, settings_.duplicate_attempts));
      }
    }
  }

  [[nodiscard]] bool is_known(ContentHash hash) const {
    return present_.contains(hash) || cache_.find(hash) != nullptr;
  }

  /// False if no attempt gave a child of unknown content.
  bool breed(const Island& island, std::size_t slot) {
    auto winner = [&](Rng& rng, std::vector<std::size_t>& chosen) -> const Member& {
      return island.parent(rng, chosen);
    };
    std::optional<Draft> child = breeder_.breed(generation_, slot, winner, pool_, rates_);
    if (child) place(*std::move(child));
    return child.has_value();
  }

  void place(Draft draft) {
    draft.lineage.island = island_;
    if (!present_.insert(draft.hash).second) {
      ++plan_.cached;
      return;
    }
    if (const FitnessCache::Known* known = cache_.find(draft.hash)) {
      ++plan_.cached;
      plan_.members.push_back(
          {known->id, draft.hash, std::move(draft.genome), known->lineage, known->outcome});
      return;
    }
    plan_.newcomers.push_back(plan_.members.size());
    plan_.members.push_back({CandidateId{next_id_++},
                             draft.hash,
                             std::move(draft.genome),
                             std::move(draft.lineage),
                             {}});
  }

  const AnyProblem& problem_;
  const SearchSettings& settings_;
  int generation_;
  std::span<const PoolEntry> pool_;
  std::span<const double> rates_;
  const FitnessCache& cache_;
  std::uint64_t next_id_;
  std::deque<Island> islands_;
  int island_ = 0;                 ///< being filled
  std::vector<Draft> neighbours_;  ///< to place, the last one first
  std::unordered_set<ContentHash> present_;
  GenerationPlan plan_;
  Breeder breeder_;
};

}  // namespace

GenerationPlan plan_generation(const AnyProblem& problem, const SearchSettings& settings, Seed root,
                               int generation, const std::vector<Member>& before,
                               std::span<const PoolEntry> pool, std::span<const double> rates,
                               const FitnessCache& cache, std::uint64_t next_id,
                               std::int64_t max_new) {
  return Planner(problem, settings, root, generation, before, pool, rates, cache, next_id)
      .plan(max_new);
}

}  // namespace evofactor::evolve
