#include "training/saliency.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "engine/core/error.hpp"
#include "training/batches.hpp"
#include "training/values.hpp"

namespace evofactor::training {

std::vector<double> saliency(net::StackedNet& net, const InputSet& inputs,
                             std::span<const int> days) {
  EVOFACTOR_CHECK(net.size() == 1, "saliency of a stack of {}", net.size());
  const genome::InputGene& gene = net.genomes().front().input;
  const auto n_features = static_cast<std::int64_t>(gene.features.size());
  at::Tensor sum = at::zeros({inputs.n_columns()}, at::kDouble);
  double stocks = 0;
  Batches batches(inputs, net);
  batches.for_each(days, /*training=*/false, 0, [&](const Chunk& chunk) {
    const std::int64_t used = chunk.pass.used_rows();
    if (used == 0) return;
    const at::AutoGradMode on(true);
    const at::Tensor x = chunk.x.detach().requires_grad_(true);
    const at::Tensor y = net.reference(x, chunk.pass, net.parameters().detach());
    const at::Tensor total = y.narrow(1, 0, used).sum();
    const at::Tensor gradient = torch::autograd::grad({total}, {x}).front();
    sum += gradient[0].narrow(1, 0, used).to(at::kDouble).sum(1).to(at::kCPU);
    stocks += static_cast<double>(used);
  });
  const double* columns = sum.data_ptr<double>();
  std::vector<double> result;
  for (std::int64_t feature = 0; feature < n_features; ++feature)
    for (std::int64_t lag = 0; lag < gene.window; ++lag)
      result.push_back(stocks > 0 ? columns[lag * n_features + feature] / stocks : 0);
  return result;
}

std::vector<int> evenly_spaced(DayRange days, int count) {
  if (days.size() <= count) return day_list(days);
  std::vector<int> spaced;
  for (int i = 0; i < count; ++i)
    spaced.push_back(count == 1 ? days.first
                                : days.first + static_cast<int>(static_cast<std::int64_t>(i) *
                                                                (days.size() - 1) / (count - 1)));
  return spaced;
}

}  // namespace evofactor::training
