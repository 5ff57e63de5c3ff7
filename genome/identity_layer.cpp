#include "genome/identity_layer.hpp"

#include <type_traits>

namespace evofactor::genome {
namespace {

template <class S>
inline constexpr bool kConvolves =
    std::is_same_v<S, DenseSpec> || std::is_same_v<S, Conv1dSpec> || std::is_same_v<S, Conv2dSpec>;

template <class S>
std::optional<LayerSpec> copy_of(S spec) {
  if constexpr (kConvolves<S>) spec.batch_norm = false;
  if constexpr (std::is_same_v<S, Conv1dSpec> || std::is_same_v<S, ResidualSpec>) spec.stride = 1;
  if constexpr (std::is_same_v<S, Conv2dSpec>) spec.stride_rows = spec.stride_days = 1;
  if constexpr (kConvolves<S> || std::is_same_v<S, TcnSpec>) {
    spec.dropout = 0;
    if (spec.activation == Activation::kRelu) return spec;
  }
  if constexpr (std::is_same_v<S, ResidualSpec>) return spec;
  return std::nullopt;
}

}  // namespace

std::optional<LayerSpec> identity_after(const LayerSpec& layer) {
  return std::visit([](const auto& spec) { return copy_of(spec); }, layer);
}

}  // namespace evofactor::genome
