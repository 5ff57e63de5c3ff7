// Seconds to train one network on 60 days of about 780 stocks x 150 inputs (a candidate-epoch), on
// one thread.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <benchmark/benchmark.h>
#include <torch/csrc/autograd/autograd.h>

#include "engine/device/runtime.hpp"
#include "genome/net/stacked_net.hpp"
#include "training/adam.hpp"
#include "training/batches.hpp"
#include "training/rank_ic_loss.hpp"

using namespace evofactor;
using namespace evofactor::training;

namespace {

constexpr int kStocks = 780, kInputs = 150, kDays = 60, kDaysPerBatch = 20;

genome::NetGenome fcn(int units, int depth) {
  genome::NetGenome genome;
  genome.layers.assign(static_cast<std::size_t>(depth), genome::DenseSpec{.units = units});
  return genome;
}

struct Data {
  Data() {
    const std::int64_t stride = (kStocks + 15) / 16 * 16;
    for (int d = 0; d < kDays; ++d) {
      x.push_back(at::randn({kInputs, stride}).t().narrow(0, 0, kStocks).unsqueeze(0));
      const at::Tensor y = at::randn({1, kStocks});
      target.push_back((y - y.mean()) / (y - y.mean()).norm());
    }
    scored = at::ones({1, kStocks});
  }
  std::vector<at::Tensor> x, target;
  at::Tensor scored;
};

/// As training does it on a CPU: day by day, one update per 20 days.
void train_epoch(benchmark::State& state) {
  device::set_up();
  device::set_up_thread();
  const at::NoGradGuard no_grad;
  const genome::NetGenome genome =
      fcn(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  const Seed seed{1};
  net::StackedNet net({&genome, 1}, {&seed, 1}, at::kCPU);
  Adam adam(net);
  const Data data;
  const at::Tensor rate = at::full({1, 1}, 1e-3), decay = at::zeros({1, 1});
  net::Pass pass;
  pass.training = true;
  pass.stocks = kStocks;
  for (auto _ : state) {
    for (int d = 0; d < kDays; ++d) {
      const auto day = static_cast<std::size_t>(d);
      const at::Tensor y = net.forward(data.x[day], pass).view({1, 1, kStocks});
      const RankIcLoss loss =
          rank_ic_loss(y, data.target[day], data.scored, genome::RankKernel::kSharp);
      net.backward(data.x[day], loss.gradient.flatten(1), pass);
      if ((d + 1) % kDaysPerBatch == 0) adam.step(rate, decay);
    }
  }
  state.counters["stock_days/s"] = benchmark::Counter(
      static_cast<double>(kDays) * kStocks * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
}

/// The same by autograd, for comparison.
void train_epoch_autograd(benchmark::State& state) {
  device::set_up();
  device::set_up_thread();
  const genome::NetGenome genome =
      fcn(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  const Seed seed{1};
  net::StackedNet net({&genome, 1}, {&seed, 1}, at::kCPU);
  Adam adam(net);
  const Data data;
  const at::Tensor rate = at::full({1, 1}, 1e-3), decay = at::zeros({1, 1});
  const at::Tensor parameters = net.parameters().requires_grad_(true);
  net::Pass pass;
  pass.training = true;
  pass.stocks = kStocks;
  for (auto _ : state) {
    for (int d = 0; d < kDays; ++d) {
      const auto day = static_cast<std::size_t>(d);
      const at::Tensor y = net.reference(data.x[day], pass, parameters);
      const RankIcLoss loss = rank_ic_loss(y.detach().view({1, 1, kStocks}), data.target[day],
                                           data.scored, genome::RankKernel::kSharp);
      const auto gradient = torch::autograd::grad({y}, {parameters}, {loss.gradient.flatten(1)});
      const at::NoGradGuard no_grad;
      net.gradients().add_(gradient[0]);
      if ((d + 1) % kDaysPerBatch == 0) adam.step(rate, decay);
    }
  }
}

/// The floor: the multiplications alone.
void gemm_floor(benchmark::State& state) {
  device::set_up();
  device::set_up_thread();
  const at::NoGradGuard no_grad;
  const std::int64_t units = state.range(0), depth = state.range(1);
  const at::Tensor x = at::randn({1, kStocks, kInputs}), w1 = at::randn({1, kInputs, units}),
                   w = at::randn({1, units, units});
  at::Tensor h = at::empty({1, kStocks, units}), g = at::empty({1, kStocks, units});
  at::Tensor d1 = at::empty({1, kInputs, units}), d = at::empty({1, units, units});
  for (auto _ : state)
    for (int day = 0; day < kDays; ++day) {
      at::bmm_out(h, x, w1);
      at::bmm_out(d1, x.transpose(1, 2), h);
      for (std::int64_t i = 1; i < depth; ++i) {
        at::bmm_out(g, h, w);
        at::bmm_out(d, h.transpose(1, 2), g);
        at::bmm_out(h, g, w.transpose(1, 2));
      }
    }
}

BENCHMARK(train_epoch)->Args({64, 3})->Args({128, 4})->Unit(benchmark::kMillisecond);
BENCHMARK(train_epoch_autograd)->Args({64, 3})->Args({128, 4})->Unit(benchmark::kMillisecond);
BENCHMARK(gemm_floor)->Args({64, 3})->Args({128, 4})->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
