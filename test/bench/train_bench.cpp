// Seconds to train one network for a candidate-epoch, 60 days x 800 stocks x 5 fields x 30 days
// with an Adam step a day, on one thread: own kernels against autograd, and the multiplications
// alone. peers/eager.py trains the same networks in eager PyTorch.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <benchmark/benchmark.h>
#include <torch/csrc/autograd/autograd.h>

#include <thread>

#include "engine/device/runtime.hpp"
#include "genome/net/kernels/multiply.hpp"
#include "genome/net/stacked_net.hpp"
#include "test/bench/networks.hpp"
#include "training/adam.hpp"
#include "training/batches.hpp"
#include "training/loss.hpp"

using namespace evofactor;
using namespace evofactor::bench;
using namespace evofactor::training;
using namespace evofactor::genome;

namespace {

constexpr int kStocks = 800, kInputs = 150, kDays = 60;

struct Data {
  Data() {
    for (int d = 0; d < kDays; ++d) {
      x.push_back(at::randn({1, kInputs, kStocks}));
      const at::Tensor y = at::randn({kStocks});
      target.push_back((y - y.mean()) / (y - y.mean()).norm());
    }
    scored = at::ones({kStocks});
  }
  std::vector<at::Tensor> x, target;
  at::Tensor scored;
};

class Trainer {
 public:
  explicit Trainer(const NetGenome& genome) : net_({&genome, 1}, {&seed_, 1}, at::kCPU) {
    pass_.training = true;
    pass_.stocks = {kStocks};
  }
  void epoch(const Data& data, int days) {
    for (int d = 0; d < days; ++d) {
      const auto day = static_cast<std::size_t>(d);
      const at::Tensor y = net_.forward(data.x[day], pass_);
      const LossValue value = loss(y, data.target[day], data.scored, pass_.stocks, Loss::kSharp);
      net_.backward(data.x[day], value.gradient, pass_);
      adam_.step(rate_, decay_);
    }
  }
  void epoch_by_autograd(const Data& data, int days) {
    const at::Tensor parameters = net_.parameters().requires_grad_(true);
    for (int d = 0; d < days; ++d) {
      const auto day = static_cast<std::size_t>(d);
      const at::AutoGradMode on(true);
      const at::Tensor y = net_.reference(data.x[day], pass_, parameters);
      const LossValue value =
          loss(y.detach(), data.target[day], data.scored, pass_.stocks, Loss::kSharp);
      const auto gradient = torch::autograd::grad({y}, {parameters}, {value.gradient});
      const at::NoGradGuard off;
      net_.gradients().add_(gradient[0]);
      adam_.step(rate_, decay_);
    }
    net_.parameters().requires_grad_(false);
  }

 private:
  const Seed seed_{1};
  net::StackedNet net_;
  Adam adam_{net_};
  net::Pass pass_;
  at::Tensor rate_ = at::full({1, 1}, 1e-3), decay_ = at::zeros({1, 1});
};

/// ResNet-50 takes minutes a candidate-epoch: one day of it is measured.
int days_of(const Named& network) {
  return std::string_view(network.name) == "resnet_50" ? 1 : kDays;
}

void set_up(benchmark::State& state, int days) {
  device::set_up();
  device::set_up_thread();
  count_epochs(state, static_cast<double>(days) / kDays);
}

void own(benchmark::State& state, const Named& network) {
  const at::NoGradGuard no_grad;
  const int days = days_of(network);
  set_up(state, days);
  Trainer trainer(network.make());
  const Data data;
  for (auto _ : state) trainer.epoch(data, days);
}

/// Two candidates on two threads: what one of them takes of the machine.
void two_lanes(benchmark::State& state, const Named& network, net::kernels::Precision precision) {
  if (precision == net::kernels::Precision::kBf16 && !net::kernels::has_bf16()) {
    state.SkipWithError("this processor has no AVX512-BF16");
    return;
  }
  const int days = days_of(network);
  set_up(state, days);
  count_epochs(state, 2.0 * days / kDays);
  const NetGenome genome = network.make();
  const Data data;
  std::array<std::unique_ptr<Trainer>, 2> trainers;
  for (auto& trainer : trainers) trainer = std::make_unique<Trainer>(genome);
  for (auto _ : state) {
    const auto work = [&](std::size_t lane) {
      device::set_up_thread();
      const at::NoGradGuard no_grad;
      const net::kernels::PrecisionScope products(precision);
      trainers[lane]->epoch(data, days);
    };
    std::jthread other([&] { work(1); });
    work(0);
  }
}

void autograd(benchmark::State& state, const Named& network) {
  const int days = days_of(network);
  set_up(state, days);
  Trainer trainer(network.make());
  const Data data;
  for (auto _ : state) trainer.epoch_by_autograd(data, days);
}

const int registered = [] {
  for (const Named& network : kNetworks) {
    const auto add = [&](const char* what, auto function, auto... arguments) {
      benchmark::RegisterBenchmark((std::string(what) + "/" + network.name).c_str(), function,
                                   network, arguments...)
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
    };
    add("own", own);
    if (days_of(network) < kDays) continue;  // minutes and gigabytes each
    add("two_lanes", two_lanes, net::kernels::Precision::kF32);
    add("two_lanes_bf16", two_lanes, net::kernels::Precision::kBf16);
    add("autograd", autograd);
  }
  return 0;
}();

}  // namespace

BENCHMARK_MAIN();
