#include <ATen/ATen.h>

#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/functional.hpp"
#include "genome/net/layers/kinds.hpp"

namespace evofactor::net {
namespace {

using genome::DropoutSpec;

class DropoutLayer final : public AutogradLayer {
 public:
  DropoutLayer(std::span<const DropoutSpec> specs, const Site& site)
      : AutogradLayer(site), dropout_{{}, site.dropout_seeds} {
    for (const DropoutSpec& spec : specs) dropout_.rates.push_back(spec.share);
  }
  [[nodiscard]] bool reads_pass() const override { return dropout_.on(); }
  void initialise(int, Rng&) override {}
  [[nodiscard]] ValueNames names() const override { return site_.names; }
  Positions plan(const Positions& wanted) override { return wanted; }

 protected:
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass& pass,
                                   std::span<const at::Tensor>, bool) const override {
    return dropout_.applied(x.expand({n_slices(), -1, -1}), pass);
  }

 private:
  Dropout dropout_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const DropoutSpec> specs, const Site& site) {
  return std::make_unique<DropoutLayer>(specs, site);
}

std::string script_of(const DropoutSpec&, const std::string&, const Site&) { return ""; }

}  // namespace evofactor::net
