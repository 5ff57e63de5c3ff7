// Searches whose children start from their parents' weights.
#include <boost/test/unit_test.hpp>
#include <set>

#include "engine/evolve/checkpoint.hpp"
#include "test/evolve/files.hpp"
#include "test/evolve/toy.hpp"

using namespace evofactor;
using namespace evofactor::evolve;
using namespace evofactor::evolve::toy;

namespace {

using Bytes = std::shared_ptr<const std::vector<std::byte>>;

/// A toy that inherits if its second gene is even: what it is worth depends on the parent's
/// weights.
struct Heir {
  Toy toy;
  std::uint64_t parent = 0;  ///< 0: none
  Bytes inherited;           ///< no part of the value, as in a network
  bool operator==(const Heir& other) const { return toy == other.toy && parent == other.parent; }
};

ContentHash content_hash(const Heir& heir) {
  Hasher hasher;
  hasher.add(std::span<const int>(heir.toy.genes)).add(heir.parent);
  return ContentHash{hasher.value()};
}
ShapeKey shape_key(const Heir& heir) { return shape_key(heir.toy); }

Bytes trained(const Heir& heir) {
  const std::uint64_t start =
      heir.inherited ? hash_bytes(heir.inherited->data(), heir.inherited->size()) : 0;
  auto bytes = std::make_shared<std::vector<std::byte>>();
  Rng rng(derive(Seed{content_hash(heir).value}, "train", start));
  for (int i = 0; i < 100; ++i) bytes->push_back(static_cast<std::byte>(rng() & 0xff));
  return bytes;
}

Outcome evaluate_heir(const Heir& heir) {
  ++n_evaluated;
  if ((heir.parent != 0) != (heir.inherited != nullptr))
    return Failure{FailureKind::kError, "start", "the parent's weights are not at hand"};
  if (heir.toy.genes[2] == 7) return Failure{FailureKind::kDegenerate, "train", "as planned"};
  Evaluation evaluation;
  evaluation.weights = trained(heir);
  evaluation.fitness =
      toy_fitness(heir.toy) + 1e-3 * std::to_integer<int>(evaluation.weights->front());
  evaluation.metrics = {{"inherits", heir.parent != 0 ? 1 : 0}};
  evaluation.train_steps = 10;
  return evaluation;
}

Problem<Heir> heir_problem() {
  static const Problem<Toy> base = toy_problem();
  Problem<Heir> problem;
  problem.kind = "heir";
  problem.create = [](Rng& rng) { return Heir{base.create(rng), 0, nullptr}; };
  for (const Variation<Toy>& variation : base.variations)
    problem.variations.push_back(
        {variation.name, variation.n_parents, variation.rate,
         [&variation](Rng& rng, std::span<const Heir* const> parents) -> std::optional<Heir> {
           std::vector<const Toy*> toys;
           for (const Heir* parent : parents) toys.push_back(&parent->toy);
           const auto child = variation.apply(rng, toys);
           if (!child) return std::nullopt;
           return Heir{*child, 0, nullptr};
         }});
  problem.inherit = [](const Heir& child, const Heir& parent,
                       const Evaluation& evaluation) -> std::optional<Heir> {
    if (child.toy.genes[1] % 2 != 0 || !evaluation.weights) return std::nullopt;
    return Heir{child.toy, content_hash(parent).value, evaluation.weights};
  };
  problem.to_json = [](const Heir& heir) {
    return Json{{"genes", heir.toy.genes}, {"parent", heir.parent}};
  };
  problem.from_json = [](const Json& json) {
    return Heir{{json.at("genes").get<std::vector<int>>()},
                json.at("parent").get<std::uint64_t>(),
                nullptr};
  };
  problem.text = [](const Heir& heir) { return Json(heir.toy.genes).dump(); };
  problem.cost = [](const Heir&) { return 1.0; };
  problem.evaluate = [](std::span<const Candidate<Heir>> candidates, const Lane&, const Hurdle&) {
    std::vector<Outcome> outcomes;
    for (const auto& candidate : candidates) outcomes.push_back(evaluate_heir(candidate.genome));
    return outcomes;
  };
  problem.evaluate_share = [](std::span<const Candidate<Heir>> candidates, const Lane&,
                              const Hurdle&, double share) {
    std::vector<Outcome> outcomes;
    for (const auto& candidate : candidates) {
      outcomes.push_back(evaluate_heir(candidate.genome));
      if (auto* evaluation = std::get_if<Evaluation>(&outcomes.back())) {
        evaluation->fitness *= share;
        evaluation->weights = nullptr;
      }
    }
    return outcomes;
  };
  problem.pool_values = [](const Heir& heir, const Evaluation& evaluation) {
    if (!evaluation.weights) throw std::runtime_error("weights are missing");
    return base.pool_values(heir.toy, evaluation);
  };
  return problem;
}

struct Way {
  std::string name;
  SearchSettings search;
  PoolSettings pool = small_pool();
};

std::vector<Way> ways() {
  std::vector<Way> all{{"generations", small_settings()},
                       {"islands and the pool", small_settings()},
                       {"rungs", small_settings()},
                       {"steady state", steady_settings()},
                       {"steady state, far ahead", steady_settings()}};
  all[1].search.islands = 2;
  all[1].search.migrate_every = 2;
  all[1].search.pool_parents = 0.3;
  all[2].search.halving.rungs = 2;
  all[4].search.lag = 16;
  all[4].search.pool_parents = 0.5;
  all[4].search.selection = Selection::kAging;
  return all;
}

SearchResult<Heir> run(const Way& way, const SearchContext& context) {
  return run_search(heir_problem(), way.search, way.pool, no_budget(), context);
}

void run_until(int n, const Way& way, SearchContext context) {
  std::atomic<bool> stop{false};
  std::atomic<int> finished{0};
  context.stop = &stop;
  context.on_progress = [&](std::int64_t, std::int64_t, int) {
    if (++finished >= n) stop = true;
  };
  (void)run(way, context);
}

std::vector<Json> lines_of(const Folder& folder) {
  return read_ndjson(folder.path() / "evaluations.ndjson");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(inheritance)

BOOST_AUTO_TEST_CASE(children_start_from_the_weights_of_their_first_parent) {
  for (const Way& way : ways()) {
    BOOST_TEST_CONTEXT(way.name) {
      const Folder folder;
      (void)run(way, context_in(folder.path()));
      const std::vector<Json> lines = lines_of(folder);
      std::size_t heirs = 0, generations = 0;
      for (const Json& line : lines) {
        const auto parent = line.at("genome").at("parent").get<std::uint64_t>();
        if (line.at("status") == "failed")
          BOOST_TEST(line.at("failure").at("kind") == "degenerate");
        if (parent == 0) continue;
        ++heirs;
        const Json& first = lines[line.at("parents").at(0).get<std::size_t>()];
        BOOST_TEST(first.at("hash") == to_hex(parent));
        BOOST_TEST(first.at("status") == "ok");
        generations += first.at("genome").at("parent") != 0 ? 1U : 0U;
      }
      BOOST_TEST(heirs > 10U);
      BOOST_TEST(generations > 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(results_do_not_depend_on_threads_or_interruptions) {
  for (const Way& way : ways()) {
    const Folder whole;
    (void)run(way, context_in(whole.path()));
    for (const int lanes : {1, 3})
      for (const int n : {9, 40, 77}) {
        BOOST_TEST_CONTEXT(way.name << ", " << lanes << " lanes, stop after " << n) {
          const Folder folder;
          run_until(n, way, context_in(folder.path(), lanes));
          (void)run(way, context_in(folder.path(), lanes));
          require_equal_searches(whole.path(), folder.path());
        }
      }
  }
}

BOOST_AUTO_TEST_CASE(what_was_trained_is_not_trained_again_unless_its_weights_are_gone) {
  for (Way way : {ways()[0], ways()[3]}) {
    way.pool.min_rank_ic = 1;  // out of reach: only children ask for the weights
    BOOST_TEST_CONTEXT(way.name) {
      const Folder whole, kept, lost;
      n_evaluated = 0;
      (void)run(way, context_in(whole.path()));
      const std::int64_t all = n_evaluated;
      n_evaluated = 0;
      run_until(25, way, context_in(kept.path()));
      (void)run(way, context_in(kept.path()));
      BOOST_TEST(n_evaluated == all);
      run_until(25, way, context_in(lost.path()));
      std::filesystem::remove_all(lost.path() / "weights");
      n_evaluated = 0;
      (void)run(way, context_in(lost.path()));
      BOOST_TEST(n_evaluated > all - 25);
      require_equal_searches(whole.path(), lost.path());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_checkpoint_holds_the_weights_that_children_may_start_from) {
  const Folder folder;
  (void)run(ways()[4], context_in(folder.path()));
  const Checkpoint checkpoint = read_checkpoint(newest_checkpoint(folder.path()));
  for (const StoredMember& member : checkpoint.population)
    BOOST_TEST((std::get<Evaluation>(member.outcome).weights != nullptr));
  // Every heir in flight finds its parent, wherever that has gone.
  std::set<std::uint64_t> parents, origins;
  for (const StoredInFlight& one : checkpoint.flight)
    if (one.member.genome.at("parent") != 0)
      parents.insert(one.member.lineage.parents.front().value);
  for (const StoredMember& member : checkpoint.origins) origins.insert(member.id.value);
  BOOST_TEST(!parents.empty());
  BOOST_TEST((parents == origins));
  const Folder without;
  (void)run_small(context_in(without.path()), child_options());
  for (const StoredMember& member : read_checkpoint(newest_checkpoint(without.path())).population)
    if (const auto* evaluation = std::get_if<Evaluation>(&member.outcome))
      BOOST_TEST((evaluation->weights == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()
