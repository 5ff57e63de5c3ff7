#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <set>

#include "genome/shape.hpp"
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
  space.inherit = true;
  space.optional_inputs = {"vwap", "turnover"};
  space.prior_windows = {5, 10, 20, 40, 60};
  space.losses = {genome::Loss::kPaper, genome::Loss::kSharp};
  space.scales = {genome::InputScale::kStandard, genome::InputScale::kRatio};
  space.layers.kinds.clear();
  for (const std::string_view kind : genome::layer_kind_names())
    space.layers.kinds.emplace_back(kind);
  return space;
}

/// A space with one value for every gene.
SearchSpace single_space() {
  SearchSpace space;
  space.min_layers = space.max_layers = 1;
  for (auto& values : space.layers.values[0]) values.resize(1);  // dense
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

BOOST_DATA_TEST_CASE(limits_of_size_and_cost_hold, bdata::xrange(100), seed) {
  Rng rng(Seed{static_cast<std::uint64_t>(seed)});
  SearchSpace space = wide_space();
  space.max_parameters = 5000;
  space.max_flops = 50000;
  NetGenome genome = random_genome(rng, space);
  BOOST_TEST(genome::validate(genome, space).text() == "");
  for (const NetOperator& op : registry()) {
    const std::vector<const NetGenome*> parents{&genome, &genome};
    if (auto child = op.apply(rng, parents, space)) genome = std::move(*child);
  }
  BOOST_TEST(genome::shape_of(genome).parameters <= 5000);
  BOOST_TEST(genome::shape_of(genome).forward_flops <= 50000);
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
      genome = std::move(*child);
      if (i % 10 == 0) mate = genome;
      BOOST_REQUIRE(genome::validate(genome, space).empty());
    }
  }
  for (const NetOperator& op : registry()) BOOST_TEST(applied.contains(op.name), op.name);
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

BOOST_AUTO_TEST_CASE(children_have_no_start_whatever_their_parents_have) {
  const SearchSpace space = wide_space();
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (const NetOperator& op : registry()) {
      Rng rng(derive(Seed{seed}, op.name));
      NetGenome a = random_genome(rng, space), b = a;
      a.start = genome::Start{ContentHash{1}, 40, nullptr};
      b.start = genome::Start{ContentHash{2}, 80, nullptr};
      const std::vector<const NetGenome*> parents{&a, &b};
      const auto child = op.apply(rng, parents, space);
      // Parents that differ in their starts alone have the same genes.
      if (op.name == "crossover") BOOST_TEST(!child.has_value());
      if (child) BOOST_TEST(!child->start.has_value());
    }
}

BOOST_AUTO_TEST_CASE(inheritance_changes_no_draw_of_a_space_without_it) {
  SearchSpace without = wide_space();
  without.inherit = false;
  std::set<std::string_view> offered;
  for (const NetOperator& op : registry())
    if (!op.offered || op.offered(without)) offered.insert(op.name);
  BOOST_TEST(offered.size() + 2 == registry().size());
  BOOST_TEST(!offered.contains("deepen_layer"));
  BOOST_TEST(!offered.contains("change_inherit"));
  Rng rng(Seed{3});
  const NetGenome a = random_genome(rng, without), b = random_genome(rng, without);
  BOOST_TEST((!a.train.inherit && !b.train.inherit));
  // As recorded before there was inheritance.
  BOOST_TEST(to_hex(content_hash(a).value) == "7a2662664ed91424");
  BOOST_TEST(to_hex(content_hash(crossover(rng, a, b).value()).value) == "807ed4b232fca50e");
}

