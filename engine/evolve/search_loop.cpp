#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/evolve/halving.hpp"
#include "engine/evolve/search_session.hpp"
#include "engine/evolve/steady_loop.hpp"
#include "engine/evolve/variation.hpp"

namespace evofactor::evolve {
namespace {

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

/// Generations: all candidates of one are scored before the next is bred.
class GenerationLoop final : public SearchSession {
 public:
  using SearchSession::SearchSession;

 private:
  bool run_generation() override {
    const int generation = static_cast<int>(state_.history.size());
    state_.pool.begin_generation();
    const std::shared_ptr<const PoolView> view = view_of(state_.pool);
    if (begins_anew(state_.history, settings_.restart_after)) state_.population.clear();
    const auto max_new = static_cast<std::int64_t>(affordable(
        settings_.halving, effort_left(), static_cast<std::size_t>(settings_.population)));
    GenerationPlan plan = plan_generation(
        problem_, settings_, context_.root, generation, state_.population, state_.pool.entries(),
        rates(), cache_, static_cast<std::uint64_t>(state_.evaluations()), max_new);
    if (!evaluate(plan, view->hurdle(elite_bar()))) return false;
    for (const std::size_t i : plan.newcomers) {
      const Member& member = plan.members[i];
      know(member.hash, {member.id, member.lineage, member.outcome});
    }
    offer_to_pool(plan);

    GenerationRecord record;
    record.cached = plan.cached;
    record.duplicates = plan.duplicates;
    std::vector<const Member*> newcomers;
    for (const std::size_t i : plan.newcomers) {
      newcomers.push_back(&plan.members[i]);
      record.missed += was_missed(plan.members[i]) ? 1 : 0;
    }
    for (Member& member : plan.members) leave_to_pool(member);
    state_.population = std::move(plan.members);
    state_.cut = plan.cut;
    conclude(std::move(record), newcomers);
    return true;
  }

  void restore(StartPoint&) override {}
  void halt() override {}
  [[nodiscard]] bool used_up() const override {
    const std::size_t n = state_.history.size();
    return n >= kBarrenGenerations &&
           std::all_of(state_.history.end() - kBarrenGenerations, state_.history.end(),
                       [](const GenerationRecord& record) { return record.created == 0; });
  }

  /// Fills the newcomers' outcomes, from the journal or by evaluation, rung by rung. False if a
  /// stop left some without.
  bool evaluate(GenerationPlan& plan, const Hurdle& to_beat) {
    Work work{plan.members, static_cast<std::int64_t>(plan.newcomers.size()),
              std::vector<char>(plan.members.size(), 0), std::vector<Json>(plan.members.size())};
    for (const std::size_t i : plan.newcomers) {
      work.recalled[i] = recall(plan.members[i], work.n_newcomers) ? 1 : 0;
      if (work.recalled[i] == 0) work.genomes[i] = problem_.to_json(plan.members[i].genome);
    }
    std::size_t n = plan.newcomers.size();
    for (int rung = 0; rung < settings_.halving.rungs; ++rung) {
      work.n_all += static_cast<std::int64_t>(n);
      n = n_promoted(settings_.halving, n);
    }
    std::vector<std::size_t> going = plan.newcomers;
    for (int rung = 0;; ++rung) {
      if (!score(work, going, rung, to_beat)) return false;
      if (rung == last_rung()) return true;
      const std::vector<std::size_t> next = promoted(settings_.halving, plan.members, going, rung);
      for (const std::size_t i : going)
        if (work.recalled[i] == 0 && !std::ranges::binary_search(next, i))
          settle(plan.members[i], {rung, work.n_newcomers}, work.genomes[i]);
      going = next;
    }
  }

  /// The newcomers of a generation on their way.
  struct Work {
    std::vector<Member>& members;
    std::int64_t n_newcomers;
    std::vector<char> recalled;  ///< its last outcome is known from the journal
    std::vector<Json> genomes;   ///< of the others
    std::int64_t n_all = 0;      ///< evaluations to come at most, of all rungs
    std::atomic<std::int64_t> n_scored{0};
    std::atomic<int> n_failed{0};
  };

