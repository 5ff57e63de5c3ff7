#include <ATen/ATen.h>

#include <algorithm>

#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/functional.hpp"
#include "genome/net/layers/kinds.hpp"

namespace evofactor::net {
namespace {

using genome::PoolKind;
using genome::PoolSpec;

/// Windows along one axis as {first, count}, the last ending at the last place.
std::vector<std::array<std::int64_t, 2>> windows_of(std::int64_t places, std::int64_t size,
                                                    std::int64_t stride, std::int64_t count) {
  std::vector<std::array<std::int64_t, 2>> windows;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t end = places - (count - 1 - i) * stride;
    const std::int64_t first = size == 0 ? 0 : std::max<std::int64_t>(0, end - size);
    windows.push_back({first, end - first});
  }
  return windows;
}

struct Windows {
  std::vector<std::array<std::int64_t, 2>> days, rows;
};
Windows windows_of(const PoolSpec& spec, const Site& site) {
  return {windows_of(site.input.positions, spec.days, spec.stride, site.output.positions),
          windows_of(site.input.rows(), spec.rows, spec.rows, site.output.rows())};
}

class Pool final : public AutogradLayer {
 public:
  Pool(std::span<const PoolSpec> specs, const Site& site)
      : AutogradLayer(site), kind_(specs.front().kind), windows_(windows_of(specs.front(), site)) {}
  void initialise(int, Rng&) override {}

 protected:
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass&, std::span<const at::Tensor>,
                                   bool) const override {
    // [B or 1, positions, height, channels, rows]
    const at::Tensor places =
        x.unflatten(1, {site_.input.positions, site_.input.rows(), site_.input.channels});
    std::vector<at::Tensor> pooled;
    for (const auto& [day, days] : windows_.days)
      for (const auto& [row, rows] : windows_.rows)
        pooled.push_back(taken(places.narrow(1, day, days).narrow(2, row, rows)));
    return at::cat(pooled, 1).expand({n_slices(), -1, -1});
  }

 private:
  [[nodiscard]] at::Tensor taken(const at::Tensor& window) const {
    switch (kind_) {
      case PoolKind::kMax:
        return window.amax({1, 2});
      case PoolKind::kMean:
        return window.mean({1, 2});
      case PoolKind::kMin:
        return window.amin({1, 2});
    }
    return {};
  }
  PoolKind kind_;
  Windows windows_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const PoolSpec> specs, const Site& site) {
  return std::make_unique<Pool>(specs, site);
}

std::string script_of(const PoolSpec& spec, const std::string&, const Site& site) {
  constexpr std::array<std::string_view, 3> kFunctions{"amax", "mean", "amin"};
  const Windows windows = windows_of(spec, site);
  std::string text = fmt::format("    x = torch.reshape(h, [-1, {}, {}, {}])\n",
                                 site.input.positions, site.input.rows(), site.input.channels);
  std::string parts;
  for (const auto& [day, days] : windows.days)
    for (const auto& [row, rows] : windows.rows)
      parts += fmt::format("{}torch.{}(x[:, {}:{}, {}:{}], [1, 2])", parts.empty() ? "" : ", ",
                           kFunctions[static_cast<std::size_t>(spec.kind)], day, day + days, row,
                           row + rows);
  return text + fmt::format("    h = torch.cat([{}], 1)\n", parts);
}

}  // namespace evofactor::net
