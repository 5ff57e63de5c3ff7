#pragma once
#include <cmath>
#include <memory>
#include <vector>

#include "engine/core/rng.hpp"
#include "test/support/small_market.hpp"
#include "training/evaluate.hpp"

namespace evofactor::test {

/// A simulated market whose labels are made to follow minus the five-day return, with a rank IC of
/// about .4.
struct Planted {
  explicit Planted(bool shuffled = false) : small(small_market(150, 260)) {
    Rng rng(Seed{77});
    const Grid<float>& close = small.market.field("close");
    for (int d = 0; d < small.market.n_days(); ++d) {
      const auto day = static_cast<std::size_t>(d);
      std::vector<float> values;
      for (int s = 0; s < small.market.n_stocks(); ++s) {
        const auto stock = static_cast<std::size_t>(s);
        const double before = d >= 5 ? close(day - 5, stock) : close(day, stock);
        const double past = std::log(close(day, stock) / before);
        const double next = -past * 0.5 + 0.04 * rng.normal();
        small.labels.forward_return(day, stock) =
            std::isfinite(next) ? static_cast<float>(next) : kMissing;
        if (!std::isfinite(next)) small.labels.mask(day, stock) = 0;
      }
      if (shuffled) {
        std::vector<std::size_t> scored;
        for (std::size_t s = 0; s < small.labels.mask.columns(); ++s)
          if (small.labels.mask(day, s) != 0) scored.push_back(s);
        std::vector<std::size_t> order = scored;
        rng.shuffle(order);
        std::vector<float> moved;
        for (const std::size_t s : order) moved.push_back(small.labels.forward_return(day, s));
        for (std::size_t i = 0; i < scored.size(); ++i)
          small.labels.forward_return(day, scored[i]) = moved[i];
      }
    }
    scorer = std::make_unique<fitness::RankIcScorer>(small.labels, 5);
    fold.market = &small.market;
    fold.labels = &small.labels;
    fold.scorer = scorer.get();
    fold.split =
        make_splits(small.market.calendar, {.train = 120, .validate = 40, .test = 40}, {}).front();
    fold.root = Seed{5};
    settings.space.windows = {10};
    settings.space.steps = {40};
    settings.space.pretrain_steps = {10};
    settings.space.days_per_batch = {5, 10};
    settings.space.layers.values[0][0] = {16, 32};  // dense units
    settings.space.losses = {genome::Loss::kPaper, genome::Loss::kSharp};
  }

  [[nodiscard]] genome::NetGenome genome() const {
    genome::NetGenome g;
    g.input = {{"open", "close", "volume"}, 10};
    g.layers = {genome::DenseSpec{32, genome::Activation::kTanh, false, 0},
                genome::DenseSpec{16, genome::Activation::kRelu, false, 0}};
    g.train = {.loss = genome::Loss::kSharp,
               .learning_rate = 5e-3,
               .weight_decay = 0,
               .days_per_batch = 10,
               .steps = 40};
    return g;
  }

  SmallMarket small;
  std::unique_ptr<fitness::RankIcScorer> scorer;
  training::NetworkFold fold;
  training::NetworkSettings settings;
};

}  // namespace evofactor::test
