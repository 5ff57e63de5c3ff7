#include "fitness/k_means.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

#include "engine/core/rng.hpp"

namespace evofactor::fitness {
namespace {

constexpr int kMostSteps = 200;

double squared_distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

Grid<double> draw_centres(const Grid<double>& points, std::size_t k, Rng& rng) {
  Grid<double> centres(k, points.columns());
  std::vector<double> nearest(points.rows(), std::numeric_limits<double>::infinity());
  std::size_t drawn = rng.below(points.rows());
  for (std::size_t c = 0; c < k; ++c) {
    std::ranges::copy(points.row(drawn), centres.row(c).begin());
    for (std::size_t i = 0; i < points.rows(); ++i)
      nearest[i] = std::min(nearest[i], squared_distance(points.row(i), centres.row(c)));
    drawn = rng.weighted(nearest);
  }
  return centres;
}

/// Each point to its nearest centre, of equals the first. @returns whether any changed
bool assign(const Grid<double>& points, KMeans& groups) {
  bool changed = false;
  groups.within = 0;
  for (std::size_t i = 0; i < points.rows(); ++i) {
    int best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < groups.centres.rows(); ++c)
      if (const double d = squared_distance(points.row(i), groups.centres.row(c)); d < least)
        least = d, best = static_cast<int>(c);
    changed = changed || groups.cluster[i] != best;
    groups.cluster[i] = best;
    groups.within += least;
  }
  return changed;
}

/// Centres become the means of their points; one without points stays where it is.
void move_centres(const Grid<double>& points, KMeans& groups) {
  for (std::size_t c = 0; c < groups.centres.rows(); ++c) {
    std::vector<double> sum(points.columns());
    int n = 0;
    for (std::size_t i = 0; i < points.rows(); ++i) {
      if (groups.cluster[i] != static_cast<int>(c)) continue;
      ++n;
      for (std::size_t d = 0; d < sum.size(); ++d) sum[d] += points(i, d);
    }
    for (std::size_t d = 0; d < sum.size() && n > 0; ++d) groups.centres(c, d) = sum[d] / n;
  }
}

void order_by_size(KMeans& groups) {
  const std::size_t k = groups.centres.rows();
  std::vector<std::size_t> size(k), first(k, groups.cluster.size()), order(k);
  for (std::size_t i = 0; i < groups.cluster.size(); ++i) {
    const auto c = static_cast<std::size_t>(groups.cluster[i]);
    ++size[c];
    first[c] = std::min(first[c], i);
  }
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t c) {
    return std::tuple(groups.cluster.size() - size[c], first[c], c);
  });
  const Grid<double> centres = groups.centres;
  std::vector<int> place(k);
  for (std::size_t c = 0; c < k; ++c) {
    place[order[c]] = static_cast<int>(c);
    std::ranges::copy(centres.row(order[c]), groups.centres.row(c).begin());
  }
  for (int& c : groups.cluster) c = place[static_cast<std::size_t>(c)];
}

}  // namespace

KMeans k_means(const Grid<double>& points, int k, Seed seed, int starts) {
  EVOFACTOR_CHECK(points.rows() > 0 && k > 0 && starts > 0, "{} points, {} groups, {} starts",
                  points.rows(), k, starts);
  const std::size_t n_groups = std::min(points.rows(), static_cast<std::size_t>(k));
  KMeans best;
  for (int start = 0; start < starts; ++start) {
    Rng rng(derive(seed, "k_means", start));
    KMeans groups{.cluster = std::vector<int>(points.rows(), -1),
                  .centres = draw_centres(points, n_groups, rng)};
    for (int step = 0; step < kMostSteps && assign(points, groups); ++step)
      move_centres(points, groups);
    if (start == 0 || groups.within < best.within) best = std::move(groups);
  }
  order_by_size(best);
  return best;
}

}  // namespace evofactor::fitness
