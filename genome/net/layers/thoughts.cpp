#include <ATen/ATen.h>

#include "genome/net/init.hpp"
#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/kinds.hpp"

namespace evofactor::net {
namespace {

using genome::Activation;
using genome::ThoughtsSpec;

class Thoughts final : public AutogradLayer {
 public:
  Thoughts(std::span<const ThoughtsSpec> specs, const Site& site)
      : AutogradLayer(site), spec_(specs.front()) {}

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override {
    const std::int64_t in = site_.input.size(), units = spec_.units,
                       thoughts = static_cast<std::int64_t>(spec_.count) * spec_.size;
    const Names each = paired(numbered(spec_.count), numbered(spec_.size));
    return {{"thoughts", {thoughts, in}, true, {each, site_.names.all()}},
            {"thoughts_bias", {thoughts}, false, {each}},
            {"combined", {units, thoughts}, true, {numbered(units), each}},
            {"combined_bias", {units}, false},
            {"joined", {units, units}, true},
            {"joined_bias", {units}, false}};
  }
  [[nodiscard]] ValueNames names() const override {
    return flat_names(joined({site_.names.all(), numbered(spec_.units)}));
  }
  [[nodiscard]] bool reads_pass() const override { return false; }
  void initialise(int slice, Rng& rng) override {
    initialise_linear(values_[0][slice], rng);
    initialise_weight(values_[2][slice], Activation::kRelu, rng);
    initialise_linear(values_[4][slice], rng);
  }

 protected:
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass&,
                                   std::span<const at::Tensor> values, bool) const override {
    const auto map = [&](std::size_t i, const at::Tensor& h) {
      return at::matmul(values[i], h) + values[i + 1].unsqueeze(2);
    };
    const at::Tensor joined = map(4, at::relu(map(2, map(0, x))));
    return at::cat({x.expand({n_slices(), -1, -1}), joined}, 1);
  }

 private:
  ThoughtsSpec spec_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const ThoughtsSpec> specs, const Site& site) {
  return std::make_unique<Thoughts>(specs, site);
}

std::string script_of(const ThoughtsSpec&, const std::string& prefix, const Site&) {
  return fmt::format(
      "    x = torch.matmul(h, self.{0}thoughts.t()) + self.{0}thoughts_bias\n"
      "    x = torch.relu(torch.matmul(x, self.{0}combined.t()) + self.{0}combined_bias)\n"
      "    x = torch.matmul(x, self.{0}joined.t()) + self.{0}joined_bias\n"
      "    h = torch.cat([h, x], 1)\n",
      prefix);
}

}  // namespace evofactor::net
