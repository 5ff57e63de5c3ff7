#include "engine/evolve/variation.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_set>
#include <utility>

#include "engine/evolve/selection.hpp"

namespace evofactor::evolve {
namespace {

struct Draft {
  AnyGenome genome;
  ContentHash hash;
  Lineage lineage;
};

/// Fills one generation slot by slot.
class Planner {
 public:
  Planner(const AnyProblem& problem, const SearchSettings& settings, Seed root, int generation,
          const std::vector<Member>& before, std::span<const PoolEntry> pool,
          std::span<const double> rates, const FitnessCache& cache, std::uint64_t next_id)
      : problem_(problem),
        settings_(settings),
        root_(root),
        generation_(generation),
        before_(before),
        pool_(pool),
        rates_(rates),
        cache_(cache),
        next_id_(next_id) {
    for (const Member& member : before) standings_.push_back(standing_of(member));
    if (settings.selection == Selection::kLexicase && !before.empty())
      lexicase_.emplace(standings_);
  }

  GenerationPlan plan(std::int64_t max_new) {
    keep_elites();
    const std::size_t first = plan_.members.size();
    const auto population = static_cast<std::size_t>(settings_.population);
    const std::size_t slots = population - std::min(first, population);
    const auto n_fresh = static_cast<std::size_t>(
        std::llround(settings_.fresh * static_cast<double>(settings_.population)));
    const std::size_t n_bred = before_.empty() || settings_.random || problem_.variations.empty()
                                   ? 0
                                   : slots - std::min(n_fresh, slots);
    for (std::size_t slot = 0; slot < slots; ++slot) {
      if (static_cast<std::int64_t>(plan_.newcomers.size()) >= max_new) {
        plan_.cut = true;
        break;
      }
      if (generation_ == 0 && slot < problem_.initial.size()) {
        const AnyGenome& genome = problem_.initial[slot];
        place({genome, problem_.hash(genome), Lineage{{}, "initial", 0}});
      } else if (slot >= n_bred || !breed(slot)) {
        create(slot);
      }
    }
    return std::move(plan_);
  }

 private:
  void keep_elites() {
    const std::vector<std::size_t> order = best_first(standings_);
    const auto count = std::min(static_cast<std::size_t>(settings_.elites), order.size());
    for (std::size_t i = 0; i < count; ++i) {
      const Member& elite = before_[order[i]];
      if (!fitness_of(elite.outcome)) break;
      present_.insert(elite.hash);
      plan_.members.push_back(elite);
    }
  }

  [[nodiscard]] bool is_known(ContentHash hash) const {
    return present_.contains(hash) || cache_.find(hash) != nullptr;
  }

  /// @param chosen members that were chosen before, for the same child
  const Member& choose_parent(Rng& select, std::vector<std::size_t>& chosen) const {
    if (settings_.pool_parents > 0 && !pool_.empty() && select.chance(settings_.pool_parents))
      return select.pick(pool_).member;
    chosen.push_back(lexicase_ ? lexicase_->pick(select, chosen)
                               : tournament(select, standings_, settings_.tournament, chosen));
    return before_[chosen.back()];
  }

  /// False if no attempt gave a child of unknown content.
  bool breed(std::size_t slot) {
    Rng select(derive(root_, "select", generation_, slot));
    Rng vary(derive(root_, "vary", generation_, slot));
    for (int attempt = 0; attempt < settings_.duplicate_attempts; ++attempt) {
      const AnyVariation& variation = problem_.variations[vary.weighted(rates_)];
      std::vector<std::size_t> chosen;
      std::vector<AnyGenome> parents;
      Lineage lineage{{}, variation.name, generation_};
      for (int p = 0; p < variation.n_parents; ++p) {
        const Member& parent = choose_parent(select, chosen);
        parents.push_back(parent.genome);
        lineage.parents.push_back(parent.id);
      }
      AnyGenome child = variation.apply(vary, parents);
      if (child == nullptr) continue;
      const ContentHash hash = problem_.hash(child);
      if (is_known(hash)) {
        ++plan_.duplicates;
        continue;
      }
      place({std::move(child), hash, std::move(lineage)});
      return true;
    }
    return false;
  }

  void create(std::size_t slot) {
    Rng rng(derive(root_, "create", generation_, slot));
    for (int attempt = 1;; ++attempt) {
      AnyGenome genome = problem_.create(rng);
      const ContentHash hash = problem_.hash(genome);
      if (is_known(hash) && attempt < settings_.duplicate_attempts) {
        ++plan_.duplicates;
        continue;
      }
      place({std::move(genome), hash, Lineage{{}, "create", generation_}});
      return;
    }
  }

  void place(Draft draft) {
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
  Seed root_;
  int generation_;
  const std::vector<Member>& before_;
  std::span<const PoolEntry> pool_;
  std::span<const double> rates_;
  const FitnessCache& cache_;
  std::uint64_t next_id_;
  std::vector<Standing> standings_;
  std::optional<Lexicase> lexicase_;
  std::unordered_set<ContentHash> present_;
  GenerationPlan plan_;
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
