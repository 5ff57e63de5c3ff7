#pragma once
#include <memory>
#include <span>
#include <string>

#include "genome/chain.hpp"
#include "genome/net/layers/layer.hpp"

namespace evofactor::net {

// What every layer kind provides, each in its own file:
//   make_layer(specs, site)         the stacked layer; specs of equal shape (Stacks), one a
//   candidate script_of(spec, prefix, site)   TorchScript lines that turn h [n, input size] into h
//   [n, output
//                                   size]; arrays are attributes named prefix + name

#define EVOFACTOR_LAYER(Spec)                                                              \
  [[nodiscard]] std::unique_ptr<Layer> make_layer(std::span<const genome::Spec> specs,     \
                                                  const Site& site);                       \
  [[nodiscard]] std::string script_of(const genome::Spec& spec, const std::string& prefix, \
                                      const Site& site);
EVOFACTOR_LAYER(DenseSpec)
EVOFACTOR_LAYER(Conv1dSpec)
EVOFACTOR_LAYER(TcnSpec)
EVOFACTOR_LAYER(Conv2dSpec)
EVOFACTOR_LAYER(ResidualSpec)
EVOFACTOR_LAYER(StockConvSpec)
EVOFACTOR_LAYER(PoolSpec)
EVOFACTOR_LAYER(LstmSpec)
EVOFACTOR_LAYER(GruSpec)
EVOFACTOR_LAYER(AttentionSpec)
EVOFACTOR_LAYER(FeaturesSpec)
EVOFACTOR_LAYER(ThoughtsSpec)
EVOFACTOR_LAYER(NormSpec)
EVOFACTOR_LAYER(DropoutSpec)
EVOFACTOR_LAYER(BranchesSpec)
#undef EVOFACTOR_LAYER

}  // namespace evofactor::net
