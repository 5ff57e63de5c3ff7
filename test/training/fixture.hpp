#pragma once
#include <ATen/core/grad_mode.h>

#include "engine/device/runtime.hpp"
#include "test/support/small_market.hpp"
#include "training/train.hpp"

namespace evofactor::test {

using namespace evofactor::training;

/// 35 training and 20 validation days of a small market, and a small network that sees 5 days.
struct Fixture {
  Fixture()
      : small(small_market(100, 200)),
        scorer(small.labels, 5),
        inputs(
            make_inputs(small.market, {{"close", "volume"}, 5}, {130, 190}, {130, 165}, 1 << 30)),
        data{inputs, scorer, {130, 165}, {170, 190}, small.market.n_stocks(), Seed{9}} {
    device::set_up();
    device::set_up_thread();
    genome.input = {{"close", "volume"}, 5};
    genome.layers = {genome::DenseSpec{16, genome::Activation::kTanh, false, 0}};
    genome.train = {.loss = genome::Loss::kSharp,
                    .learning_rate = 1e-3,
                    .weight_decay = 0,
                    .days_per_batch = 5,
                    .steps = 20};
  }
  at::NoGradGuard no_grad;
  SmallMarket small;
  fitness::RankIcScorer scorer;
  InputSet inputs;
  TrainData data;
  genome::NetGenome genome;
};

}  // namespace evofactor::test
