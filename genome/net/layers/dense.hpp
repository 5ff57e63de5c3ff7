#pragma once
#include <memory>
#include <span>

#include "genome/layers/dense_spec.hpp"
#include "genome/net/layers/layer.hpp"

namespace evofactor::net {

/// Stacked dense layer. @param specs one per candidate, equal in units, batch norm and dropout on
/// or off
/// @param dropout_seeds one per candidate
[[nodiscard]] std::unique_ptr<Layer> make_layer(std::span<const genome::DenseSpec> specs,
                                                genome::LayerShape input,
                                                std::span<const Seed> dropout_seeds);

/// TorchScript of the layer on `h` [n, ...]; arrays are attributes named `prefix` + name.
[[nodiscard]] std::string script_of(const genome::DenseSpec& spec, const std::string& prefix);

}  // namespace evofactor::net
