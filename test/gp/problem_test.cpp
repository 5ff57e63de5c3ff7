#include <fmt/format.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "baselines/gp/formula_problem.hpp"
#include "baselines/gp/probe.hpp"
#include "baselines/gp/score.hpp"
#include "data/synthetic.hpp"
#include "engine/core/error.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "fitness/ranks.hpp"

using namespace evofactor;
using namespace evofactor::gp;

namespace {

constexpr int kDays = 120;
constexpr int kStocks = 40;

/// A market whose volume tomorrow's return follows, with ranks -1: the factor `volume` predicts
/// perfectly and upside down. Training days 20..80, validation days 80..110.
struct Data {
  Data() {
    std::vector<Date> dates;
    for (int d = 0; d < kDays; ++d) dates.push_back(20200101 + d / 28 * 100 + d % 28);
    market.calendar = Calendar(dates);
    market.cross_section = market.member = market.traded = Grid<std::uint8_t>(kDays, kStocks, 1);
    market.industry.assign(kStocks, 0);
    Grid<float> close(kDays, kStocks, 10), volume(kDays, kStocks), flat(kDays, kStocks, 1),
        sparse(kDays, kStocks, kMissing);
    labels = {Grid<float>(kDays, kStocks), Grid<std::uint8_t>(kDays, kStocks, 1)};
    Rng rng(Seed{3});
    for (int d = 0; d < kDays; ++d)
      for (int s = 0; s < kStocks; ++s) {
        const auto day = static_cast<std::size_t>(d), stock = static_cast<std::size_t>(s);
        if (d > 0) close(day, stock) = close(day - 1, stock) * std::exp(0.02F * noise(rng));
        volume(day, stock) = std::exp(noise(rng));
        labels.forward_return(day, stock) = -volume(day, stock);
        if (s < kStocks / 2) sparse(day, stock) = volume(day, stock);
      }
    for (int s = 0; s < kStocks; ++s) market.stocks.push_back(fmt::format("S{}", s));
    market.fields = {{"close", close}, {"volume", volume}, {"turnover", flat}, {"amount", sparse}};
  }

  static float noise(Rng& rng) { return static_cast<float>(rng.normal()); }

  Market market;
  Labels labels;
};

struct Fixture : Data {
  Fixture() : scorer(labels, 5) {
    fold.market = &market;
    fold.scorer = &scorer;
    fold.split.train = {{20, 80}, {20, 75}};
    fold.split.validate = {{80, 110}, {80, 105}};
  }

  [[nodiscard]] Outcome score(const char* text) const {
    const auto problem = make_formula_problem(settings, fold);
    const std::vector<Candidate<FormulaGenome>> batch{
        {CandidateId{0}, {formula::parse_or_throw(text)}, {}}};
    auto outcomes = problem.evaluate(batch, Lane{}, {});
    BOOST_REQUIRE(outcomes.size() == 1U);
    return outcomes.front();
  }

