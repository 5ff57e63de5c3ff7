#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <set>

#include "genome/validate.hpp"
#include "operators/creation.hpp"
#include "operators/crossover.hpp"
#include "operators/mutation.hpp"
#include "operators/registry.hpp"

using namespace evofactor;
using namespace evofactor::operators;
namespace bdata = boost::unit_test::data;

namespace {

SearchSpace wide_space() {
  SearchSpace space;
  space.optional_inputs = {"vwap", "turnover"};
  space.kernels = {genome::RankKernel::kPaper, genome::RankKernel::kSharp};
  return space;
}

/// A space with one value for every gene.
SearchSpace single_space() {
  SearchSpace space;
  space.min_layers = space.max_layers = 1;
  space.dense = {{32}, {genome::Activation::kTanh}, false, {0}};
  space.inputs = {"close"};
  space.windows = {10};
  space.priors = {};
  space.min_prune_rate = space.max_prune_rate = 0;
  space.min_learning_rate = space.max_learning_rate = 1e-3;
  space.max_weight_decay = 0;
  space.days_per_batch = {5};
  space.steps = {20};
  return space;
}

}  // namespace

BOOST_DATA_TEST_CASE(created_genomes_are_valid, bdata::xrange(300), seed) {
  Rng rng(Seed{static_cast<std::uint64_t>(seed)});
  const SearchSpace space = wide_space();
  const NetGenome genome = random_genome(rng, space);
  BOOST_TEST(genome::validate(genome, space).text() == "");
}

BOOST_DATA_TEST_CASE(every_operator_gives_a_valid_child_and_leaves_its_parents, bdata::xrange(300),
                     seed) {
  const SearchSpace space = wide_space();
  for (const NetOperator& op : registry()) {
    BOOST_TEST_CONTEXT(op.name) {
      Rng rng(derive(Seed{static_cast<std::uint64_t>(seed)}, op.name));
      const NetGenome a = random_genome(rng, space), b = random_genome(rng, space);
      const NetGenome a_before = a, b_before = b;
      const std::vector<const NetGenome*> parents{&a, &b};
      const auto child =
          op.apply(rng, std::span(parents).first(static_cast<std::size_t>(op.n_parents)), space);
      BOOST_TEST((a == a_before && b == b_before));
      if (!child) continue;
      BOOST_TEST(genome::validate(*child, space).text() == "");
      BOOST_TEST(!(*child == a));
    }
  }
}

BOOST_AUTO_TEST_CASE(long_chains_of_variation_stay_valid_and_reach_every_operator) {
  const SearchSpace space = wide_space();
  Rng rng(Seed{4});
  NetGenome genome = random_genome(rng, space), mate = random_genome(rng, space);
  std::set<std::string_view> applied;
  for (int i = 0; i < 3000; ++i) {
    const NetOperator& op = registry()[rng.below(registry().size())];
    const std::vector<const NetGenome*> parents{&genome, &mate};
    if (auto child = op.apply(rng, parents, space)) {
      applied.insert(op.name);
      mate = std::exchange(genome, std::move(*child));
      BOOST_REQUIRE(genome::validate(genome, space).empty());
    }
  }
  BOOST_TEST(applied.size() == registry().size());
}

BOOST_AUTO_TEST_CASE(one_seed_gives_one_child) {
  const SearchSpace space = wide_space();
  for (const NetOperator& op : registry()) {
    const auto breed = [&] {
      Rng rng(Seed{11});
      const NetGenome a = random_genome(rng, space), b = random_genome(rng, space);
      const std::vector<const NetGenome*> parents{&a, &b};
      return op.apply(rng, parents, space);
    };
    BOOST_TEST((breed() == breed()));
  }
}

BOOST_AUTO_TEST_CASE(where_there_is_no_other_value_there_is_no_child) {
  const SearchSpace space = single_space();
  Rng rng(Seed{1});
  const NetGenome a = random_genome(rng, space), b = random_genome(rng, space);
  BOOST_TEST((a == b));
  const std::vector<const NetGenome*> parents{&a, &b};
  for (const NetOperator& op : registry())
    BOOST_TEST(!op.apply(rng, parents, space).has_value(), op.name);
}

BOOST_AUTO_TEST_CASE(crossover_joins_the_head_of_one_parent_with_the_tail_of_the_other) {
  SearchSpace space = wide_space();
  NetGenome a, b;
  a.layers.assign(4, genome::DenseSpec{.units = 8});
  b.layers.assign(4, genome::DenseSpec{.units = 256});
  bool mixed = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng(Seed{seed});
    const auto child = crossover(rng, a, b, space);
    if (!child) continue;
    BOOST_TEST(child->layers.size() == 4U);
    std::vector<int> units;
    for (const auto& layer : child->layers)
      units.push_back(std::get<genome::DenseSpec>(layer).units);
    BOOST_TEST(std::ranges::is_sorted(units));  // 8s, then 256s
    mixed = mixed || (units.front() == 8 && units.back() == 256);
  }
  BOOST_TEST(mixed);
}

BOOST_AUTO_TEST_CASE(one_set_of_inputs_is_one_genome_whatever_order_it_was_reached_in) {
  const SearchSpace space = wide_space();
  NetGenome genome;
  genome.input.features = {"close"};
  Rng rng(Seed{2});
  while (auto child = add_input(rng, genome, space)) genome = *child;
  std::vector<std::string> all = space.inputs;
  all.insert(all.end(), space.optional_inputs.begin(), space.optional_inputs.end());
  BOOST_TEST(genome.input.features == all, boost::test_tools::per_element());
}
