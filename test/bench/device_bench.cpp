// Seconds a candidate-epoch, 60 days x 800 stocks x 5 fields x 30 days with an Adam step a day, of
// stacks of networks trained by steps that stay on a device: 64 candidates on a GPU, two on the CPU
// of a machine without one, where the same code runs. `peers/eager.py --device cuda` trains one at
// a time.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <benchmark/benchmark.h>

#include "data/market.hpp"
#include "data/synthetic.hpp"
#include "engine/device/runtime.hpp"
#include "test/bench/networks.hpp"
#include "training/device_step.hpp"
#include "training/loss.hpp"

using namespace evofactor;
using namespace evofactor::bench;
using namespace evofactor::training;

namespace {

constexpr int kDays = 60;

/// A simulated market's inputs on some device, and labels without a signal.
struct Data {
  explicit Data(const c10::Device& device)
      : panel(simulate_panel({.days = 100})),
        market(make_market(panel, {})),
        inputs(
            make_inputs(market, gene(), {40, 40 + kDays}, {40, 40 + kDays}, std::int64_t{1} << 30)),
        resident(inputs.on(device)) {
    std::vector<float> rows;
    const auto labels = [&](int day) -> std::span<const float> {
      rows.clear();
      for (const std::int32_t stock : inputs.stocks(day))
        rows.push_back(static_cast<float>((stock * 7919 + day * 104729) % 1009));
      const std::vector<std::uint8_t> scored(rows.size(), 1);
      rows = loss_target(genome::Loss::kSharp, rows, scored);
      return rows;
    };
    const at::Tensor target = resident->rows_of(labels, 0);
    targets = at::stack({target, at::ones_like(target)});
  }
  static genome::InputGene gene() { return {{"open", "high", "low", "close", "volume"}, 30}; }
  Panel panel;
  Market market;
  InputSet inputs;
  std::shared_ptr<const ResidentDays> resident;
  at::Tensor targets;
};

void stack(benchmark::State& state, const Named& network) {
  device::set_up();
  device::set_up_thread();
  const at::NoGradGuard no_grad;
  const c10::Device device(device::load_cuda() ? "cuda:0" : "cpu");
  const std::size_t size = device.is_cuda() ? 64 : 2;
  const Data data(device);
  NetGenome genome = network.make();
  genome.input = Data::gene();
  const std::vector<NetGenome> genomes(size, genome);
  std::vector<Seed> seeds;
  for (std::size_t b = 0; b < size; ++b) seeds.push_back(Seed{b + 1});
  net::StackedNet net(genomes, seeds, device);
  DeviceStep steps(net, *data.resident, data.targets, 1, data.inputs.max_rows(),
                   [](const BatchRows& rows) {
                     return loss_by_operations(rows.y, rows.targets[0], rows.targets[1], rows.day,
                                               rows.n_days, genome::Loss::kSharp)
                         .gradient;
                   });
  const at::Tensor rates = at::full({net.size(), 1}, 1e-3, net.parameters().options()),
                   decays = at::zeros_like(rates);
  std::int64_t step = 0;
  const auto epoch = [&] {
    for (int day = 40; day < 40 + kDays; ++day) steps.take(std::array{day}, ++step, rates, decays);
    benchmark::DoNotOptimize(net.parameters().sum().item<float>());  // waits for the device
  };
  epoch();
  for (auto _ : state) epoch();
  count_epochs(state, static_cast<double>(size));
  state.SetLabel(std::to_string(size) + " on " + device.str());
}

const int registered = [] {
  for (const Named& network : kNetworks)
    if (std::string_view(network.name) != "resnet_50")
      benchmark::RegisterBenchmark((std::string("stack/") + network.name).c_str(), stack, network)
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
  return 0;
}();

}  // namespace

BENCHMARK_MAIN();