  fitness::RankIcScorer scorer;
  FormulaFold fold;
  GpSettings settings;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(formula_problem, Fixture)

BOOST_AUTO_TEST_CASE(a_factor_that_predicts_upside_down_gets_a_negative_sign) {
  const auto evaluation = std::get<Evaluation>(score("volume"));
  BOOST_TEST(evaluation.sign == -1);
  BOOST_TEST(evaluation.fitness == 1.0, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(evaluation.metric("train_rank_ic") == 1.0, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(evaluation.metric("validate_rank_ic") == 1.0, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(evaluation.metric("coverage") == 1.0);
  BOOST_TEST(evaluation.metric("nodes") == 1);
  BOOST_TEST(evaluation.metric("look_back") == 0);
  const auto mirrored = std::get<Evaluation>(score("neg(volume)"));
  BOOST_TEST(mirrored.sign == 1);
  BOOST_TEST(mirrored.fitness == evaluation.fitness);
}

BOOST_AUTO_TEST_CASE(metrics_come_in_a_fixed_order) {
  const auto evaluation = std::get<Evaluation>(score("ts_rank(close, 5)"));
  std::vector<std::string> names;
  for (const auto& [name, value] : evaluation.metrics) names.push_back(name);
  BOOST_TEST(names == (std::vector<std::string>{"train_rank_ic", "validate_rank_ic", "icir",
                                                "coverage", "nodes", "look_back", "period_1",
                                                "period_2", "period_3", "period_4", "period_5"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(fitness_is_the_mean_less_half_the_spread_over_sub_periods) {
  const auto program = formula::parse_or_throw("ts_return(close, 3)");
  const auto values = formula::evaluate(program, market, {20, 105});
  std::vector<double> rank_ic;
  for (const DayRange days : {DayRange{20, 75}, DayRange{80, 105}})
    for (const auto& day : fold.scorer->daily(values, days)) rank_ic.push_back(day.rank_ic);
  BOOST_TEST(rank_ic.size() == 80U);
  double mean = 0;
  for (const double x : rank_ic) mean += x / 80;
  double block_squares = 0;
  for (int b = 0; b < 5; ++b) {
    double block = 0;
    for (int i = 0; i < 16; ++i) block += rank_ic[static_cast<std::size_t>(16 * b + i)] / 16;
    block_squares += (block - mean) * (block - mean);
  }
  const auto evaluation = std::get<Evaluation>(score("ts_return(close, 3)"));
  BOOST_TEST(evaluation.fitness == std::abs(mean) - 0.5 * std::sqrt(block_squares / 4),
             boost::test_tools::tolerance(1e-9));
  fold.measure.spread_penalty = 0;
  BOOST_TEST(std::get<Evaluation>(score("ts_return(close, 3)")).fitness == std::abs(mean),
             boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(validation_fitness_reads_validation_days_alone) {
  fold.days = gp::FitnessDays::kValidate;
  const auto evaluation = std::get<Evaluation>(score("ts_return(close, 3)"));
  BOOST_TEST(evaluation.fitness == evaluation.metric("validate_rank_ic"));
  BOOST_TEST(evaluation.fitness >= 0);
}

BOOST_AUTO_TEST_CASE(test_days_and_purged_days_change_nothing) {
  const auto before = std::get<Evaluation>(score("ts_return(close, 3)"));
  for (const int day : {76, 79, 106, 115})
    for (float& x : labels.forward_return.row(static_cast<std::size_t>(day))) x *= -3;
  const fitness::RankIcScorer changed(labels, 5);
  fold.scorer = &changed;
  BOOST_TEST(std::get<Evaluation>(score("ts_return(close, 3)")).fitness == before.fitness);
}

BOOST_AUTO_TEST_CASE(a_factor_that_is_constant_on_most_days_is_degenerate) {
  Grid<float>& now_and_then = market.fields["turnover"];
  for (std::size_t d = 0; d < kDays; ++d)
    for (std::size_t s = 0; s < kStocks; ++s)
      now_and_then(d, s) = d % 10 == 0 ? labels.forward_return(d, s) : 1;
  const auto failure = std::get<Failure>(score("turnover"));
  BOOST_TEST((failure.kind == FailureKind::kDegenerate));
  BOOST_TEST(failure.message.find("of 80 days") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(constant_and_sparse_factors_are_degenerate) {
  for (const char* text : {"turnover", "sub(volume, volume)", "sign(volume)"}) {
    const auto failure = std::get<Failure>(score(text));
    BOOST_TEST((failure.kind == FailureKind::kDegenerate), text);
    BOOST_TEST(failure.stage == "score");
    BOOST_TEST(failure.message.find("constant") != std::string::npos);
  }
  const auto sparse = std::get<Failure>(score("amount"));
  BOOST_TEST((sparse.kind == FailureKind::kDegenerate));
  BOOST_TEST(sparse.message == "values for 50.0 % of the scored stock-days, 80.0 % needed");
}

BOOST_AUTO_TEST_CASE(pool_values_are_signed_centred_ranks_of_training_to_validation_days) {
  const auto problem = make_formula_problem(settings, fold);
  const FormulaGenome genome{formula::parse_or_throw("volume")};
  const auto evaluation = std::get<Evaluation>(score("volume"));
  const Grid<float> values = problem.pool_values(genome, evaluation);
  BOOST_TEST(values.rows() == 85U);
  BOOST_TEST(values.columns() == static_cast<std::size_t>(kStocks));
  FactorValues returns{{20, 105}, Grid<float>(85, kStocks)};
  for (std::size_t d = 0; d < 85; ++d)
    for (std::size_t s = 0; s < kStocks; ++s)
      returns.values(d, s) = labels.forward_return(d + 20, s);
  BOOST_TEST((values == fitness::centred_ranks(returns, labels.mask, {20, 105}, 1)));
}

BOOST_AUTO_TEST_CASE(the_problem_creates_and_varies_formulas_of_the_markets_fields) {
  const auto problem = make_formula_problem(settings, fold);
  BOOST_TEST(problem.kind == "formula");
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng(Seed{seed});
    const FormulaGenome genome = problem.create(rng);
    for (const std::string& field : formula::fields_of(genome.program))
      BOOST_TEST((field == "close" || field == "volume"));
    BOOST_TEST((problem.from_json(problem.to_json(genome)) == genome));
    BOOST_TEST(problem.cost(genome) > 0);
  }
}

BOOST_AUTO_TEST_CASE(initial_formulas_come_first_and_must_fit_the_market) {
  settings.initial_formulas = {"ts_rank(close, 5)", "volume"};
  BOOST_TEST(make_formula_problem(settings, fold).initial.size() == 2U);
  settings.initial_formulas = {"ts_rank(vwap, 5)", "ts_mean(close, 500)"};
  BOOST_CHECK_EXCEPTION((void)make_formula_problem(settings, fold), ConfigError, [](const auto& e) {
    const std::string text = e.what();
    return text.find("the market has no field \"vwap\"") != std::string::npos &&
           text.find("a window of 500 days is longer than the market's 120") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(a_bad_candidate_is_a_failure_not_an_exception) {
  const auto failure = std::get<Failure>(score("ts_rank(vwap, 5)"));
  BOOST_TEST((failure.kind == FailureKind::kInvalidGenome));
}

/// Outcomes of formulas that have nothing in common with the label, against a hurdle.
struct Screened {
  int exact = 0, screened = 0, checked = 0;
};
Screened count_scorings(const Fixture& fixture, const evolve::Hurdle& hurdle) {
  const auto problem = make_formula_problem(fixture.settings, fixture.fold);
  Screened count;
  for (int window = 2; window < 90; ++window)
    for (const char* function : {"ts_std", "ts_max", "ts_skew"}) {
      const auto program =
          formula::parse_or_throw(fmt::format("{}(close, {})", function, window % 20 + 5));
      const std::vector<Candidate<FormulaGenome>> batch{{CandidateId{0}, {program}, {}}};
      const Outcome outcome = problem.evaluate(batch, Lane{}, hurdle).front();
      const auto& evaluation = std::get<Evaluation>(outcome);
      const auto exact = std::get<Evaluation>(problem.evaluate(batch, Lane{}, {}).front());
      BOOST_TEST((exact.scoring == Scoring::kExact));
      BOOST_TEST(std::abs(exact.fitness - evaluation.fitness) < 0.05);
      switch (evaluation.scoring) {
        case Scoring::kExact:
          ++count.exact;
          BOOST_TEST(evaluation.fitness == exact.fitness);
          break;
        case Scoring::kChecked:
          ++count.checked;
          BOOST_TEST(evaluation.fitness == exact.fitness);
          break;
        case Scoring::kScreened:
          ++count.screened;
          BOOST_TEST(std::isnan(evaluation.metric("train_rank_ic")));
          BOOST_TEST(evaluation.metric("coverage") == exact.metric("coverage"));
          break;
      }
    }
  return count;
}

BOOST_AUTO_TEST_CASE(only_what_may_take_the_hurdle_is_scored_exactly) {
  evolve::Hurdle high;
  high.elite = high.pool = 0.9;
  const Screened none = count_scorings(*this, high);
  BOOST_TEST(none.exact == 0);
  BOOST_TEST(none.screened > 200);
  evolve::Hurdle for_elites = high;
  for_elites.elite = -1;
  BOOST_TEST(count_scorings(*this, for_elites).screened == 0);
  evolve::Hurdle for_pool = high;
  for_pool.pool = -1;
  BOOST_TEST(count_scorings(*this, for_pool).screened == 0);
}

BOOST_AUTO_TEST_CASE(what_resembles_a_better_member_of_the_pool_cannot_enter) {
  const auto problem = make_formula_problem(settings, fold);
  const auto rival_of = [&](const char* text) {
    Evaluation evaluation;
    return evolve::unit_rows(problem.pool_values({formula::parse_or_throw(text)}, evaluation));
  };
  const evolve::UnitRows same = rival_of("ts_std(close, 12)"), other = rival_of("volume");
  const auto scoring = [&](const evolve::UnitRows& rival, double fitness) {
    evolve::Hurdle hurdle;
    hurdle.elite = 0.9;
    hurdle.pool = -1;
    hurdle.max_correlation = 0.7;
    hurdle.rivals = {{fitness, &rival}};
    const std::vector<Candidate<FormulaGenome>> batch{
        {CandidateId{0}, {formula::parse_or_throw("neg(ts_std(close, 12))")}, {}}};
    return std::get<Evaluation>(problem.evaluate(batch, Lane{}, hurdle).front()).scoring;
  };
  BOOST_TEST((scoring(same, 0.8) != Scoring::kExact));
  BOOST_TEST((scoring(same, -0.8) == Scoring::kExact));
  BOOST_TEST((scoring(other, 0.8) == Scoring::kExact));
}

BOOST_AUTO_TEST_CASE(by_contribution_what_adds_nothing_cannot_enter) {
  const auto problem = make_formula_problem(settings, fold);
  const auto candidate = [](const char* text) {
    return std::vector<Candidate<FormulaGenome>>{
        {CandidateId{0}, {formula::parse_or_throw(text)}, {}}};
  };
  const auto volume = candidate("volume");
  const auto known = std::get<Evaluation>(problem.evaluate(volume, Lane{}, {}).front());
  evolve::UnitRows combination = evolve::unit_rows(problem.pool_values(volume[0].genome, known));
  evolve::Hurdle hurdle;
  hurdle.elite = 2;
  hurdle.pool = -1;
  hurdle.combination = &combination;
  hurdle.contribution = 0.2;
  const auto scoring = [&](const char* text) {
    return std::get<Evaluation>(problem.evaluate(candidate(text), Lane{}, hurdle).front()).scoring;
  };
  // The pool tells all that neg(volume) does, whichever way it is signed.
  BOOST_TEST((scoring("neg(volume)") != Scoring::kExact));
  BOOST_TEST((scoring("volume") != Scoring::kExact));
  for (float& x : combination.values) x = -x;
  BOOST_TEST((scoring("neg(volume)") == Scoring::kExact));
}

BOOST_AUTO_TEST_CASE(metrics_against_the_pool_and_of_turnover) {
  fold.metrics = {.turnover = true, .novelty = true, .contribution = true};
  const auto problem = make_formula_problem(settings, fold);
  const auto evaluation_of = [&](const char* text, const evolve::Hurdle& hurdle) {
    const std::vector<Candidate<FormulaGenome>> batch{
        {CandidateId{0}, {formula::parse_or_throw(text)}, {}}};
    return std::get<Evaluation>(problem.evaluate(batch, Lane{}, hurdle).front());
  };
  const auto alone = evaluation_of("volume", {});
  BOOST_TEST(alone.metric("novelty") == 1);
  BOOST_TEST(alone.metric("contribution") == alone.fitness);
  const evolve::UnitRows rows =
      evolve::unit_rows(problem.pool_values({formula::parse_or_throw("volume")}, alone));
  evolve::Hurdle hurdle;
  hurdle.rivals = {{alone.fitness, &rows}};
  hurdle.combination = &rows;
  const auto again = evaluation_of("neg(volume)", hurdle);
  BOOST_TEST(std::abs(again.metric("novelty")) < 0.1);
  const auto other = evaluation_of("ts_std(close, 12)", hurdle);
  BOOST_TEST(other.metric("novelty") > 0.8);
  // Draws of every day anew against a slowly moving mean of forty days.
  BOOST_TEST(alone.metric("turnover") > 0.9);
  BOOST_TEST(evaluation_of("ts_mean(volume, 15)", {}).metric("turnover") < 0.2);
  // A day on which almost all values are one number is no reason to call a factor steady.
  for (const char* text : {"spow(volume, 9)", "add(spow(volume, 9), 1000)"}) {
    const double turnover = evaluation_of(text, {}).metric("turnover");
    BOOST_TEST((turnover >= 0 && turnover <= 2), text << ": " << turnover);
  }
  fold.measure.turnover_penalty = 0.1;
  const auto dear = std::get<Evaluation>(score("volume"));
  BOOST_TEST(dear.fitness == alone.fitness - 0.1 * alone.metric("turnover"),
             boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(each_measure_scores_what_it_says) {
  const char* text = "ts_return(close, 3)";
  const auto usual = std::get<Evaluation>(score(text));
  fold.measure.measure = fitness::Measure::kIcir;
  BOOST_TEST(std::get<Evaluation>(score(text)).fitness == usual.metric("icir"));
  fold.measure.measure = fitness::Measure::kWorstPeriod;
  double worst = 1;
  for (int p = 1; p <= 5; ++p) worst = std::min(worst, usual.metric(fmt::format("period_{}", p)));
  BOOST_TEST(std::get<Evaluation>(score(text)).fitness == worst);
  fold.measure.size_penalty = 0.01;
  BOOST_TEST(std::get<Evaluation>(score(text)).fitness == worst - 0.01 * usual.metric("nodes"),
             boost::test_tools::tolerance(1e-12));
  fold.measure.periods = 3;
  const auto three = std::get<Evaluation>(score(text));
  BOOST_TEST(!std::isnan(three.metric("period_3")));
  BOOST_TEST(std::isnan(three.metric("period_4")));
}

BOOST_AUTO_TEST_CASE(a_child_in_other_words_is_not_made) {
  settings.semantic = true;
  const Probe probe(market, {20, 110}, 20);
  const auto alike = [&](const char* a, const char* b) {
    return probe.alike(formula::parse_or_throw(a), formula::parse_or_throw(b));
  };
  BOOST_TEST(alike("ts_mean(volume, 10)", "ts_sum(volume, 10)"));
  BOOST_TEST(alike("ts_mean(volume, 10)", "neg(cs_rank(ts_sum(volume, 10)))"));
  BOOST_TEST(alike("ts_argmax(close, 10)", "add(ts_argmax(close, 10), 3)"));
  BOOST_TEST(!alike("ts_mean(volume, 10)", "ts_mean(volume, 9)"));
  BOOST_TEST(!alike("volume", "close"));
  const auto problem = make_formula_problem(settings, fold);
  int made = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(Seed{seed});
    const FormulaGenome a = problem.create(rng), b = problem.create(rng);
    const std::array<const FormulaGenome*, 2> parents{&a, &b};
    for (const auto& variation : problem.variations) {
      const auto child = variation.apply(
          rng, std::span(parents).first(static_cast<std::size_t>(variation.n_parents)));
      if (!child) continue;
      ++made;
      BOOST_TEST(
          !Probe(market, {20, 110}, settings.max_look_back).alike(child->program, a.program));
    }
  }
  BOOST_TEST(made > 200);
}

BOOST_AUTO_TEST_CASE(without_the_screen_all_is_exact) {
  settings.screen = false;
  evolve::Hurdle high;
  high.elite = high.pool = 0.9;
  BOOST_TEST(count_scorings(*this, high).exact == 264);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(simulated_market)

BOOST_AUTO_TEST_CASE(random_formulas_of_a_simulated_market_mostly_score) {
  const Panel panel =
      simulate_panel({.stocks = 120, .universe = 100, .days = 260, .seed = Seed{1}});
  const Market market = make_market(panel, {});
  const Labels labels = make_labels(panel, market, {}, {});
  const fitness::RankIcScorer scorer(labels, 5);
  SplitSettings split;
  split.train = 60;
  split.validate = 20;
  split.test = 20;
  FormulaFold fold;
  fold.market = &market;
  fold.scorer = &scorer;
  fold.split = make_splits(market.calendar, split, {}).front();
  const auto problem = make_formula_problem({}, fold);
  std::vector<Candidate<FormulaGenome>> candidates;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(Seed{seed});
    candidates.push_back({CandidateId{seed}, problem.create(rng), {}});
  }
  const auto outcomes = problem.evaluate(candidates, Lane{}, {});
  int scored = 0;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto* const evaluation = std::get_if<Evaluation>(&outcomes[i]);
    if (evaluation == nullptr) {
      BOOST_TEST((std::get<Failure>(outcomes[i]).kind == FailureKind::kDegenerate),
                 problem.text(candidates[i].genome));
      continue;
    }
    ++scored;
    BOOST_TEST(std::isfinite(evaluation->fitness));
    // One at a time gives the same.
    const auto again = problem.evaluate(std::span(candidates).subspan(i, 1), Lane{}, {});
    BOOST_TEST(std::get<Evaluation>(again.front()).fitness == evaluation->fitness);
  }
  BOOST_TEST(scored >= 40, scored);
}

BOOST_AUTO_TEST_SUITE_END()
