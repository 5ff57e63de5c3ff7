#include "genome/net/prune.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace evofactor::net {

void prune(StackedNet& net, std::span<const double> rates, bool all) {
  const at::Tensor values = net.parameters().to(at::kCPU);
  at::Tensor mask = at::ones_like(values);
  for (int b = 0; b < net.size(); ++b) {
    const float* weights = values[b].data_ptr<float>();
    float* keep = mask[b].data_ptr<float>();
    for (const StackedNet::Entry& entry : net.parameter_entries()) {
      if (!entry.decays || entry.name.starts_with("output.")) continue;
      std::vector<std::int64_t> order(static_cast<std::size_t>(entry.size));
      std::iota(order.begin(), order.end(), entry.offset);
      const auto n_pruned = static_cast<std::ptrdiff_t>(
          std::floor(rates[static_cast<std::size_t>(b)] * static_cast<double>(entry.size)));
      std::ranges::nth_element(order, order.begin() + n_pruned,
                               [&](std::int64_t i, std::int64_t j) {
                                 const float x = std::abs(weights[i]), y = std::abs(weights[j]);
                                 return x < y || (x == y && i < j);
                               });
      for (auto it = order.begin(); it != order.begin() + n_pruned; ++it) keep[*it] = 0;
      if (!all) break;
    }
  }
  net.set_mask(mask.to(net.device()));
}

}  // namespace evofactor::net
