#include "baselines/gp/variation.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "baselines/gp/creation.hpp"
#include "baselines/gp/neighbours.hpp"
#include "engine/core/error.hpp"
#include "engine/formula/classic20.hpp"
#include "engine/formula/parse.hpp"
#include "engine/formula/simplify.hpp"
#include "test/gp/support.hpp"

using namespace evofactor;
using namespace evofactor::gp;

namespace {

/// Settings that differ in what they allow.
std::vector<GpSettings> many_settings() {
  std::vector<GpSettings> all(8);
  all[1].typed = false;
  all[2].scale_free_root = false;
  all[3].typed = false;
  all[3].scale_free_root = false;
  all[4].max_nodes = 8;
  all[4].max_depth = 3;
  all[4].max_initial_depth = 3;
  all[4].max_look_back = 20;
  all[5].fields = {"close", "volume", "turnover", "amount", "float_cap"};
  for (const auto& row : formula::functions()) all[5].functions.emplace_back(row.name);
  all[6].creation = Creation::kFull;
  all[6].fields = {"close"};
  all[6].windows = {5, 10};
  all[7].scales = true;
  return all;
}

const Grammar& grammar_of(const GpSettings& settings) {
  static std::map<const GpSettings*, std::unique_ptr<Grammar>> made;
  auto& grammar = made[&settings];
  if (!grammar) grammar = std::make_unique<Grammar>(settings, test::all_fields());
  return *grammar;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(creation)

BOOST_AUTO_TEST_CASE(created_formulas_keep_every_rule) {
  const auto settings = many_settings();
  for (std::size_t s = 0; s < settings.size(); ++s)
    for (std::uint64_t seed = 0; seed < 300; ++seed)
      BOOST_TEST_CONTEXT("settings " << s << ", seed " << seed) {
        Rng rng(Seed{seed});
        const auto program = create(rng, grammar_of(settings[s]));
        BOOST_TEST(test::broken_rule(program, settings[s]) == "", formula::to_string(program));
        BOOST_TEST(formula::depth(program) >= settings[s].min_initial_depth);
        BOOST_TEST(formula::depth(program) <= settings[s].max_initial_depth + 1);
      }
}

BOOST_AUTO_TEST_CASE(one_seed_makes_one_formula) {
  const GpSettings settings;
  const Grammar grammar(settings, test::all_fields());
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng a(Seed{seed}), b(Seed{seed});
    BOOST_TEST((create(a, grammar) == create(b, grammar)));
  }
}

BOOST_AUTO_TEST_CASE(creation_is_diverse_and_uses_all_functions) {
  const GpSettings settings;
  const Grammar grammar(settings, test::all_fields());
  std::set<std::string> formulas;
  std::set<std::string_view> used;
  bool number = false;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Rng rng(Seed{seed});
    const auto program = create(rng, grammar);
    formulas.insert(formula::to_string(program));
    for (const auto& token : program.tokens) {
      if (token.kind == formula::TokenKind::kFunction) used.insert(formula::info(token).name);
      number |= token.kind == formula::TokenKind::kConstant;
    }
  }
  BOOST_TEST(formulas.size() > 2900U);
  BOOST_TEST(number);
  for (const std::string& name : default_functions()) BOOST_TEST(used.contains(name), name);
}

BOOST_AUTO_TEST_CASE(methods_of_creation_differ_in_how_trees_fill) {
  const auto mean_nodes = [](Creation creation) {
    GpSettings settings;
    settings.creation = creation;
    settings.min_initial_depth = 2;
    settings.max_initial_depth = 6;
    const Grammar grammar(settings, test::all_fields());
    double nodes = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      Rng rng(Seed{seed});
      nodes += static_cast<double>(create(rng, grammar).tokens.size());
    }
    return nodes / 300;
  };
  BOOST_TEST(mean_nodes(Creation::kGrow) < mean_nodes(Creation::kRamped));
  BOOST_TEST(mean_nodes(Creation::kRamped) < mean_nodes(Creation::kFull));
}

