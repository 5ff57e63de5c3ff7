#include "training/values.hpp"

#include <ATen/ATen.h>

#include <numeric>

#include "training/batches.hpp"

namespace evofactor::training {

std::vector<FactorValues> values_of(net::StackedNet& net, const InputSet& inputs,
                                    std::span<const int> days, DayRange range, int n_stocks) {
  std::vector<FactorValues> factors;
  for (int b = 0; b < net.size(); ++b)
    factors.push_back({range, Grid<float>(static_cast<std::size_t>(range.size()),
                                          static_cast<std::size_t>(n_stocks), kMissing)});
  Batches batches(inputs, net);
  batches.for_each(days, /*training=*/false, 0, [&](const Chunk& chunk) {
    const at::Tensor y = net.forward(chunk.x, chunk.pass).to(at::kCPU).contiguous();
    const float* from = y.data_ptr<float>();
    for (FactorValues& factor : factors) {
      const float* day = from;
      for (std::size_t i = 0; i < chunk.days.size(); ++i) {
        const auto row = factor.values.row(static_cast<std::size_t>(chunk.days[i] - range.first));
        const auto stocks = inputs.stocks(chunk.days[i]);
        for (std::size_t r = 0; r < stocks.size(); ++r)
          row[static_cast<std::size_t>(stocks[r])] = day[r];
        day += stocks.size();
      }
      from += y.size(1);
    }
  });
  return factors;
}

std::vector<int> day_list(DayRange days) {
  std::vector<int> list(static_cast<std::size_t>(days.size()));
  std::iota(list.begin(), list.end(), days.first);
  return list;
}

}  // namespace evofactor::training
