// Steps as a GPU takes them, on the CPU: the same training by other means.
#include "training/device_step.hpp"

#include <ATen/ATen.h>

#include <boost/test/unit_test.hpp>

#include "test/training/fixture.hpp"
#include "training/batches.hpp"
#include "training/loss.hpp"
#include "training/regression.hpp"

using namespace evofactor;
using namespace evofactor::training;
using genome::NetGenome;
using test::Fixture;

namespace {

/// Largest difference of the factors of two stacks on a day, in their standard deviations and apart
/// from their means, which ranks do not see: the gradient of the output's bias is rounding noise.
double difference(net::StackedNet& a, net::StackedNet& b, const InputSet& inputs) {
  const auto factors_of = [&](net::StackedNet& net) {
    Batches batches(inputs, net);
    at::Tensor y;
    batches.for_each(std::vector<int>{180}, /*training=*/false, 0, [&](const Chunk& chunk) {
      y = net.forward(chunk.x, chunk.pass).narrow(1, 0, chunk.pass.used_rows()).clone();
    });
    return (y - y.mean(1, true)) / y.std(1, true, true);
  };
  return (factors_of(a) - factors_of(b)).abs().max().item<double>();
}

std::vector<genome::Chain> chains() {
  using namespace genome;
  return {{DenseSpec{16, Activation::kTanh, false, 0}, DenseSpec{8, Activation::kRelu}},
          {DenseSpec{16, Activation::kTanh, true, 0}},
          {DenseSpec{16, Activation::kRelu, false, 0.3}},
          {GruSpec{8}},
          {LstmSpec{8}},
          {TcnSpec{8, 3, 1}},
          {Conv1dSpec{}, PoolSpec{PoolKind::kMean, 2, 2}},
          {NormSpec{NormKind::kBatch}, DenseSpec{8}}};
}

/// Counts what is recorded and replayed; a replay does the work again.
struct Counts {
  int recorded = 0, replayed = 0;
};
device::Recorder counting(Counts& counts) {
  class Again final : public device::Recording {
   public:
    Again(Counts& counts, std::function<void()> work) : counts_(counts), work_(std::move(work)) {}
    void replay() override {
      ++counts_.replayed;
      work_();
    }

   private:
    Counts& counts_;
    std::function<void()> work_;
  };
  return [&counts](const std::function<void()>& work) {
    ++counts.recorded;
    return std::make_unique<Again>(counts, work);
  };
}

struct Stack : Fixture {
  /// Three networks that differ in what may differ within a stack.
  [[nodiscard]] std::vector<NetGenome> genomes_of(const genome::Chain& layers) const {
    std::vector<NetGenome> genomes(3, genome);
    for (NetGenome& g : genomes) g.layers = layers;
    genomes[1].train.learning_rate = 3e-3;
    genomes[2].train.weight_decay = 1e-2;
    return genomes;
  }
  [[nodiscard]] net::StackedNet stack_of(const genome::Chain& layers) const {
    const std::vector<Seed> seeds{Seed{1}, Seed{2}, Seed{3}};
    return {genomes_of(layers), seeds, at::kCPU};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(training_by_device_steps_is_the_same_training, Stack) {
  for (const genome::Chain& layers : chains()) {
    BOOST_TEST_CONTEXT(text_of(layers)) {
      net::StackedNet host = stack_of(layers), device = stack_of(layers);
      const auto by_host = train(host, data, {.validate_every = 5, .patience = 0});
      const auto by_device =
          train(device, data, {.validate_every = 5, .patience = 0, .by_device_step = true});
      // A bias before a batch norm has no gradient but rounding noise, which the running mean
      // follows.
      const bool wanders = text_of(layers).find("bn") != std::string::npos;
      BOOST_TEST(difference(host, device, inputs) < (wanders ? 2e-2 : 1e-3));
      for (std::size_t b = 0; b < 3; ++b) {
        BOOST_TEST(!by_device[b].failure.has_value());
        BOOST_TEST(by_device[b].best_step == by_host[b].best_step);
        BOOST_TEST(std::abs(by_device[b].validate_rank_ic - by_host[b].validate_rank_ic) < 2e-3);
      }
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_step_is_recorded_once_where_it_always_has_one_shape, Stack) {
  const auto resident = inputs.on(at::kCPU);
  std::vector<int> days;
  for (int day = data.train.first; day < data.train.last; ++day) days.push_back(day);
  const auto labels = [&](int day) -> std::span<const float> {
    static std::vector<float> rows;
    rows.clear();
    for (const std::int32_t s : inputs.stocks(day))
      rows.push_back(static_cast<float>((s * 7 + day) % 11) - 5);
    return rows;
  };
  const at::Tensor targets = at::stack({resident->rows_of(labels, 0)});
  for (const genome::Chain& layers : chains()) {
    net::StackedNet plain = stack_of(layers), recorded = stack_of(layers);
    const bool one_shape = !plain.reads_pass();
    Counts counts;
    const auto take = [&](net::StackedNet& net, device::Recorder recorder) {
      const at::Tensor rates = at::full({3, 1}, 1e-3), decays = at::zeros({3, 1});
      DeviceStep steps(
          net, *resident, targets, 2, 2 * inputs.max_rows(),
          [](const BatchRows& rows) { return (rows.y - rows.targets) * 1e-3; },
          std::move(recorder));
      for (int step = 1; step <= 9; ++step)
        steps.take(batch_days(Seed{4}, "days", step, 2, days), step, rates, decays);
    };
    take(plain, [](const auto&) { return nullptr; });
    take(recorded, counting(counts));
    BOOST_TEST_CONTEXT(text_of(layers)) {
      BOOST_TEST(at::equal(plain.parameters(), recorded.parameters()));
      BOOST_TEST(counts.recorded == (one_shape ? 1 : 0));
      BOOST_TEST(counts.replayed == (one_shape ? 6 : 0));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(pre_training_by_device_steps_is_the_same_pre_training, Stack) {
  std::vector<RegressionTarget> targets(3);
  for (const std::size_t b : {0U, 2U}) {
    targets[b].days = data.train;
    for (int day = data.train.first; day < data.train.last; ++day) {
      std::vector<float>& rows = targets[b].rows.emplace_back();
      for (const std::int32_t s : inputs.stocks(day))
        rows.push_back(s % 9 == 0 ? kMissing : static_cast<float>((s + day) % 5) - 2);
    }
  }
  std::vector<NetGenome> genomes = genomes_of(chains().front());
  for (NetGenome& g : genomes) g.prior = {"close", 30};
  genomes[2].prior.pretrain_steps = 12;
  const std::vector<Seed> seeds{Seed{1}, Seed{2}, Seed{3}};
  net::StackedNet host(genomes, seeds, at::kCPU), device(genomes, seeds, at::kCPU);
  const at::Tensor before = host.parameters()[1].clone();
  const auto by_host = regress(host, inputs, targets, data.train, Seed{5});
  const auto by_device = regress(device, inputs, targets, data.train, Seed{5}, true);
  BOOST_TEST(difference(host, device, inputs) < 1e-3);
  BOOST_TEST(at::equal(device.parameters()[1], before));
  BOOST_TEST(std::isnan(by_device[1]));
  for (const std::size_t b : {0U, 2U}) BOOST_TEST(std::abs(by_device[b] - by_host[b]) < 1e-4);
}