BOOST_AUTO_TEST_CASE(impossible_settings_are_refused) {
  GpSettings settings;
  settings.fields = {"close", "earnings"};
  BOOST_CHECK_EXCEPTION(Grammar(settings, test::all_fields()), ConfigError, [](const auto& e) {
    return std::string(e.what()).find("want the field \"earnings\", which the market has not") !=
           std::string::npos;
  });
  settings.fields = {"close"};
  settings.functions = {"add", "ts_mean"};
  const Grammar grammar(settings, test::all_fields());
  Rng rng(Seed{1});
  BOOST_CHECK_THROW((void)create(rng, grammar), ConfigError);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(variation)

BOOST_AUTO_TEST_CASE(every_operator_keeps_every_rule_and_changes_something) {
  const auto settings = many_settings();
  std::map<std::string, int> changed;
  for (std::size_t s = 0; s < settings.size(); ++s) {
    const auto grammar = std::make_shared<const Grammar>(settings[s], test::all_fields());
    const auto operators = variations(grammar);
    BOOST_TEST(operators.size() == 8U);
    for (std::uint64_t seed = 0; seed < 200; ++seed)
      BOOST_TEST_CONTEXT("settings " << s << ", seed " << seed) {
        Rng rng(Seed{seed});
        const FormulaGenome a{create(rng, *grammar)}, b{create(rng, *grammar)};
        const FormulaGenome* const parents[] = {&a, &b};
        for (const auto& op : operators) {
          const auto child =
              op.apply(rng, std::span(parents).first(static_cast<std::size_t>(op.n_parents)));
          if (!child) continue;
          ++changed[op.name];
          BOOST_TEST(!(*child == a), op.name);
          BOOST_TEST(test::broken_rule(child->program, settings[s]) == "",
                     op.name << " " << formula::to_string(child->program));
        }
      }
  }
  // How often each found a child; most fail only where the parent offers nothing to change.
  for (const auto& [name, at_least] : std::map<std::string, int>{{"crossover", 1000},
                                                                 {"point", 1200},
                                                                 {"subtree", 1200},
                                                                 {"hoist", 500},
                                                                 {"insert", 800},
                                                                 {"delete", 400},
                                                                 {"window", 900},
                                                                 {"constant", 100}})
    BOOST_TEST(changed[name] >= at_least, name << ": " << changed[name]);
}

BOOST_AUTO_TEST_CASE(children_are_simplified_and_without_sign) {
  const GpSettings settings;
  const auto grammar = std::make_shared<const Grammar>(settings, test::all_fields());
  const auto operators = variations(grammar);
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng(Seed{seed});
    const FormulaGenome a{create(rng, *grammar)}, b{create(rng, *grammar)};
    BOOST_TEST((formula::ranking_core(a.program) == a.program));
    const FormulaGenome* const parents[] = {&a, &b};
    const auto& op = operators[seed % operators.size()];
    if (const auto child =
            op.apply(rng, std::span(parents).first(static_cast<std::size_t>(op.n_parents))))
      BOOST_TEST((formula::ranking_core(child->program) == child->program), op.name);
  }
}

BOOST_AUTO_TEST_CASE(what_does_nothing_makes_no_other_candidate) {
  const auto hash = [](const char* text) {
    return content_hash(FormulaGenome{formula::parse_or_throw(text)});
  };
  BOOST_TEST((hash("add(mul(open, 1), neg(neg(close)))") == hash("add(close, open)")));
  BOOST_TEST((hash("delay(delay(close, 1), 1)") == hash("delay(close, 2)")));
  BOOST_TEST((hash("sub(close, close)") != hash("mul(close, 0)")));
}

BOOST_AUTO_TEST_CASE(operators_depend_on_the_seed_alone) {
  const GpSettings settings;
  const auto grammar = std::make_shared<const Grammar>(settings, test::all_fields());
  Rng make(Seed{7});
  const FormulaGenome a{create(make, *grammar)}, b{create(make, *grammar)};
  const FormulaGenome* const parents[] = {&a, &b};
  for (const auto& op : variations(grammar))
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Rng first(Seed{seed}), second(Seed{seed});
      const auto given = std::span(parents).first(static_cast<std::size_t>(op.n_parents));
      BOOST_TEST((op.apply(first, given) == op.apply(second, given)), op.name);
    }
}

BOOST_AUTO_TEST_CASE(operators_do_what_their_names_say) {
  const GpSettings settings;
  const Grammar grammar(settings, test::all_fields());
  const auto parent = formula::parse_or_throw(
      "ts_rank(mul(0.5, div(sub(high, low), ts_mean(delta(close, 5), 10))), 20)");
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Rng rng(Seed{seed});
    if (const auto child = hoist(rng, parent, grammar))
      BOOST_TEST(child->tokens.size() < parent.tokens.size());
    if (const auto child = erase(rng, parent, grammar))
      BOOST_TEST(child->tokens.size() < parent.tokens.size());
    if (const auto child = insert(rng, parent, grammar))
      BOOST_TEST(child->tokens.size() > parent.tokens.size());
    // A rank or sign in place of the root is simplified away.
    if (const auto child = point_mutation(rng, parent, grammar))
      BOOST_TEST(child->tokens.size() <= parent.tokens.size());
    const auto window = window_mutation(rng, parent, grammar);
    BOOST_REQUIRE(window.has_value());
    BOOST_TEST(window->tokens.size() == parent.tokens.size());
    const auto constant = constant_mutation(rng, parent, grammar);
    BOOST_REQUIRE(constant.has_value());
    BOOST_TEST(constant->tokens[0].value != 0.5F);
  }
}

