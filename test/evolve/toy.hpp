#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine/evolve/search.hpp"

namespace evofactor::evolve::toy {

/// Eight genes of 0..15. Its fitness is how close they come to a fixed target; its shape is the
/// first gene's parity.
struct Toy {
  std::vector<int> genes;
  bool operator==(const Toy&) const = default;
};

inline ContentHash content_hash(const Toy& toy) {
  Hasher hasher;
  hasher.add(std::span<const int>(toy.genes));
  return ContentHash{hasher.value()};
}
inline ShapeKey shape_key(const Toy& toy) {
  return ShapeKey{static_cast<std::uint64_t>(toy.genes.front() % 2)};
}

inline constexpr int kGenes = 8;
inline constexpr int kValues = 16;

inline double toy_fitness(const Toy& toy) {
  double distance = 0;
  for (int i = 0; i < kGenes; ++i)
    distance += std::abs(toy.genes[static_cast<std::size_t>(i)] - (i * 5 + 3) % kValues);
  return 1 - distance / (kGenes * kValues);
}

inline std::shared_ptr<const std::vector<std::byte>> toy_weights(const Toy& toy) {
  auto bytes = std::make_shared<std::vector<std::byte>>();
  Rng rng(Seed{content_hash(toy).value});
  for (int i = 0; i < 100; ++i) bytes->push_back(static_cast<std::byte>(rng() & 0xff));
  return bytes;
}

struct ToyOptions {
  bool weights = false;                ///< evaluations carry bytes that pool_values needs
  double failing = 0;                  ///< share of contents that fail, with every kind of failure
  std::chrono::microseconds pause{0};  ///< mean time of an evaluation
};

/// How often evaluate was called for a candidate, over all problems of this process.
inline std::atomic<std::int64_t> n_evaluated{0};

inline Outcome evaluate_toy(const Toy& toy, const ToyOptions& options) {
  ++n_evaluated;
  const Seed seed{content_hash(toy).value};
  Rng rng(derive(seed, "train"));
  if (options.pause.count() > 0)
    std::this_thread::sleep_for(std::chrono::microseconds(static_cast<std::int64_t>(
        2 * Rng(derive(seed, "pause")).uniform() * static_cast<double>(options.pause.count()))));
  if (rng.chance(options.failing)) {
    const auto kind = static_cast<FailureKind>(rng.below(6));
    return Failure{kind, "train", "as \"planned\"\n"};
  }
  Evaluation evaluation;
  evaluation.fitness = toy_fitness(toy);
  evaluation.sign = rng.chance(0.5) ? 1 : -1;
  evaluation.metrics = {{"train_rank_ic", rng.normal() / 3},
                        {"coverage", std::nan("")},
                        {"nodes", std::accumulate(toy.genes.begin(), toy.genes.end(), 0.0)}};
  evaluation.train_steps = 10;
  evaluation.seconds = 0.001 * rng.uniform();
  if (options.weights) evaluation.weights = toy_weights(toy);
  return evaluation;
}

inline Problem<Toy> toy_problem(ToyOptions options = {}) {
  Problem<Toy> problem;
  problem.kind = "toy";
  problem.create = [](Rng& rng) {
    Toy toy;
    for (int i = 0; i < kGenes; ++i) toy.genes.push_back(rng.between(0, kValues - 1));
    return toy;
  };
  problem.variations = {
      {"step", 1, 2,
       [](Rng& rng, std::span<const Toy* const> parents) -> std::optional<Toy> {
         Toy toy = *parents[0];
         int& gene = toy.genes[rng.below(kGenes)];
         gene += rng.chance(0.5) ? 1 : -1;
         if (gene < 0 || gene >= kValues) return std::nullopt;
         return toy;
       }},
      {"crossover", 2, 1,
       [](Rng& rng, std::span<const Toy* const> parents) -> std::optional<Toy> {
         Toy toy = *parents[0];
         for (std::size_t i = rng.below(kGenes); i < kGenes; ++i)
           toy.genes[i] = parents[1]->genes[i];
         return toy;
       }},
  };
  problem.to_json = [](const Toy& toy) { return Json{{"genes", toy.genes}}; };
  problem.from_json = [](const Json& json) {
    return Toy{json.at("genes").get<std::vector<int>>()};
  };
  problem.text = [](const Toy& toy) { return Json(toy.genes).dump(); };
  problem.cost = [](const Toy& toy) { return static_cast<double>(toy.genes.back()); };
  problem.evaluate = [options](std::span<const Candidate<Toy>> candidates, const Lane&,
                               const Hurdle&) {
    std::vector<Outcome> outcomes;
    for (const auto& candidate : candidates)
      outcomes.push_back(evaluate_toy(candidate.genome, options));
    return outcomes;
  };
  problem.pool_values = [options](const Toy& toy, const Evaluation& evaluation) {
    if (options.weights && (!evaluation.weights || *evaluation.weights != *toy_weights(toy)))
      throw std::runtime_error("weights are missing or wrong");
    Grid<float> values(6, 40);
    for (std::size_t r = 0; r < values.rows(); ++r)
      for (std::size_t c = 0; c < values.columns(); ++c)
        values(r, c) = static_cast<float>(
            evaluation.sign *
            std::sin(static_cast<double>((r + 1) * (c + 1) *
                                         static_cast<std::size_t>(toy.genes[c % kGenes] + 1))));
    return values;
  };
  return problem;
}

inline SearchContext context_in(const std::filesystem::path& folder, int n_lanes = 1) {
  SearchContext context;
  context.folder = folder;
  context.root = Seed{7};
  context.identity = {{"name", "toy"},
                      {"label", {{"horizon", 5}}},
                      {"search", {{"generations", 6}, {"population", 16}}},
                      {"budget", {{"evaluations", nullptr}}}};
  context.data_fingerprint = 0xabc;
  for (int i = 0; i < n_lanes; ++i) context.lanes.push_back({i, "cpu", 1, 0});
  return context;
}

inline SearchSettings small_settings() {
  SearchSettings settings;
  settings.population = 16;
  settings.generations = 6;
  settings.fresh = 0.1;
  return settings;
}

inline SearchSettings steady_settings() {
  SearchSettings settings = small_settings();
  settings.loop = Loop::kSteadyState;
  settings.lag = 6;
  return settings;
}

/// What search_child runs.
inline ToyOptions child_options() {
  ToyOptions options;
  options.weights = true;
  options.failing = 0.1;
  return options;
}

inline PoolSettings small_pool() { return {8, 0.7, 0.5, Combine::kEqual}; }

inline Budget no_budget() { return {std::nullopt, std::nullopt}; }

/// The small search of these tests.
inline SearchResult<Toy> run_small(const SearchContext& context, ToyOptions options = {},
                                   const SearchSettings& settings = small_settings(),
                                   const Budget& budget = no_budget()) {
  return run_search(toy_problem(options), settings, small_pool(), budget, context);
}

}  // namespace evofactor::evolve::toy