  [[nodiscard]] int last_rung() const { return settings_.halving.rungs - 1; }

  /// One rung: fills the outcomes of `going`. A member recalled has its last outcome already.
  bool score(Work& work, std::span<const std::size_t> going, int rung, const Hurdle& to_beat) {
    std::vector<Member>& members = work.members;
    std::atomic<std::size_t> n_finished{0};
    auto count = [&](const Member& member) {
      ++n_finished;
      if (!fitness_of(member.outcome) && (!member.climb || member.climb->rung == rung))
        ++work.n_failed;
      const std::int64_t done = ++work.n_scored;
      if (context_.on_progress) context_.on_progress(done, work.n_all, work.n_failed);
    };
    for (const std::size_t i : going)
      if (work.recalled[i] != 0) count(members[i]);
    // A bucket of which some have finished is evaluated whole, since stacked training need not give
    // each candidate the same bits in other company.
    std::vector<std::vector<std::size_t>> buckets =
        make_buckets(problem_, members, going, scheduler_.bucket_cap());
    std::erase_if(buckets, [&](const std::vector<std::size_t>& bucket) {
      return std::ranges::all_of(bucket, [&](std::size_t i) { return work.recalled[i] != 0; });
    });
    const double share = share_of(settings_.halving, rung);
    scheduler_.run(
        buckets.size(),
        [&](std::size_t b, const Lane& lane) {
          std::vector<Candidate<AnyGenome>> batch;
          for (const std::size_t i : buckets[b])
            batch.push_back({members[i].id, members[i].genome, members[i].lineage});
          std::vector<Outcome> outcomes = evaluate_bucket(problem_, batch, lane, to_beat, share);
          for (std::size_t k = 0; k < batch.size(); ++k) {
            const std::size_t i = buckets[b][k];
            if (work.recalled[i] != 0) continue;
            members[i].outcome = std::move(outcomes[k]);
            if (rung == last_rung()) settle(members[i], {rung, work.n_newcomers}, work.genomes[i]);
            count(members[i]);
          }
        },
        context_.stop);
    return n_finished == going.size();
  }

  [[nodiscard]] bool is_whole(const Member& member) const {
    return !member.climb || member.climb->rung == last_rung();
  }

  /// It comes no further: its outcome is its last.
  void settle(Member& member, Climb climb, const Json& genome) {
    if (last_rung() > 0) {
      member.climb = climb;
      if (auto* evaluation = std::get_if<Evaluation>(&member.outcome)) {
        evaluation->metrics.emplace_back("rung", climb.rung);
        // Only of a whole training can it be a factor.
        if (!is_whole(member)) evaluation->weights = nullptr;
      }
    }
    journal_.finish(member, genome);
  }

  void offer_to_pool(const GenerationPlan& plan) {
    std::vector<std::size_t> order;
    for (const std::size_t i : plan.newcomers)
      if (const auto* evaluation = std::get_if<Evaluation>(&plan.members[i].outcome);
          evaluation != nullptr && evaluation->scoring != Scoring::kScreened &&
          is_whole(plan.members[i]))
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
  }
};

}  // namespace

SearchResult<AnyGenome> run_any_search(const AnyProblem& problem, const SearchSettings& settings,
                                       const PoolSettings& pool, const Budget& budget,
                                       const SearchContext& context) {
  if (settings.halving.rungs > 1 && !problem.evaluate_share)
    throw ConfigError(
        fmt::format("search.halving.rungs is {}, but the effort of a {} cannot be adjusted: set it "
                    "to 1",
                    settings.halving.rungs, problem.kind));
  if (settings.loop == Loop::kSteadyState)
    return SteadyLoop(problem, settings, pool, budget, context).run();
  return GenerationLoop(problem, settings, pool, budget, context).run();
}

}  // namespace evofactor::evolve
