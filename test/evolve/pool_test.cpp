#include "engine/evolve/pool.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

using namespace evofactor;
using namespace evofactor::evolve;

namespace {

Grid<float> grid(const std::vector<std::vector<float>>& rows) {
  Grid<float> values(rows.size(), rows.front().size());
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t c = 0; c < rows[r].size(); ++c) values(r, c) = rows[r][c];
  return values;
}

Contender contender(std::uint64_t id, double fitness, Grid<float> values) {
  Evaluation evaluation;
  evaluation.fitness = fitness;
  Contender made;
  made.entry = PoolEntry({CandidateId{id}, {}, {}, {}, evaluation}, std::move(values));
  return made;
}

/// Four patterns without correlation: cosines of 1 to 4 periods. `mix` turns one towards the next.
Grid<float> pattern(int periods, double mix = 0) {
  Grid<float> values(3, 64);
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 64; ++c) {
      const double angle = 2 * M_PI * static_cast<double>(c) / 64;
      values(r, c) = static_cast<float>((1 - mix) * std::cos(angle * periods) +
                                        mix * std::cos(angle * (periods + 1)));
    }
  return values;
}

std::vector<std::uint64_t> ids(const FactorPool& pool) {
  std::vector<std::uint64_t> result;
  for (const PoolEntry& entry : pool.entries()) result.push_back(entry.member.id.value);
  return result;
}

void require_ids(const FactorPool& pool, const std::vector<std::uint64_t>& expected) {
  BOOST_TEST(ids(pool) == expected, boost::test_tools::per_element());
}

constexpr PoolSettings kSettings{3, 0.7, 0.01, Combine::kEqual};

}  // namespace

BOOST_AUTO_TEST_SUITE(pool)

BOOST_AUTO_TEST_CASE(correlation_is_the_mean_over_rows_by_hand) {
  // Row 0: equal order, Pearson 1. Row 1: (1,2,3) against (1,3,2), Pearson 1/2. Row 2: constant, 0.
  // Row 3: opposite, -1.
  const UnitRows a = unit_rows(grid({{1, 2, 3}, {1, 2, 3}, {5, 5, 5}, {1, 0, -1}}));
  const UnitRows b = unit_rows(grid({{10, 20, 30}, {1, 3, 2}, {1, 2, 3}, {-7, 0, 7}}));
  BOOST_TEST(mean_row_correlation(a, b) == (1 + 0.5 + 0 - 1) / 4,
             boost::test_tools::tolerance(1e-6));
  BOOST_TEST(mean_row_correlation(a, b) == mean_row_correlation(b, a));
}

BOOST_AUTO_TEST_CASE(correlation_agrees_with_double_precision_on_wide_rows) {
  Rng rng(Seed{5});
  Grid<float> x(7, 901), y(7, 901);
  double expected = 0;
  for (std::size_t r = 0; r < 7; ++r) {
    double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
    for (std::size_t c = 0; c < 901; ++c) {
      x(r, c) = static_cast<float>(rng.normal());
      y(r, c) = static_cast<float>(0.3 * x(r, c) + rng.normal() + 2);
      const double u = x(r, c), v = y(r, c);
      sx += u, sy += v, sxx += u * u, syy += v * v, sxy += u * v;
    }
    const double n = 901;
    expected += (sxy - sx * sy / n) / std::sqrt((sxx - sx * sx / n) * (syy - sy * sy / n)) / 7;
  }
  BOOST_TEST(std::abs(mean_row_correlation(unit_rows(x), unit_rows(y)) - expected) < 1e-6);
}

BOOST_AUTO_TEST_CASE(many_correlations_at_once_are_the_single_ones_to_the_bit) {
  Rng rng(Seed{9});
  std::vector<UnitRows> rows;
  for (int i = 0; i < 17; ++i) {
    Grid<float> values(9, 70);
    for (std::size_t r = 0; r < values.rows(); ++r)
      for (float& x : values.row(r)) x = static_cast<float>(rng.normal());
    rows.push_back(unit_rows(values));
  }
  std::vector<const UnitRows*> a, b;
  for (std::size_t i = 0; i < rows.size(); ++i) (i < 11 ? a : b).push_back(&rows[i]);
  std::vector<double> found(a.size() * b.size());
  mean_row_correlations(a, b, found);
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < b.size(); ++j)
      BOOST_TEST(found[i * b.size() + j] == mean_row_correlation(*a[i], *b[j]));
}

