#pragma once
#include <array>
#include <string_view>
#include <utility>

namespace evofactor::genome {

enum class Activation { kTanh, kRelu, kGelu };
inline constexpr std::array<std::pair<std::string_view, Activation>, 3> kActivationNames{
    {{"tanh", Activation::kTanh}, {"relu", Activation::kRelu}, {"gelu", Activation::kGelu}}};
[[nodiscard]] std::string_view name_of(Activation activation);

}  // namespace evofactor::genome
