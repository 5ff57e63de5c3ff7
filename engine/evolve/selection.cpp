#include "engine/evolve/selection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/core/error.hpp"

namespace evofactor::evolve {

bool ranks_before(const Standing& a, const Standing& b) {
  if (a.fitness.has_value() != b.fitness.has_value()) return a.fitness.has_value();
  if (a.fitness && *a.fitness != *b.fitness) return *a.fitness > *b.fitness;
  return a.id < b.id;
}

std::vector<std::size_t> best_first(std::span<const Standing> standings) {
  std::vector<std::size_t> order(standings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return ranks_before(standings[a], standings[b]); });
  return order;
}

std::size_t tournament(Rng& rng, std::span<const Standing> standings, int contestants,
                       std::span<const std::size_t> taken) {
  EVOFACTOR_CHECK(!standings.empty(), "a tournament needs members");
  std::vector<std::size_t> eligible;
  for (std::size_t i = 0; i < standings.size(); ++i)
    if (std::find(taken.begin(), taken.end(), i) == taken.end()) eligible.push_back(i);
  if (eligible.empty()) {
    eligible.resize(standings.size());
    std::iota(eligible.begin(), eligible.end(), std::size_t{0});
  }
  std::size_t winner = rng.pick(eligible);
  for (int i = 1; i < contestants; ++i) {
    const std::size_t challenger = rng.pick(eligible);
    if (ranks_before(standings[challenger], standings[winner])) winner = challenger;
  }
  return winner;
}

namespace {

std::vector<double> periods_of(const Evaluation& evaluation) {
  std::vector<double> periods;
  for (const auto& [name, value] : evaluation.metrics)
    if (name.starts_with("period_")) periods.push_back(value);
  return periods;
}

/// n-1; NaN of fewer than two.
double standard_deviation(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return n < 2 ? std::numeric_limits<double>::quiet_NaN() : std::sqrt(squares / (n - 1));
}

}  // namespace

Standing standing_of(const Member& member, Objective by) {
  const auto* evaluation = std::get_if<Evaluation>(&member.outcome);
  if (evaluation == nullptr) return {std::nullopt, member.id};
  return {value_of(*evaluation, by), member.id, periods_of(*evaluation)};
}

double value_of(const Evaluation& evaluation, Objective objective) {
  double value = std::numeric_limits<double>::quiet_NaN();
  switch (objective) {
    case Objective::kFitness:
      value = evaluation.fitness;
      break;
    case Objective::kStability:
      value = -standard_deviation(periods_of(evaluation));
      break;
    case Objective::kSize:
      for (const char* size : {"nodes", "parameters"})
        if (const double n = evaluation.metric(size); !std::isnan(n)) value = -n;
      break;
    case Objective::kTurnover:
      value = -evaluation.metric("turnover");
      break;
    case Objective::kNovelty:
      value = evaluation.metric("novelty");
      break;
    case Objective::kContribution:
      value = evaluation.metric("contribution");
      break;
  }
  return std::isnan(value) ? std::numeric_limits<double>::lowest() : value;
}

namespace {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Lexicase::Lexicase(std::span<const Standing> standings) : standings_(standings) {
  std::size_t n_periods = std::numeric_limits<std::size_t>::max();
  for (std::size_t i = 0; i < standings.size(); ++i) {
    if (!standings[i].fitness) continue;
    successes_.push_back(i);
    n_periods = std::min(n_periods, std::max<std::size_t>(standings[i].periods.size(), 1));
  }
  for (std::size_t p = 0; !successes_.empty() && p < n_periods; ++p) {
    std::vector<double> scores;
    for (const std::size_t i : successes_) scores.push_back(score(i, p));
    const double centre = median(scores);
    for (double& s : scores) s = std::abs(s - centre);
    epsilons_.push_back(median(std::move(scores)));
  }
}

double Lexicase::score(std::size_t member, std::size_t period) const {
  const Standing& standing = standings_[member];
  return standing.periods.empty() ? *standing.fitness : standing.periods[period];
}

std::size_t Lexicase::pick(Rng& rng, std::span<const std::size_t> taken) const {
  EVOFACTOR_CHECK(!standings_.empty(), "selection needs members");
  if (successes_.empty()) return rng.below(standings_.size());
  std::vector<std::size_t> left;
  for (const std::size_t i : successes_)
    if (std::find(taken.begin(), taken.end(), i) == taken.end()) left.push_back(i);
  if (left.empty()) left = successes_;
  std::vector<std::size_t> periods(epsilons_.size());
  std::iota(periods.begin(), periods.end(), std::size_t{0});
  rng.shuffle(periods);
  for (const std::size_t p : periods) {
    if (left.size() == 1) break;
    double best = -std::numeric_limits<double>::infinity();
    for (const std::size_t i : left) best = std::max(best, score(i, p));
    std::erase_if(left, [&](std::size_t i) { return !(score(i, p) >= best - epsilons_[p]); });
    if (left.empty()) break;
  }
  return left.empty() ? rng.pick(successes_) : rng.pick(left);
}

}  // namespace evofactor::evolve
