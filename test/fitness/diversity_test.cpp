#include "fitness/diversity.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "fitness/factor_distance.hpp"
#include "fitness/k_means.hpp"
#include "fitness/ranks.hpp"
#include "test/support/factors.hpp"

namespace evofactor::fitness {
namespace {

constexpr int kDays = 6;
constexpr int kStocks = 300;
constexpr DayRange kAllDays{0, kDays};

/// Root of what the cross-entropy of two factors with nothing in common exceeds the entropy by,
/// with many stocks: half of sqrt(3) coth(sqrt(3)) - 1, for each of both directions.
const double kUnrelated = std::sqrt(std::sqrt(3.0) / std::tanh(std::sqrt(3.0)) - 1);

Grid<std::uint8_t> everyone() { return {kDays, kStocks, 1}; }

FactorValues random_factor(std::uint64_t seed) {
  return {kAllDays, test::random_grid(kDays, kStocks, seed)};
}

/// The factor with noise of the given size added.
FactorValues like(const FactorValues& factor, double noise, std::uint64_t seed) {
  FactorValues result = random_factor(seed);
  for (std::size_t d = 0; d < kDays; ++d)
    for (std::size_t i = 0; i < kStocks; ++i)
      result.values(d, i) = factor.values(d, i) + static_cast<float>(noise) * result.values(d, i);
  return result;
}

template <class Change>
FactorValues changed(const FactorValues& factor, Change change) {
  FactorValues result = factor;
  for (std::size_t d = 0; d < kDays; ++d)
    for (float& value : result.values.row(d)) value = change(value);
  return result;
}

FactorDistances distances_of(const std::vector<FactorValues>& factors,
                             const Grid<std::uint8_t>& mask = everyone(), int min_stocks = 30) {
  const std::vector<FactorView> views(factors.begin(), factors.end());
  return factor_distances(views, mask, kAllDays, min_stocks);
}

/// Three groups of `size` factors that resemble each other, one group after the other.
std::vector<FactorValues> three_groups(int size) {
  std::vector<FactorValues> factors;
  for (std::uint64_t group = 0; group < 3; ++group)
    for (int i = 0; i < size; ++i)
      factors.push_back(
          like(random_factor(group + 1), 0.3, 100 + 50 * group + static_cast<std::uint64_t>(i)));
  return factors;
}

std::set<std::set<std::size_t>> groups_of(const std::vector<int>& cluster,
                                          const std::vector<std::size_t>& name) {
  std::map<int, std::set<std::size_t>> groups;
  for (std::size_t i = 0; i < cluster.size(); ++i) groups[cluster[i]].insert(name[i]);
  std::set<std::set<std::size_t>> result;
  for (const auto& [_, members] : groups) result.insert(members);
  return result;
}

std::vector<std::size_t> places(std::size_t n) {
  std::vector<std::size_t> result(n);
  std::iota(result.begin(), result.end(), std::size_t{0});
  return result;
}

double length(FactorMap::Place a, FactorMap::Place b) { return std::hypot(a.x - b.x, a.y - b.y); }

BOOST_AUTO_TEST_SUITE(diversity_of_factors)

BOOST_AUTO_TEST_CASE(a_factor_s_distance_to_itself_is_its_entropy_and_to_others_no_less) {
  std::vector<FactorValues> factors = three_groups(3);
  factors.push_back(changed(factors[0], [](float x) { return x > 0 ? 1.0F : 0.0F; }));
  const Grid<double> h = distances_of(factors).cross_entropy;
  // Softmax of 300 untied ranks of unit deviation.
  double sum = 0, weighted = 0;
  for (int i = 0; i < kStocks; ++i) {
    const double z =
        (2.0 * i - (kStocks - 1)) / (kStocks - 1) * std::sqrt(3.0 * (kStocks - 1) / (kStocks + 1));
    sum += std::exp(z);
    weighted += std::exp(z) * z;
  }
  const double entropy = std::log(sum) - weighted / sum;
  for (std::size_t i = 0; i + 1 < factors.size(); ++i)
    BOOST_TEST(h(i, i) == entropy, boost::test_tools::tolerance(1e-6));
  for (std::size_t i = 0; i < factors.size(); ++i)
    for (std::size_t j = 0; j < factors.size(); ++j)
      if (i != j) BOOST_TEST(h(i, j) > h(i, i));
}

BOOST_AUTO_TEST_CASE(only_the_order_of_the_values_counts) {
  const FactorValues a = random_factor(1), b = random_factor(2);
  const FactorDistances plain = distances_of({a, b});
  const FactorDistances other = distances_of({changed(a, [](float x) { return std::exp(x); }),
                                              changed(b, [](float x) { return x * x * x; })});
  BOOST_TEST(plain.cross_entropy(0, 1) == other.cross_entropy(0, 1));
  BOOST_TEST(plain.distance(0, 1) == other.distance(0, 1));
  BOOST_TEST(plain.distance(0, 1) == plain.distance(1, 0));
  BOOST_TEST(distances_of({a, changed(a, [](float x) { return 2 * x; })}).distance(0, 1) == 0);
}

BOOST_AUTO_TEST_CASE(distance_grows_from_copy_over_stranger_to_opposite) {
  const FactorValues a = random_factor(1);
  const Grid<double> d =
      distances_of({a, like(a, 0.3, 7), random_factor(2), changed(a, [](float x) { return -x; })})
          .distance;
  BOOST_TEST(d(0, 1) < 0.5 * d(0, 2));
  BOOST_TEST(d(0, 2) == kUnrelated, boost::test_tools::tolerance(0.05));
  BOOST_TEST(d(0, 3) == std::sqrt(2.0) * kUnrelated, boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(cross_entropy_is_that_of_the_stocks_that_both_have) {
  FactorValues a = random_factor(1), b = random_factor(2);
  Rng rng(Seed{9});
  for (std::size_t d = 0; d < kDays; ++d)
    for (std::size_t i = 0; i < kStocks; ++i) {
      if (rng.chance(0.2)) a.values(d, i) = kMissing;
      if (rng.chance(0.1)) b.values(d, i) = kMissing;
    }
  const Labels labels = test::random_labels(kDays, kStocks, 5);
  const FactorDistances found = distances_of({a, b}, labels.mask);
  double expected = 0, excess = 0;
  for (std::size_t d = 0; d < kDays; ++d) {
    std::vector<double> z[2];
    for (const auto& [f, factor] : {std::pair{0, &a}, {1, &b}}) {
      std::vector<float> ranks(kStocks);
      RankScratch scratch;
      const int n = average_ranks(factor->values.row(d), labels.mask.row(d), ranks, scratch);
      const double deviation = std::sqrt((n * n - 1) / 12.0);
      for (const float rank : ranks) z[f].push_back((rank - (n + 1) / 2.0) / deviation);
    }
    double sum[2] = {0, 0};
    for (std::size_t i = 0; i < kStocks; ++i)
      if (!std::isnan(z[0][i] + z[1][i]))
        for (const int f : {0, 1}) sum[f] += std::exp(z[f][i]);
    for (std::size_t i = 0; i < kStocks; ++i) {
      if (std::isnan(z[0][i] + z[1][i])) continue;
      const double p = std::exp(z[0][i]) / sum[0], q = std::exp(z[1][i]) / sum[1];
      expected -= p * std::log(q) / kDays;
      excess += 0.5 * (p - q) * (std::log(p) - std::log(q)) / kDays;
    }
  }
  BOOST_TEST(found.cross_entropy(0, 1) == expected, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(found.distance(0, 1) == std::sqrt(excess), boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(a_missing_value_is_no_value_and_moves_no_other_factor) {
  const std::vector<FactorValues> whole = three_groups(2);
  std::vector<FactorValues> holed = whole;
  Rng rng(Seed{3});
  for (std::size_t d = 0; d < kDays; ++d)
    for (float& value : holed[0].values.row(d))
      if (rng.chance(0.4)) value = kMissing;
  const FactorDistances before = distances_of(whole), after = distances_of(holed);
  for (std::size_t i = 1; i < whole.size(); ++i)
    for (std::size_t j = 1; j < whole.size(); ++j)
      BOOST_TEST(before.distance(i, j) == after.distance(i, j), boost::test_tools::tolerance(1e-9));
  // What is left of it says what it said.
  BOOST_TEST(distances_of({whole[0], holed[0]}).distance(0, 1) < 0.1);
  // Zeros, or the middle rank, would not.
  const FactorValues filled = changed(holed[0], [](float x) { return std::isnan(x) ? 0.0F : x; });
  BOOST_TEST(distances_of({whole[0], filled}).distance(0, 1) > 0.3);
  // A stock that none has, and one outside the mask, are the same.
  Grid<std::uint8_t> mask = everyone();
  std::vector<FactorValues> none = whole;
  for (std::size_t d = 0; d < kDays; ++d) {
    mask(d, 17) = 0;
    for (FactorValues& factor : none) factor.values(d, 17) = kMissing;
  }
  const FactorDistances outside = distances_of(whole, mask), missing = distances_of(none);
  for (std::size_t i = 1; i < whole.size(); ++i)
    BOOST_TEST(outside.distance(0, i) == missing.distance(0, i),
               boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(days_on_which_two_factors_share_too_few_stocks_do_not_count) {
  FactorValues a = random_factor(1), b = random_factor(2), c = random_factor(3);
  for (std::size_t i = 0; i < kStocks; ++i) {
    if (i >= 160) a.values(0, i) = kMissing;
    if (i < 140) b.values(0, i) = kMissing;
    for (std::size_t d = 0; d < kDays; ++d)
      if (i >= 29) c.values(d, i) = kMissing;
  }
  const FactorDistances all = distances_of({a, b, c});
  const std::vector<FactorView> views{a, b};
  BOOST_TEST(all.days == kDays);
  BOOST_TEST(
      all.distance(0, 1) == factor_distances(views, everyone(), {1, kDays}, 30).distance(0, 1),
      boost::test_tools::tolerance(1e-12));
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(std::isnan(all.distance(2, i)));
  const FactorMap map = map_factors(all.distance, {});
  BOOST_TEST(map.cluster[2] == -1);
  BOOST_TEST(std::isnan(map.places[2].x));
  BOOST_TEST(map.diversity == all.distance(0, 1), boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(planted_groups_are_found_and_differ_more_than_copies_of_one) {
  const std::vector<FactorValues> factors = three_groups(8);
  const Grid<double> distance = distances_of(factors).distance;
  const FactorMap map = map_factors(distance, {});
  for (std::size_t i = 0; i < factors.size(); ++i)
    BOOST_TEST(map.cluster[i] == map.cluster[i / 8 * 8]);
  BOOST_TEST(std::set<int>(map.cluster.begin(), map.cluster.end()).size() == 3U);

  std::vector<FactorValues> copies;
  for (int copy = 0; copy < 3; ++copy)
    copies.insert(copies.end(), factors.begin(), factors.begin() + 8);
  const Diversity planted = diversity(factors, everyone(), kAllDays, 30);
  const Diversity same = diversity(copies, everyone(), kAllDays, 30);
  BOOST_TEST(planted.value == map.diversity);
  BOOST_TEST(planted.value > 2 * same.value);
  BOOST_TEST(planted.value < kUnrelated);
  BOOST_TEST(planted.mean_correlation < 0.5 * same.mean_correlation);
  BOOST_TEST(planted.days == kDays);
  BOOST_TEST(planted.k == 3);
}

BOOST_AUTO_TEST_CASE(copies_of_a_factor_have_no_diversity) {
  const std::vector<FactorValues> copies(5, random_factor(1));
  const Diversity found = diversity(copies, everyone(), kAllDays, 30);
  BOOST_TEST(std::abs(found.value) < 1e-6);
  BOOST_TEST(found.mean_correlation == 1, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(one_factor_has_no_diversity_that_could_be_told) {
  const std::vector<FactorValues> one{random_factor(1)};
  const Json json = to_json(diversity(one, everyone(), kAllDays, 30));
  BOOST_TEST(json.dump() == R"({"value":null,"k":3,"days":6,"mean_correlation":null})");
  BOOST_TEST(to_json(diversity({}, everyone(), kAllDays, 30))["value"].is_null());
}

BOOST_AUTO_TEST_CASE(mean_correlation_is_over_pairs_and_without_sign) {
  const FactorValues a = random_factor(1), b = random_factor(2);
  const std::vector<FactorValues> factors{a, changed(a, [](float x) { return -x; }), b};
  const double ab = mean_rank_correlation(centred_ranks(a, everyone(), kAllDays, 1),
                                          centred_ranks(b, everyone(), kAllDays, 1));
  BOOST_TEST(
      diversity(factors, everyone(), kAllDays, 30).mean_correlation == (1 + 2 * std::abs(ab)) / 3,
      boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(order_of_the_factors_does_not_matter) {
  const std::vector<FactorValues> factors = three_groups(6);
  std::vector<std::size_t> order = places(factors.size());
  Rng(Seed{4}).shuffle(order);
  std::vector<FactorValues> shuffled;
  std::vector<int> family, shuffled_family;
  for (std::size_t i = 0; i < factors.size(); ++i) family.push_back(static_cast<int>(i % 2));
  for (const std::size_t i : order) {
    shuffled.push_back(factors[i]);
    shuffled_family.push_back(family[i]);
  }
  const FactorMap map = map_factors(distances_of(factors).distance, family);
  const FactorMap other = map_factors(distances_of(shuffled).distance, shuffled_family);
  BOOST_TEST((groups_of(map.cluster, places(18)) == groups_of(other.cluster, order)));
  BOOST_TEST(map.diversity == other.diversity, boost::test_tools::tolerance(1e-9));
  for (const std::size_t f : {0U, 1U}) {
    BOOST_TEST(map.families[f].spread == other.families[f].spread,
               boost::test_tools::tolerance(1e-9));
    BOOST_TEST(map.families[f].overlap == other.families[f].overlap);
  }
}

BOOST_AUTO_TEST_CASE(on_the_map_lengths_from_and_between_centres_are_true) {
  const std::vector<FactorValues> factors = three_groups(7);
  const Grid<double> distance = distances_of(factors).distance;
  const FactorMap map = map_factors(distance, {});
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < a; ++b)
      BOOST_TEST(length(map.centres[a], map.centres[b]) == map.between(a, b),
                 boost::test_tools::tolerance(1e-9));
    double sum = 0;
    for (std::size_t i = 0; i < factors.size(); ++i)
      if (map.cluster[i] == static_cast<int>(a)) sum += length(map.places[i], map.centres[a]);
    BOOST_TEST(sum / 7 == map.spread[a], boost::test_tools::tolerance(1e-9));
    BOOST_TEST(map.spread[a] < 0.5 * map.diversity);
  }
}

BOOST_AUTO_TEST_CASE(two_groups_are_drawn_on_a_plane_too) {
  std::vector<FactorValues> factors = three_groups(5);
  factors.resize(10);
  const FactorMap map = map_factors(distances_of(factors).distance, {}, 2);
  BOOST_TEST_REQUIRE(map.centres.size() == 2U);
  BOOST_TEST(length(map.centres[0], map.centres[1]) == map.diversity,
             boost::test_tools::tolerance(1e-9));
  double height = 0;
  for (const FactorMap::Place& place : map.places) height = std::max(height, std::abs(place.y));
  BOOST_TEST(height > 0.01);
}

BOOST_AUTO_TEST_CASE(families_that_say_the_same_overlap_and_others_do_not) {
  const std::vector<FactorValues> factors = three_groups(10);
  const Grid<double> distance = distances_of(factors).distance;
  std::vector<int> apart, mixed;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    apart.push_back(static_cast<int>(i / 10));
    mixed.push_back(static_cast<int>(i % 2));
  }
  const FactorMap separate = map_factors(distance, apart), alike = map_factors(distance, mixed);
  for (const FactorMap::Family& family : separate.families) {
    BOOST_TEST(family.factors == 10);
    BOOST_TEST(family.overlap == 0);
  }
  for (std::size_t f = 0; f < 2; ++f) {
    BOOST_TEST(alike.families[f].overlap > 0.3);
    BOOST_TEST(alike.families[f].spread > separate.families[f].spread);
  }
}

BOOST_AUTO_TEST_CASE(k_means_numbers_groups_by_size_and_finds_them_from_any_start) {
  const Grid<double> points = test::grid_of<double>({{0}, {10}, {10.1}, {20}, {20.1}, {20.2}});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const KMeans found = k_means(points, 3, Seed{seed});
    const std::vector<int> expected{2, 1, 1, 0, 0, 0};
    BOOST_TEST(found.cluster == expected, boost::test_tools::per_element());
    BOOST_TEST(found.centres(1, 0) == 10.05, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(found.within == 0.025, boost::test_tools::tolerance(1e-9));
  }
  BOOST_TEST(k_means(points, 9, Seed{1}).within == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace evofactor::fitness
