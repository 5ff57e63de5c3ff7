#include <ATen/ATen.h>

#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/batch_norm.hpp"
#include "genome/net/layers/functional.hpp"
#include "genome/net/layers/kinds.hpp"

namespace evofactor::net {
namespace {

using genome::FeaturesSpec;

constexpr int kOperators = 7;
/// Added to denominators, against division by zero; to negative ones its negative.
constexpr double kGuard = 0.01;

/// Operators in this order: correlation, covariance, deviation, mean / deviation, return, linearly
/// weighted mean, mean; n - 1 in moments. The rows of the first two are pairs (i, j), i < j.
class Features final : public AutogradLayer {
 public:
  Features(std::span<const FeaturesSpec> specs, const Site& site)
      : AutogradLayer(site), window_(specs.front().window(site.input.positions)) {}

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override {
    return norm_parameters("", kOperators);
  }
  [[nodiscard]] std::vector<ParameterSpec> buffers() const override {
    return norm_buffers("", kOperators);
  }
  /// Pairs of rows by both, the others by their row, told apart by the operator.
  [[nodiscard]] ValueNames names() const override {
    const Names rows = site_.names.depth();
    Names pairs;
    for (std::size_t i = 0; i + 1 < rows.size(); ++i)
      for (std::size_t j = i + 1; j < rows.size(); ++j)
        pairs.push_back(paired({rows[i]}, {rows[j]}).front());
    ValueNames made = made_names(site_.output);
    made.channels = joined({pairs, pairs, rows, rows, rows, rows, rows});
    return made;
  }
  [[nodiscard]] bool needs_whole_batch() const override { return true; }
  void initialise(int slice, Rng&) override {
    values_[0][slice].fill_(1);
    running_[1][slice].fill_(1);
  }

 protected:
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass& pass,
                                   std::span<const at::Tensor> values, bool keep) const override {
    const std::int64_t columns = site_.output.positions, rows = site_.input.depth();
    const at::Tensor used = x.narrow(2, 0, std::min(x.size(2), pass.used_rows()));
    std::vector<at::Tensor> slices;
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      // [columns, window, rows, stocks]: the newest columns * window positions
      const at::Tensor w =
          slice_of(as_series(used, site_.input), b)
              .narrow(0, site_.input.positions - columns * window_, columns * window_)
              .unflatten(0, {columns, window_});
      std::vector<at::Tensor> parts = operators(w, rows);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto one = [&](const at::Tensor& array) {
          return array[b].narrow(0, static_cast<std::int64_t>(i), 1);
        };
        parts[i] =
            batch_normed(parts[i].unsqueeze(1),
                         {one(values[0]), one(values[1]), one(running_[0]), one(running_[1])},
                         pass.training, keep)
                .squeeze(1);
      }
      slices.push_back(at::cat(parts, 1).flatten(0, 1).unsqueeze(0));
    }
    return joined_slices(slices);
  }

 private:
  /// [columns, rows or pairs, stocks] of each operator.
  [[nodiscard]] std::vector<at::Tensor> operators(const at::Tensor& w, std::int64_t rows) const {
    const double n = static_cast<double>(window_), freedom = n > 1 ? n - 1 : 1;
    const at::Tensor mean = w.mean(1), centred = w - mean.unsqueeze(1);
    const at::Tensor deviation = (centred.square().sum(1) / freedom + 1e-12).sqrt();
    std::vector<at::Tensor> covariances, correlations;
    for (std::int64_t i = 0; i + 1 < rows; ++i) {
      const std::int64_t others = rows - 1 - i;
      const at::Tensor covariance =
          (centred.narrow(2, i, 1) * centred.narrow(2, i + 1, others)).sum(1) / freedom;
      covariances.push_back(covariance);
      correlations.push_back(
          covariance / (deviation.narrow(1, i, 1) * deviation.narrow(1, i + 1, others) + kGuard));
    }
    const at::Tensor oldest = w.select(1, 0), newest = w.select(1, window_ - 1);
    const at::Tensor weights = at::arange(1, window_ + 1, w.options()).view({1, -1, 1, 1});
    std::vector<at::Tensor> all;
    if (rows > 1)
      all = {at::cat(correlations, 1), at::cat(covariances, 1)};
    else
      all = {w.new_zeros({w.size(0), 0, w.size(3)}), w.new_zeros({w.size(0), 0, w.size(3)})};
    all.push_back(deviation);
    all.push_back(mean / (deviation + kGuard));
    const at::Tensor guard = at::where(oldest < 0, -kGuard, kGuard).to(w.scalar_type());
    all.push_back((newest - oldest) / (oldest + guard));
    all.push_back((w * weights).sum(1) * (2 / (n * (n + 1))));
    all.push_back(mean);
    return all;
  }
  std::int64_t window_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const FeaturesSpec> specs, const Site& site) {
  return std::make_unique<Features>(specs, site);
}

std::string script_of(const FeaturesSpec& spec, const std::string& prefix, const Site& site) {
  const int window = spec.window(site.input.positions), columns = site.output.positions,
            rows = site.input.depth();
  std::string text = fmt::format(
      "    w = torch.reshape(torch.reshape(h, [-1, {0}, {1}])[:, {2}:], [-1, {3}, {4}, {1}])\n"
      "    mean = torch.mean(w, [2])\n"
      "    centred = w - mean.unsqueeze(2)\n"
      "    deviation = torch.sqrt(torch.sum(centred * centred, [2]) / {5} + 1e-12)\n"
      "    covs = []\n"
      "    cors = []\n"
      "    for row in range({1} - 1):\n"
      "        c = torch.sum(centred[:, :, :, row:row + 1] * centred[:, :, :, row + 1:], [2]) / "
      "{5}\n"
      "        covs.append(c)\n"
      "        cors.append(c / (deviation[:, :, row:row + 1] * deviation[:, :, row + 1:] + {6}))\n"
      "    k = torch.arange(1, {4} + 1).reshape([1, 1, -1, 1])\n"
      "    parts = [torch.cat(cors, 2), torch.cat(covs, 2), deviation, mean / (deviation + {6}), "
      "(w[:, :, -1] - w[:, :, 0]) / (w[:, :, 0] + torch.where(w[:, :, 0] < 0, -{6}, {6})), "
      "torch.sum(w * k, [2]) * {7}, mean]\n"
      "    normed = []\n"
      "    for op in range(7):\n"
      "        p = (parts[op] - self.{8}norm_mean[op]) / torch.sqrt(self.{8}norm_variance[op] + "
      "{9})\n"
      "        normed.append(p * self.{8}norm_scale[op] + self.{8}norm_shift[op])\n"
      "    h = torch.flatten(torch.cat(normed, 2), 1)\n",
      site.input.positions, rows, site.input.positions - columns * window, columns, window,
      window > 1 ? window - 1 : 1, kGuard, 2.0 / (window * (window + 1.0)), prefix, kNormEpsilon);
  return text;
}

}  // namespace evofactor::net
