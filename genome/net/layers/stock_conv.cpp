#include <ATen/ATen.h>

#include "genome/net/init.hpp"
#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/functional.hpp"
#include "genome/net/layers/kinds.hpp"

namespace evofactor::net {
namespace {

using genome::StockConvSpec;

/// weight [channels, size in, kernel]
class StockConv final : public AutogradLayer {
 public:
  StockConv(std::span<const StockConvSpec> specs, const Site& site)
      : AutogradLayer(site), spec_(specs.front()) {}

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override {
    return {{"weight",
             {spec_.channels, site_.input.size(), spec_.kernel},
             true,
             {numbered(spec_.channels), site_.names.all(),
              numbered(spec_.kernel, (spec_.kernel - 1) / 2)}},
            {"bias", {spec_.channels}, false}};
  }
  void initialise(int slice, Rng& rng) override {
    initialise_weight(values_[0][slice], spec_.activation, rng);
  }

 protected:
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass& pass,
                                   std::span<const at::Tensor> values, bool) const override {
    std::vector<at::Tensor> slices;
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      const at::Tensor own = x.narrow(0, x.size(0) == 1 ? 0 : b, 1);
      std::vector<at::Tensor> days;
      std::int64_t first = 0;
      for (const int stocks : pass.stocks) {
        const std::int64_t reach = (spec_.kernel - 1) * spec_.dilation;
        const at::Tensor padded =
            at::constant_pad_nd(own.narrow(2, first, stocks), {reach / 2, reach - reach / 2});
        days.push_back(
            at::conv1d(padded, values[0][b], values[1][b], 1, at::IntArrayRef{0}, spec_.dilation));
        first += stocks;
      }
      slices.push_back(
          activated(days.size() == 1 ? days.front() : at::cat(days, 2), spec_.activation));
    }
    return joined_slices(slices);
  }

 private:
  StockConvSpec spec_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const StockConvSpec> specs, const Site& site) {
  return std::make_unique<StockConv>(specs, site);
}

/// The rows given to the module are one day's stocks, in order of their codes.
std::string script_of(const StockConvSpec& spec, const std::string& prefix, const Site&) {
  const int reach = (spec.kernel - 1) * spec.dilation;
  return fmt::format(
      "    h = torch.conv1d(torch.constant_pad_nd(h.t().unsqueeze(0), [{}, {}]), self.{}weight, "
      "self.{}bias, [1], [0], [{}])\n    h = {}\n",
      reach / 2, reach - reach / 2, prefix, prefix, spec.dilation,
      script_of(spec.activation, "h.squeeze(0).t()"));
}

}  // namespace evofactor::net