BOOST_AUTO_TEST_CASE(resemblance_told_early_is_that_of_all_rows) {
  Rng rng(Seed{6});
  int resembling = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const double share = rng.uniform(-1, 1);
    Grid<float> x(20, 50), y(20, 50);
    for (std::size_t r = 0; r < 20; ++r)
      for (std::size_t c = 0; c < 50; ++c) {
        x(r, c) = static_cast<float>(rng.normal());
        y(r, c) = static_cast<float>(share * x(r, c) + (1 - std::abs(share)) * rng.normal());
      }
    const UnitRows a = unit_rows(x), b = unit_rows(y);
    const bool does = std::abs(mean_row_correlation(a, b)) > 0.7;
    BOOST_TEST(resembles(a, b, 0.7) == does);
    resembling += does ? 1 : 0;
  }
  BOOST_TEST(resembling > 50);
  const UnitRows same = unit_rows(pattern(1));
  BOOST_TEST(resembles(same, same, 0.99));
  BOOST_TEST(!resembles(same, unit_rows(pattern(2)), 0.01));
}

BOOST_AUTO_TEST_CASE(what_does_not_reach_the_bar_stays_out) {
  FactorPool pool(kSettings);
  BOOST_TEST(!pool.offer(contender(0, 0.009, pattern(1))));
  BOOST_TEST(pool.offer(contender(1, 0.01, pattern(1))));
  require_ids(pool, {1});
}

BOOST_AUTO_TEST_CASE(entries_are_kept_best_first) {
  FactorPool pool(kSettings);
  BOOST_TEST(pool.offer(contender(0, 0.02, pattern(1))));
  BOOST_TEST(pool.offer(contender(1, 0.04, pattern(2))));
  BOOST_TEST(pool.offer(contender(2, 0.03, pattern(3))));
  require_ids(pool, {1, 2, 0});
}

BOOST_AUTO_TEST_CASE(a_full_pool_gives_up_its_worst_for_a_better_one) {
  FactorPool pool(kSettings);
  for (const int i : {1, 2, 3})
    BOOST_TEST(pool.offer(contender(static_cast<std::uint64_t>(i), 0.01 * i, pattern(i))));
  BOOST_TEST(!pool.offer(contender(4, 0.01, pattern(4))));  // the earlier of two equals stays
  BOOST_TEST(pool.offer(contender(5, 0.015, pattern(4))));
  require_ids(pool, {3, 2, 5});
}

BOOST_AUTO_TEST_CASE(one_that_resembles_an_entry_must_beat_it) {
  FactorPool pool(kSettings);
  BOOST_TEST(pool.offer(contender(0, 0.03, pattern(1))));
  BOOST_TEST(!pool.offer(contender(1, 0.03, pattern(1))));
  BOOST_TEST(pool.offer(contender(2, 0.031, pattern(1))));
  require_ids(pool, {2});
}

BOOST_AUTO_TEST_CASE(a_negated_copy_resembles_its_original) {
  FactorPool pool(kSettings);
  BOOST_TEST(pool.offer(contender(0, 0.03, pattern(1))));
  Grid<float> negated = pattern(1);
  for (std::size_t r = 0; r < negated.rows(); ++r)
    for (float& x : negated.row(r)) x = -x;
  BOOST_TEST(!pool.offer(contender(1, 0.02, std::move(negated))));
}

BOOST_AUTO_TEST_CASE(one_that_resembles_several_replaces_them_only_if_better_than_each) {
  // Half pattern 1, half pattern 2: correlates with each by 0.707.
  FactorPool pool(kSettings);
  BOOST_TEST(pool.offer(contender(0, 0.02, pattern(1))));
  BOOST_TEST(pool.offer(contender(1, 0.04, pattern(2))));
  BOOST_TEST(pool.offer(contender(2, 0.03, pattern(4))));
  BOOST_TEST(!pool.offer(contender(3, 0.03, pattern(1, 0.5))));
  BOOST_TEST(pool.offer(contender(4, 0.05, pattern(1, 0.5))));
  require_ids(pool, {4, 2});
}

BOOST_AUTO_TEST_CASE(by_contribution_a_new_direction_beats_more_of_the_same) {
  // Two nearly alike and strong, one weaker and its own: by quality the two stay, by contribution
  // the pair's second half gives way.
  for (const Admission admission : {Admission::kQuality, Admission::kContribution}) {
    FactorPool pool({2, 0.95, 0.01, Combine::kEqual, admission});
    BOOST_TEST(pool.offer(contender(0, 0.050, pattern(1))));
    BOOST_TEST(pool.offer(contender(1, 0.049, pattern(1, 0.3))));
    const bool entered = pool.offer(contender(2, 0.040, pattern(3)));
    BOOST_TEST(entered == (admission == Admission::kContribution));
    require_ids(pool,
                entered ? std::vector<std::uint64_t>{0, 2} : std::vector<std::uint64_t>{0, 1});
  }
}

