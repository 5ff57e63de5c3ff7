#include "genome/layers/layer_kind.hpp"

#include <fmt/format.h>

namespace evofactor::genome {

std::string_view name_of(Activation activation) {
  for (const auto& [name, value] : kActivationNames)
    if (value == activation) return name;
  EVOFACTOR_CHECK(false, "activation {} has no name", static_cast<int>(activation));
}

std::string text_of_extras(bool batch_norm, double dropout) {
  std::string text;
  if (batch_norm) text += " bn";
  if (dropout > 0) text += fmt::format(" drop {}", dropout);
  return text;
}

}  // namespace evofactor::genome
