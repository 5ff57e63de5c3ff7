#include <ATen/ATen.h>

#include <algorithm>

#include "genome/net/kernels/cells.hpp"
#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/functional.hpp"
#include "genome/net/layers/kinds.hpp"
#include "genome/net/layers/runs.hpp"

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
  [[nodiscard]] ValueNames names() const override {
    ValueNames made = made_names(site_.output);
    if (site_.output.rows() == site_.input.rows()) made.rows = site_.names.rows;
    made.channels = site_.names.channels;
    return made;
  }

  [[nodiscard]] bool reads_pass() const override { return false; }

  at::Tensor forward(const at::Tensor& x, const Pass& pass) override {
    if (!x.is_cpu()) return AutogradLayer::forward(x, pass);
    x_ = as_runs(x, input_);
    y_ = output_.get({n_slices(), site_.output.size(), x_.size(2)}, x_);
    over_windows([&](std::int64_t b, std::int64_t window, const std::vector<std::int64_t>& places) {
      kernels::pool(kernel(), pointers(x_, b, places), x_.stride(1), channels(), x_.size(2),
                    runs_of(y_, b, window * channels()));
    });
    return y_;
  }

  at::Tensor backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                      bool need_dx) override {
    if (!x.is_cpu()) return AutogradLayer::backward(x, dy, pass, need_dx);
    if (!need_dx) return {};
    const at::Tensor d = as_runs(dy, gradient_);
    const at::Tensor dx = input_gradient_.get({n_slices(), x_.size(1), x_.size(2)}, x_);
    dx.zero_();
    over_windows([&](std::int64_t b, std::int64_t window, const std::vector<std::int64_t>& places) {
      std::vector<float*> to;
      for (const std::int64_t place : places)
        to.push_back(runs_of(dx, b, place * channels()).values);
      kernels::pool_backward(kernel(), pointers(x_, b, places), x_.stride(1), channels(),
                             x_.size(2), runs_of(y_, b, window * channels()),
                             runs_of(d, b, window * channels()), to);
    });
    return dx.narrow(2, 0, x.size(2));
  }

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
  [[nodiscard]] std::int64_t channels() const { return site_.input.channels; }
  [[nodiscard]] kernels::Pooled kernel() const {
    switch (kind_) {
      case PoolKind::kMax:
        return kernels::Pooled::kMax;
      case PoolKind::kMean:
        return kernels::Pooled::kMean;
      case PoolKind::kMin:
        return kernels::Pooled::kMin;
    }
    return {};
  }
  /// Calls f(candidate, window, its places).
  template <class F>
  void over_windows(F f) const {
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      std::int64_t window = 0;
      for (const auto& [day, days] : windows_.days)
        for (const auto& [row, rows] : windows_.rows) {
          std::vector<std::int64_t> places;
          for (std::int64_t p = day; p < day + days; ++p)
            for (std::int64_t r = row; r < row + rows; ++r)
              places.push_back(p * site_.input.rows() + r);
          f(b, window++, places);
        }
    }
  }
  [[nodiscard]] std::vector<const float*> pointers(const at::Tensor& x, std::int64_t b,
                                                   const std::vector<std::int64_t>& places) const {
    std::vector<const float*> list;
    for (const std::int64_t place : places)
      list.push_back(runs_of(x, b, place * channels()).values);
    return list;
  }

  PoolKind kind_;
  Windows windows_;
  Buffer input_, output_, gradient_, input_gradient_;
  at::Tensor x_, y_;
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