BOOST_AUTO_TEST_CASE(crossover_joins_layers_of_the_same_role) {
  NetGenome a, b;
  a.layers = {genome::Conv1dSpec{.channels = 8}, genome::Conv1dSpec{.channels = 8},
              genome::DenseSpec{.units = 8}, genome::DenseSpec{.units = 8}};
  b.layers = {genome::GruSpec{.units = 32}, genome::GruSpec{.units = 32},
              genome::DenseSpec{.units = 256}, genome::DenseSpec{.units = 256}};
  bool mixed_body = false, mixed_head = false, swapped = false;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(Seed{seed});
    const auto child = crossover(rng, a, b);
    if (!child) continue;
    BOOST_REQUIRE(child->layers.size() == 4U);
    for (std::size_t i = 0; i < 4; ++i)  // bodies stay in front of heads
      BOOST_TEST((genome::role_of(child->layers[i]) == genome::Role::kSequence) == (i < 2));
    const auto of_a = [&](std::size_t i) {
      return i < 2 ? std::holds_alternative<genome::Conv1dSpec>(child->layers[i])
                   : std::get<genome::DenseSpec>(child->layers[i]).units == 8;
    };
    mixed_body = mixed_body || of_a(0) != of_a(1);
    mixed_head = mixed_head || of_a(2) != of_a(3);
    swapped = swapped || (of_a(0) && of_a(1) && !of_a(2) && !of_a(3));
  }
  BOOST_TEST((mixed_body && mixed_head && swapped));
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

namespace {

/// Priors that change_prior_window makes of this one.
std::set<std::string> moved(const std::string& prior, const SearchSpace& space) {
  NetGenome parent;
  parent.prior = {prior, 20};
  std::set<std::string> priors;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Rng rng(Seed{seed});
    if (const auto child = change_prior_window(rng, parent, space))
      priors.insert(child->prior.formula);
  }
  return priors;
}

SearchSpace space_of_priors(std::vector<std::string> priors) {
  SearchSpace space;
  space.priors = std::move(priors);
  space.prior_windows = {5, 10, 20, 40};
  return space;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_parameter_of_a_prior_moves_to_the_next_window_wherever_it_stands) {
  const std::string band = "div(sub(ts_mean(close, 20), ts_std(close, 20)), close)";
  const SearchSpace space = space_of_priors({band});
  const std::string shorter = "div(sub(ts_mean(close, 10), ts_std(close, 10)), close)";
  const std::set<std::string> both{shorter,
                                   "div(sub(ts_mean(close, 40), ts_std(close, 40)), close)"};
  BOOST_TEST((moved(band, space) == both));
  BOOST_TEST(moved(shorter, space).contains(band));
}

BOOST_AUTO_TEST_CASE(parameters_keep_their_order_and_one_day_stays_one_day) {
  const std::string macd = "sub(ema(close, 12), ema(close, 26))";
  const SearchSpace space = space_of_priors({macd, "ts_sum(delta(close, 1), 20)"});
  const std::set<std::string> around{
      "sub(ema(close, 10), ema(close, 26))", "sub(ema(close, 20), ema(close, 26))",
      "sub(ema(close, 12), ema(close, 20))", "sub(ema(close, 12), ema(close, 40))"};
  BOOST_TEST((moved(macd, space) == around));
  const std::set<std::string> ordered{macd, "sub(ema(close, 20), ema(close, 40))"};
  BOOST_TEST((moved("sub(ema(close, 20), ema(close, 26))", space) == ordered));
  const std::set<std::string> sums{"ts_sum(delta(close, 1), 10)", "ts_sum(delta(close, 1), 40)"};
  BOOST_TEST((moved("ts_sum(delta(close, 1), 20)", space) == sums));
}

BOOST_AUTO_TEST_CASE(a_prior_that_returns_to_its_own_windows_has_the_text_of_the_list) {
  const SearchSpace space = space_of_priors({"$close / ts_mean($close, 12)"});
  BOOST_TEST(
      moved("div(close, ts_mean(close, 10))", space).contains("$close / ts_mean($close, 12)"));
}

BOOST_AUTO_TEST_CASE(without_windows_to_take_priors_stay_as_listed) {
  SearchSpace space = space_of_priors({"ts_mean(close, 20)"});
  space.prior_share = 1;
  std::set<std::string> with, without;
  const auto create = [&](std::set<std::string>& priors) {
    Rng rng(Seed{3});
    for (int i = 0; i < 50; ++i) priors.insert(random_prior(rng, space).formula);
  };
  create(with);
  space.prior_windows.clear();
  create(without);
  BOOST_TEST((with == std::set<std::string>{"ts_mean(close, 5)", "ts_mean(close, 10)",
                                            "ts_mean(close, 20)", "ts_mean(close, 40)"}));
  BOOST_TEST((without == std::set<std::string>{"ts_mean(close, 20)"}));
  BOOST_TEST(moved("ts_mean(close, 20)", space).empty());
}