BOOST_AUTO_TEST_CASE(by_contribution_the_worth_never_falls_and_the_order_is_by_fitness) {
  Rng rng(Seed{12});
  const PoolSettings settings{5, 0.8, 0.01, Combine::kEqual, Admission::kContribution};
  FactorPool pool(settings);
  const auto worth = [](const FactorPool& p) {
    const auto n = static_cast<Eigen::Index>(p.entries().size());
    Eigen::MatrixXd correlations(n, n);
    std::vector<double> fitness;
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto& entry = p.entries()[static_cast<std::size_t>(i)];
      fitness.push_back(entry.fitness());
      for (Eigen::Index j = 0; j < n; ++j)
        correlations(i, j) =
            i == j
                ? 1
                : mean_row_correlation(*entry.unit, *p.entries()[static_cast<std::size_t>(j)].unit);
    }
    return Worth(correlations, fitness, FactorPool::kShrinkage).value();
  };
  double before = 0;
  int entered = 0;
  for (std::uint64_t id = 0; id < 200; ++id) {
    Contender one =
        contender(id, 0.01 + 0.05 * rng.uniform(), pattern(rng.between(1, 6), rng.uniform()));
    entered += pool.offer(std::move(one)) ? 1 : 0;
    const double now = worth(pool);
    BOOST_TEST(now >= before - 1e-12);
    before = now;
    for (std::size_t i = 1; i < pool.entries().size(); ++i)
      BOOST_TEST(pool.entries()[i - 1].fitness() >= pool.entries()[i].fitness());
    for (std::size_t i = 0; i < pool.entries().size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        BOOST_TEST(
            std::abs(mean_row_correlation(*pool.entries()[i].unit, *pool.entries()[j].unit)) <=
            settings.max_correlation);
  }
  BOOST_TEST(pool.entries().size() == 5U);
  BOOST_TEST(entered > 8);
  // A pool that is taken up from a checkpoint goes on as if nothing had happened.
  FactorPool again(settings);
  again.restore(pool.entries());
  for (std::uint64_t id = 200; id < 300; ++id) {
    const Contender one =
        contender(id, 0.02 + 0.05 * rng.uniform(), pattern(rng.between(1, 6), rng.uniform()));
    BOOST_TEST(pool.offer(one) == again.offer(one));
    require_ids(again, ids(pool));
  }
}

BOOST_AUTO_TEST_CASE(a_factor_adds_what_the_combination_does_not_tell) {
  FactorPool pool({3, 1, 0.01, Combine::kEqual, Admission::kContribution});
  pool.offer(contender(0, 0.05, pattern(1)));
  pool.offer(contender(1, 0.04, pattern(2)));
  const UnitRows combination = pool.combination();
  // With a shrinkage of 1 and no correlation, weights are half the fitness.
  BOOST_TEST(mean_row_correlation(combination, unit_rows(pattern(1))) == 0.025,
             boost::test_tools::tolerance(1e-4));
  BOOST_TEST(std::abs(mean_row_correlation(combination, unit_rows(pattern(4)))) < 1e-6);
  BOOST_TEST(pool.least_contribution() == 0);
  pool.offer(contender(2, 0.03, pattern(4)));
  BOOST_TEST(pool.least_contribution() == 0.03 * 0.03 / 2, boost::test_tools::tolerance(1e-4));
  BOOST_TEST(FactorPool(kSettings).combination().rows == 0U);
}

BOOST_AUTO_TEST_CASE(comparing_beforehand_changes_nothing) {
  Rng rng(Seed{11});
  for (const Admission admission : {Admission::kQuality, Admission::kContribution}) {
    const PoolSettings settings{6, 0.5, 0.01, Combine::kEqual, admission};
    FactorPool plain(settings), prepared(settings);
    for (std::uint64_t first = 0; first < 100; first += 10) {
      std::vector<Contender> batch;
      for (std::uint64_t id = first; id < first + 10; ++id)
        batch.push_back(
            contender(id, 0.1 * rng.uniform(), pattern(rng.between(1, 6), rng.uniform())));
      for (const Contender& one : batch) plain.offer(one);
      std::vector<Contender*> pointers;
      for (Contender& one : batch) pointers.push_back(&one);
      prepared.compare(pointers);
      for (Contender& one : batch) prepared.offer(std::move(one));
      require_ids(prepared, ids(plain));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