BOOST_AUTO_TEST_CASE(crossover_takes_from_both_parents) {
  const GpSettings settings;
  const Grammar grammar(settings, test::all_fields());
  const auto a = formula::parse_or_throw("ts_corr(close, vwap, 10)");
  const auto b = formula::parse_or_throw("ts_zscore(ts_mean(open, 3), 5)");
  bool mixed = false;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Rng rng(Seed{seed});
    if (const auto child = crossover(rng, a, b, grammar))
      mixed |= formula::to_string(*child) == "ts_corr(ts_mean(open, 3), vwap, 10)";
  }
  BOOST_TEST(mixed);
}

BOOST_AUTO_TEST_CASE(parents_from_outside_are_never_a_problem) {
  const GpSettings settings;
  const auto grammar = std::make_shared<const Grammar>(settings, test::all_fields());
  const auto operators = variations(grammar);
  std::vector<FormulaGenome> parents;
  for (const auto& row : formula::classic20())
    parents.push_back({formula::parse_or_throw(row.formula)});
  parents.push_back({formula::parse_or_throw("close")});
  parents.push_back({formula::parse_or_throw("cs_neutralize(add(close, volume), industry)")});
  for (const auto& a : parents)
    for (const auto& b : parents)
      for (const auto& op : operators) {
        Rng rng(Seed{content_hash(a).value});
        const FormulaGenome* const pair[] = {&a, &b};
        const auto child =
            op.apply(rng, std::span(pair).first(static_cast<std::size_t>(op.n_parents)));
        if (child) BOOST_TEST(test::broken_rule(child->program, settings) == "", op.name);
      }
}

BOOST_AUTO_TEST_CASE(an_operator_of_rate_zero_is_left_out) {
  GpSettings settings;
  settings.rates.hoist = 0;
  const auto operators = variations(std::make_shared<const Grammar>(settings, test::all_fields()));
  BOOST_TEST(operators.size() == 7U);
  for (const auto& op : operators) BOOST_TEST(op.name != "hoist");
}

BOOST_AUTO_TEST_CASE(size_fair_crossover_keeps_the_size_on_average) {
  const auto mean_growth = [](Exchange exchange) {
    GpSettings settings;
    settings.exchange = exchange;
    settings.max_nodes = 200;
    settings.max_depth = 30;
    settings.max_look_back = 5000;
    const Grammar grammar(settings, test::all_fields());
    double growth = 0, largest = 0;
    int made = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
      Rng rng(Seed{seed});
      const auto a = create(rng, grammar), b = create(rng, grammar);
      const auto child = crossover(rng, a, b, grammar);
      if (!child) continue;
      ++made;
      const double more =
          static_cast<double>(child->tokens.size()) - static_cast<double>(a.tokens.size());
      growth += more;
      largest = std::max(largest, more);
    }
    BOOST_TEST(made > 300);
    return std::pair(growth / made, largest);
  };
  const auto [fair, fair_most] = mean_growth(Exchange::kSizeFair);
  const auto [any, any_most] = mean_growth(Exchange::kAny);
  BOOST_TEST_MESSAGE("mean growth " << fair << " and " << any << ", most " << fair_most << " and "
                                    << any_most);
  BOOST_TEST(std::abs(fair) < 1);
  BOOST_TEST(fair_most < any_most);
}

BOOST_AUTO_TEST_CASE(neighbours_differ_in_one_number_and_keep_every_rule) {
  const GpSettings settings;
  const Grammar grammar(settings, test::all_fields());
  const auto texts = [&](const char* text) {
    std::vector<std::string> result;
    for (const auto& program : neighbours(formula::parse_or_throw(text), grammar))
      result.push_back(formula::to_string(program));
    return result;
  };
  BOOST_TEST(texts("ts_zscore(close, 20)") ==
                 (std::vector<std::string>{"ts_zscore(close, 10)", "ts_zscore(close, 30)"}),
             boost::test_tools::per_element());
  // A window that is not in the list moves to those beside it; the shortest useful one ends the
  // row.
  BOOST_TEST(texts("ts_zscore(close, 25)") ==
                 (std::vector<std::string>{"ts_zscore(close, 20)", "ts_zscore(close, 30)"}),
             boost::test_tools::per_element());
  BOOST_TEST(texts("ts_corr(close, volume, 5)") ==
                 (std::vector<std::string>{"ts_corr(close, volume, 10)"}),
             boost::test_tools::per_element());
  BOOST_TEST(texts("add(turnover, mul(0.5, ts_return(close, 60)))").size() == 3U);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(Seed{seed});
    const auto program = create(rng, grammar);
    for (const auto& next : neighbours(program, grammar)) {
      BOOST_TEST(test::broken_rule(next, settings) == "", formula::to_string(next));
      BOOST_TEST((next != program));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
